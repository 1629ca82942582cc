"""What the alerts about swaps say: to who must answer, to the other, to who looks on."""

from __future__ import annotations

from typing import Any

import pytest

from piket.alerts.info import AlertInfo
from piket.alerts.rules import WhoActs
from piket.alerts.wording import Letter, letter, sentence, title
from piket.words import Words
from tests.rules.alert_examples import alert, reader

NL, EN = Words("nl"), Words("en")


def swap(what: str = "proposed", **details: Any) -> AlertInfo:
    return alert("swap", acts=WhoActs("nl-ut"), details={"what": what, **details})


def written(given: AlertInfo, code: str) -> Letter:
    return letter(given, reader(code), NL, "https://piket.example/r/token")


def test_who_must_answer_reads_by_when_of_whom_what_and_where() -> None:
    made = written(swap(), "nl-ut")
    assert made.subject == "Antwoord vóór wo 25 sep 12.00 uur: beurten ruilen met Overijssel"
    assert made.sentence == (
        "Overijssel stelt voor om twee beurten te ruilen. "
        "Utrecht neemt de beurt van Overijssel over, van wo 25 sep 12.00 uur tot wo 9 okt 12.00 uur. "
        "Overijssel neemt de beurt van Utrecht over, van wo 9 okt 12.00 uur tot wo 23 okt 12.00 uur. "
        "Reden: Verkiezingen. "
        "Let op: Utrecht heeft dan zonder onderbreking piketdienst van wo 11 sep 12.00 uur tot wo 9 okt 12.00 uur."
    )
    assert made.ask == (
        "Neem deze ruil aan vóór wo 25 sep 12.00 uur, of wijs die af en zeg waarom. "
        "U antwoordt via de API, op /v1/swaps/3f0c."
    )
    assert made.footer.endswith(
        "Zonder antwoord vóór wo 25 sep 12.00 uur verloopt het voorstel, en houdt ieder de eigen beurt."
    )


def test_who_looks_on_is_informed() -> None:
    made = written(swap(), "ministry")
    assert made.subject == "Ter info: Overijssel en Utrecht ruilen misschien van beurt"
    assert made.ask == "U hoeft nu niets te doen."


def test_of_a_proposal_of_the_ministry_each_reads_the_other() -> None:
    given = swap(proposedBy="ministry", waitingFor=["nl-ov", "nl-ut"])
    subjects = [title(given, reader(code), NL) for code in ("nl-ov", "nl-ut")]
    assert [subject.rpartition(" ")[2] for subject in subjects] == ["Utrecht", "Overijssel"]


def test_a_commissioner_is_asked_to_help_with_an_answer_that_does_not_come() -> None:
    made = written(swap("reminded"), "cdk-nl-ov")
    assert made.subject == "Nog geen antwoord: ruil van beurten van Overijssel en Utrecht"
    assert made.ask == "Vraag Utrecht om te antwoorden."


def test_an_acceptance_that_is_not_the_last_says_who_is_still_to_answer() -> None:
    given = swap("accepted", by="nl-ov", waitingFor=["nl-ut"])
    assert title(given, None, NL) == "Overijssel neemt de ruil aan, Utrecht moet nog antwoorden"
    assert "De ruil geldt als ook Utrecht die aanneemt." in sentence(given, None, NL)


@pytest.mark.parametrize(
    ("what", "subject", "said", "asked"),
    [
        (
            "accepted",
            "Geruild: beurten van",
            "Utrecht neemt de ruil aan: de ruil geldt.",
            "Zorg dat uw desk bereikbaar is",
        ),
        ("rejected", "Afgewezen: ruil", "Utrecht wijst de ruil af", "U hoeft nu niets te doen."),
        ("withdrawn", "Ingetrokken: ruil", "Utrecht trekt het voorstel in", "U hoeft nu niets te doen."),
        ("expired", "Verlopen: ruil", "Er is op tijd geen antwoord gekomen van niemand", "U hoeft nu niets te doen."),
        ("undone", "Teruggedraaid: ruil", "Utrecht draait de ruil terug", "Reken weer op uw eigen beurt."),
        ("cancelled", "Vervallen: ruil", "Een besluit heeft het rooster veranderd", "Reken weer op uw eigen beurt."),
    ],
)
def test_what_became_of_it_is_said_to_both(what: str, subject: str, said: str, asked: str) -> None:
    made = written(swap(what, by="nl-ut", waitingFor=[]), "nl-ov")
    assert made.subject.startswith(subject)
    assert said in made.sentence
    assert made.ask.startswith(asked)
    assert made.footer.endswith("Als u niets doet, verandert er niets.")


def test_a_rejection_gives_its_reason_and_names_the_turns() -> None:
    said = sentence(swap("rejected", by="nl-ut", waitingFor=[], note="Geen mensen."), None, NL)
    assert "Utrecht zegt: Geen mensen. Het gaat om de beurt van Overijssel vanaf wo 25 sep 12.00 uur" in said
    assert "Let op" not in said


def test_what_has_begun_is_said_to_stay() -> None:
    stays = [{"organisation": "nl-ut", "from": "2024-09-11T10:00:00Z", "until": "2024-09-25T10:00:00Z"}]
    said = sentence(swap("cancelled", by="ministry", waitingFor=[], stays=stays), None, NL)
    assert "Wat is begonnen, blijft zo: Utrecht heeft piketdienst van wo 11 sep 12.00 uur" in said


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("longer", "the two turns are not equally long; Utrecht takes the longer one"),
        ("overridden", "Utrecht has duty by an"),
    ],
)
def test_every_remark_is_a_sentence(kind: str, text: str) -> None:
    entry = {"kind": kind, "organisation": "nl-ut", "from": "2024-09-25T10:00:00Z", "until": "2024-10-09T10:00:00Z"}
    assert text in sentence(swap(remarks=[entry]), None, EN)
