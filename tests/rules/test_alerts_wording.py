from __future__ import annotations

import ast
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import piket.alerts
from piket.alerts.info import AlertInfo
from piket.alerts.letters import render_html, render_text
from piket.alerts.rules import EnoughPlaces, HowFull, WhoActs
from piket.alerts.show import as_data
from piket.alerts.wording import KINDS, Letter, answers, letter, sentence, text, title
from piket.words import LANGUAGES, Words, catalogue
from tests.rules.alert_examples import COUNTED, FULL, TELEPHONES, alert, reader

NL, EN = Words("nl"), Words("en")
LINK = "https://piket.example/r/token"
READERS = ("coa", "ministry", "operator", "nl-ov", "nl-ut", "nl-dr", "cdk-nl-ov", "gm1680", "vr03")
UNKNOWN = {"full": None, "places": None, "acts": None, "level": None, "overflow": None}
ENGLISH = re.compile(r"\b(the|are|not|people|you|nobody|places|unknown)\b", re.IGNORECASE)
DUTCH = re.compile(r"\b(het|niet|mensen|niemand|plekken|onbekend|hoeveel)\b", re.IGNORECASE)


def written(given: AlertInfo, code: str = "coa", words: Words = NL) -> Letter:
    return letter(given, reader(code), words, LINK)


def nl(given: AlertInfo, code: str | None = None) -> str:
    return title(given, reader(code) if code else None, NL)


def every_string(of: Letter) -> str:
    return "\n".join([of.subject, of.sentence, *of.answers, of.notice or "", of.ask, of.ring, of.others, of.footer])


class TestEveryKind:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_part_is_said_in_one_language_to_every_reader(self, kind: str, language: str) -> None:
        for given in (
            alert(kind),
            alert(kind, drill=True),
            alert(kind, details=dict.fromkeys(alert(kind).details), **UNKNOWN),
        ):
            for code in READERS:
                made = written(given, code, Words(language))
                said = every_string(made).replace("Ministerie van Asiel en Migratie", "")
                assert all([made.subject, made.sentence, *made.answers, made.ask, made.ring, made.others, made.footer])
                assert not (ENGLISH if language == "nl" else DUTCH).search(said), said
                assert "{" not in said
                assert "None" not in said
                if given.details and all(value is None for value in given.details.values()):
                    assert not re.search(r"\b0\b", said), "what is not known is never said as 0"

    @pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("test", "countOverdue", "countHeld")])
    def test_the_three_answers_have_their_figures(self, kind: str) -> None:
        full, acts, places = answers(alert(kind), NL)
        assert full == (
            "45 mensen hebben vannacht geen bed. 2.129 mensen in Ter Apel, 129 boven het maximum van 2.000. "
            "Telling: bedden waarin is geslapen, geteld in de ochtend, 07.00 uur (7 uur oud)."
        )
        assert acts == "Overijssel moet vóór 15.20 uur antwoorden."
        assert places == "Er zijn 59 plekken te weinig: 120 van 179 toegezegd."

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_drill_says_so_first(self, kind: str) -> None:
        made, data = written(alert(kind, drill=True)), as_data(alert(kind, drill=True), EN, None)
        assert made.subject.startswith("OEFENING: ")
        assert made.sentence.startswith("Dit is een oefening.")
        assert data["title"].startswith("DRILL: ")
        assert "OEFENING" not in every_string(written(alert(kind)))

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_says_that_the_rota_is_a_proposal_while_it_is(self, kind: str) -> None:
        notice = "Het rooster is een voorstel: er is nog niet over besloten."
        assert written(alert(kind)).notice == notice
        assert text(alert(kind), None, NL).endswith(notice)
        assert written(alert(kind, proposed=False)).notice is None
        assert "voorstel" not in text(alert(kind, proposed=False), None, NL)

    @pytest.mark.parametrize("kind", KINDS)
    def test_plain_text_and_html_say_the_same(self, kind: str) -> None:
        made = written(alert(kind))
        plain, html = render_text(made), render_html(made)
        shown = _Shown()
        shown.feed(html)
        for part in (made.sentence, *made.answers, made.ask, made.ring, made.others, made.footer):
            assert part in plain
            assert part in shown.words
        assert LINK in plain
        assert shown.links == [LINK]
        assert f'<html lang="{made.language}">' in html
        assert not re.search(r"<(img|script|link|iframe)|url\(|@import", html)


class _Shown(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.links = "", list[str | None]()

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in ("href", "src")]


def test_every_sentence_of_this_room_is_there_in_dutch() -> None:
    missing = []
    for path in Path(piket.alerts.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "nsay"):
                found = catalogue("nl").get(ast.literal_eval(node.args[0]))
                dutch = found.string if found else None
                forms = [dutch] if isinstance(dutch, str) else list(dutch or [])
                if not all(forms) or len(forms) != (1 if node.func.id == "say" else 2):
                    missing.append(ast.unparse(node.args[0]))
    assert missing == []


