"""What is said when a decision moved turns: to each its own, to others that it happened, and never too long a list."""

from __future__ import annotations

from piket.alerts.wording import letter, sentence, title
from piket.words import Words
from tests.rules.alert_examples import alert, reader

NL, EN = Words("nl"), Words("en")
LONG = [[f"2025-{month:02}-05T11:00:00Z", f"2025-{month:02}-19T11:00:00Z"] for month in range(1, 10)]


def test_who_lost_a_turn_and_got_another_reads_both() -> None:
    given = alert("rotaChanged")
    assert title(given, reader("nl-ov"), NL) == "Uw beurten zijn veranderd: Landelijk opvang piket"
    assert sentence(given, reader("nl-ov"), NL) == (
        "Besluit van de minister op 16 september 2024: het rooster Landelijk opvang piket verandert vanaf "
        "wo 20 nov 12.00 uur. U hebt niet meer de beurt van wo 12 feb 2025 12.00 uur tot wo 26 feb 2025 12.00 uur. "
        "U hebt nu de beurt van wo 26 feb 2025 12.00 uur tot wo 12 mrt 2025 12.00 uur."
    )
    assert letter(given, reader("nl-ov"), NL, "x").ask.startswith("Pas uw eigen agenda aan")


def test_who_only_got_a_turn_reads_nothing_of_another() -> None:
    said = sentence(alert("rotaChanged"), reader("nl-ut"), EN)
    assert "You now have the turn from Wed 12 Feb 2025 12:00" in said
    assert "no longer" not in said


def test_who_only_watches_reads_how_many_it_concerns_and_is_asked_nothing() -> None:
    for code in ("coa", "nl-dr"):
        made = letter(alert("rotaChanged"), reader(code), NL, "x")
        assert made.subject == "Beurten zijn verschoven: Landelijk opvang piket"
        assert made.sentence.endswith("Beurten van 2 organisaties verschuiven.")
        assert made.ask == "U hoeft nu niets te doen."


def test_a_long_list_is_cut_and_counted() -> None:
    moved = {"nl-ov": {"was": LONG, "now": []}}
    said = sentence(alert("rotaChanged", details={"moved": moved}), reader("nl-ov"), NL)
    assert said.count(" tot ") == 6
    assert said.endswith(" en nog 3.")


def test_what_is_not_known_is_left_out() -> None:
    empty = dict.fromkeys(("decision", "from", "moved", "name"))
    assert sentence(alert("rotaChanged", details=empty), reader("nl-ov"), EN) == "A decision changed the rota unknown."