class TestSubjects:
    """Those that BOARD.md gives, to the letter, and what follows from them."""

    def test_a_call_up_says_what_is_needed_before_when_of_whom(self) -> None:
        assert nl(alert("callUp")) == "Afroep: 179 plekken nodig vóór 21.00 uur. Overijssel is aan de beurt"
        assert nl(alert("callUp", details={"places": 1})).startswith("Afroep: 1 plek nodig vóór")

    def test_a_deadline_after_midnight_names_its_day(self) -> None:
        late = alert("callUp", details={"neededBy": "2024-09-16T22:30:00Z"})
        assert "vóór di 17 sep 00.30 uur" in nl(late)

    def test_above_the_maximum_is_said_with_the_number(self) -> None:
        assert nl(alert("levelRaised")) == "Ter info: Ter Apel boven het maximum (2.129)"

    def test_a_deadline_that_passed_blames_nobody(self) -> None:
        assert nl(alert("callUpOverdue")) == "Nog geen antwoord van Overijssel op de afroep van 14.20 uur"

    def test_enough_places_are_said_when_nothing_is_missing(self) -> None:
        enough = alert("callUpAnswered", places=EnoughPlaces(179, 179, 0), details={"counted": 179, "state": "met"})
        assert nl(enough) == "Genoeg plekken: 179 van 179"

    def test_the_all_clear_names_the_centre(self) -> None:
        assert nl(alert("allClear")) == "Einde overloop Ter Apel"
        assert nl(alert("allClear", drill=True)) == "OEFENING: Einde overloop Ter Apel"

    def test_an_answer_in_part_says_what_is_missing(self) -> None:
        assert nl(alert("callUpAnswered")) == "Overijssel zegt 120 van 179 plekken toe. 59 plekken te weinig"
        one = alert("callUpAnswered", places=EnoughPlaces(179, 178, 1), details={"counted": 178})
        assert nl(one).endswith("1 plek te weinig")

    def test_a_decline_says_so(self) -> None:
        declined = alert(
            "callUpAnswered", details={"state": "declined", "counted": 0, "declineReason": "Geen zaal vrij."}
        )
        assert nl(declined).startswith("Overijssel kan niet leveren. ")
        assert "Reden: Geen zaal vrij. Er" in sentence(declined, None, NL)

    @pytest.mark.parametrize(
        ("changes", "subject"),
        [
            ({"level": "acute"}, "45 mensen in Ter Apel hebben vannacht geen bed"),
            ({"level": "acute", "full": HowFull(without_bed=1)}, "1 persoon in Ter Apel heeft vannacht geen bed"),
            ({"level": "acute", "full": HowFull(2129)}, "59 plekken te weinig voor Ter Apel, en de tijd is om"),
            ({"level": "acute", "full": None, "places": None}, "Ter info: Ter Apel op niveau mensen zonder bed"),
            ({"full": None}, "Ter info: overloop in Ter Apel (onbekend)"),
            ({"full": HowFull(2000, norm=2000)}, "Ter info: overloop in Ter Apel (2.000)"),
            ({"level": "high"}, "Ter info: Ter Apel bijna vol (2.129)"),
            ({"level": "watch"}, "Ter info: Ter Apel op niveau let op (2.129)"),
        ],
    )
    def test_a_rise_says_what_is_known_of_it(self, changes: dict[str, Any], subject: str) -> None:
        assert nl(alert("levelRaised", **changes)) == subject

    def test_a_hand_over_speaks_to_who_comes_and_who_leaves(self) -> None:
        before, now = alert("handOver"), alert("handOver", details={"moment": "now"})
        assert nl(before, "nl-ov") == "Uw piketdienst begint wo 18 sep 12.00 uur"
        assert nl(before, "nl-dr") == "Uw piketdienst eindigt wo 18 sep 12.00 uur"
        assert nl(before) == "Piketdienst vanaf wo 18 sep 12.00 uur: Overijssel"
        assert (nl(now, "nl-ov"), nl(now, "nl-dr")) == ("Uw piketdienst is begonnen", "Uw piketdienst is voorbij")
        empty = alert("handOver", details={"coming": []})
        assert nl(empty) == "Niemand heeft piketdienst vanaf wo 18 sep 12.00 uur"
        assert written(empty, "coa").ask == "Besluit wie piketdienst heeft."

    def test_a_hand_over_that_is_off_says_so_to_who_was_told_of_it(self) -> None:
        off = alert("handOver", details={"moment": "withdrawn", "override": {"by": "ministry", "reason": "Ruil."}})
        assert nl(off, "nl-ov") == "Vervallen: overdracht van wo 18 sep 12.00 uur"
        assert "gaat niet door. Ministerie van Asiel en Migratie heeft dit besloten: Ruil." in sentence(off, None, NL)
        assert written(alert("handOver"), "nl-ut").ask == "Dit komt in de plaats van wat u eerder hebt gehoord."


class TestWhomToRing:
    def test_coa_rings_who_must_act_and_others_ring_coa(self) -> None:
        assert written(alert("callUp"), "coa").ring == f"Bel Overijssel: {TELEPHONES['nl-ov']}."
        assert written(alert("callUp"), "nl-ov").ring == f"Bel COA: {TELEPHONES['coa']}."
        assert written(alert("callUp"), "operator").ring == f"Bel COA: {TELEPHONES['coa']}."

    def test_an_unknown_number_is_said_as_unknown(self) -> None:
        none = alert("callUp", telephones={"coa": None})
        assert written(none, "ministry").ring == "Er is geen telefoonnummer bekend van Overijssel."
        assert written(none, "nl-ov").ring == "Er is geen telefoonnummer bekend van COA."

    def test_who_was_not_reached_is_rung(self) -> None:
        failed = alert("deliveryFailed", acts=None)
        assert written(failed, "coa").ring == f"Bel Overijssel: {TELEPHONES['nl-ov']}."
        operator = written(failed, "operator")
        assert operator.ask == "Zoek uit waarom de melding niet aankomt, en spreek af wie belt."
        assert operator.ring == f"Bel Overijssel: {TELEPHONES['nl-ov']}."

    def test_nobody_rings_itself(self) -> None:
        assert written(alert("levelRaised", acts=WhoActs("coa")), "coa").ring == "U hoeft nu niemand te bellen."
        assert written(alert("levelRaised", acts=None), "ministry").ring == f"Bel COA: {TELEPHONES['coa']}."


class TestWhatAReaderMaySee:
    def test_a_site_is_named_to_its_host_only(self) -> None:
        given = alert("commitmentChanged", told=("gm1680", "vr03"))
        assert "Sporthal De Boerhoorn" in every_string(written(given, "gm1680"))
        for code in set(READERS) - {"gm1680"}:
            assert "Boerhoorn" not in every_string(written(given, code)), code
        assert "Aa en Hunze" in written(given, "vr03").subject
        assert "Aa en Hunze" not in written(given, "nl-ut").subject
        assert nl(given) == "Toegezegd: 50 plekken in Drenthe"

    def test_a_site_is_null_in_the_data_when_the_reader_may_not_see_it(self) -> None:
        given = alert("commitmentChanged", told=("gm1680", "vr03"))
        shown = {code: as_data(given, NL, reader(code))["details"]["site"] for code in READERS}
        assert {code for code, site in shown.items() if site} == {"gm1680", "nl-dr", "coa", "ministry"}
        assert as_data(given, NL, None)["details"]["municipality"] is None

    def test_a_telephone_in_the_details_is_for_who_may_have_to_ring(self) -> None:
        shown = {code: as_data(alert("deliveryFailed"), NL, reader(code))["details"]["telephone"] for code in READERS}
        assert {code for code, number in shown.items() if number} == {"coa", "ministry", "operator"}

    def test_others_are_named_and_a_long_list_is_counted(self) -> None:
        many = alert("levelRaised", told=("coa", *(f"org{n}" for n in range(10))))
        assert written(many, "coa").others.endswith("org7 en 2 andere organisaties.")
        assert written(alert("test", told=("coa",)), "coa").others is None


class TestAsks:
    def test_the_called_is_asked_to_answer_and_what_happens_otherwise(self) -> None:
        made = written(alert("callUp"), "nl-ov")
        assert made.ask.startswith("Zeg vóór 15.20 uur hoeveel plekken u kunt openen")
        assert made.footer.endswith("Zonder antwoord vóór 15.20 uur wordt de volgende op de lijst afgeroepen.")

    def test_who_is_only_informed_reads_that(self) -> None:
        assert written(alert("levelRaised"), "nl-ut").ask == "U hoeft nu niets te doen."

    def test_who_is_called_next_reads_that(self) -> None:
        assert written(alert("callUpAnswered"), "nl-ut").ask.startswith("U bent nu aan de beurt")
        assert "Utrecht is nu aan de beurt." in sentence(alert("callUpAnswered"), None, NL)

    def test_who_was_spoken_for_reads_who_entered_what(self) -> None:
        behalf = {"by": "coa", "saidBy": "piketdesk", "via": "telefoon"}
        made = written(alert("callUpAnswered", details={"onBehalf": behalf, "late": True}), "nl-ov")
        assert "COA heeft dit ingevoerd; gezegd door piketdesk, via telefoon." in made.sentence
        assert "Het antwoord kwam na de uiterste tijd." in made.sentence
        assert made.ask == "Is dit niet wat u hebt gezegd? Geef dan zelf antwoord."

    def test_html_is_escaped_when_somebody_typed_markup(self) -> None:
        typed = alert("callUpReleased", details={"reason": "<script>alert(1)</script>"})
        assert "<script>" not in render_html(written(typed))


def test_the_words_stay_the_same_whenever_they_are_asked_for() -> None:
    assert nl(alert("callUp")) == title(alert("callUp"), None, Words("nl", COUNTED))
    assert FULL.observed_at == COUNTED
    assert answers(alert("levelRaised"), EN)[2] == "59 places are missing: 120 of 179 promised."
