"""What became of a delivery, in words that a duty officer understands."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from piket.alerts.arrivals import Arrival, standing
from piket.alerts.deliveries import AttemptInfo
from piket.alerts.info import AlertInfo
from piket.alerts.undelivered import Undelivered
from piket.alerts.wording_attempts import arrival_words, last_words, reason_words
from piket.words import Words
from tests.fakes import START
from tests.house import PACKAGE

DUTCH = Words("nl", START)


def codes() -> list[str]:
    """Every reason that stands whole in the code of the channels, and those of attempts that were not made."""
    sources = [path.read_text() for path in (PACKAGE / "alerts").rglob("*.py")]
    found = {code for source in sources for code in re.findall(r'DeliveryError\("([a-z0-9-]+)"', source)}
    return sorted(found | {"internal-error", "ended", "acknowledged", "call-up-read", "not-activated", "tls-failed"})


@pytest.mark.parametrize("code", codes())
def test_a_reason_is_said_in_words_and_not_as_its_code(code: str) -> None:
    said = DUTCH(reason_words(code))
    assert code not in said and "code" not in said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("http-503", "de ontvanger heeft zelf een storing (code 503)"),
        ("http-418", "de ontvanger nam het niet aan (code 418)"),
        ("http-410", "de ontvanger wil geen berichten meer (code 410)"),
        ("smtp-550-5.1.1", "de mailserver nam het niet aan (code 550-5.1.1)"),
        ("smtp-450", "de mailserver vraagt om het later te proberen (code 450)"),
        ("new-thing", "de reden heeft de code new-thing"),
        (None, "er is geen reden bekend"),
    ],
)
def test_an_answer_keeps_its_code_for_who_must_look_into_it(code: str | None, said: str) -> None:
    assert DUTCH(reason_words(code)) == said


@pytest.mark.parametrize(
    ("state", "troubled", "read", "expected"),
    [
        ("delivered", True, False, "arrived"),
        ("gathered", False, False, "together"),
        ("pending", False, False, "under_way"),
        ("sending", True, False, "failed"),
        ("pending", True, True, "under_way"),
        ("failed", True, False, "failed"),
        ("failed", True, True, "needless"),
        ("failed", False, False, "needless"),
    ],
)
def test_a_delivery_stands_as_the_figure_of_the_undelivered_counts_it(
    state: str, troubled: bool, read: bool, expected: str
) -> None:
    assert standing(state, troubled, read) == expected


@pytest.mark.parametrize(
    ("arrival", "said"),
    [
        (Arrival(arrived=2), "aangekomen"),
        (Arrival(failed=1), "niet aangekomen"),
        (Arrival(arrived=3, failed=1), "1 van 4 niet aangekomen"),
        (Arrival(arrived=1, under_way=1), "1 van 2 aangekomen"),
        (Arrival(under_way=2), "onderweg"),
        (Arrival(together=1), "samen met andere in één bericht verteld"),
        (Arrival(needless=1), "langs een andere weg gelezen"),
        (Arrival(), "geen eigen bericht"),
    ],
)
def test_what_did_not_arrive_is_said_first(arrival: Arrival, said: str) -> None:
    assert DUTCH(arrival_words(arrival)) == said


def test_the_last_attempt_says_what_follows() -> None:
    def said(outcome: str, state: str, minutes: int | None) -> str:
        last = AttemptInfo(START, outcome, "timed-out", None, 5000)
        follows = None if minutes is None else START + timedelta(minutes=minutes)
        alert = AlertInfo("a", "callUp", START)
        return DUTCH(last_words(Undelivered(alert, "nl-ov", START, "d", state, last, follows)))

    tried = "14.00 uur: niet aangekomen: de ontvanger antwoordde niet op tijd; "
    assert said("failed", "pending", 5) == tried + "nieuwe poging, 14.05 uur"
    assert said("failed", "sending", None) == tried + "wordt nu geprobeerd"
    assert said("failed", "failed", None) == tried + "er wordt niet meer geprobeerd"
    refused = "14.00 uur: voorgoed geweigerd: de ontvanger antwoordde niet op tijd"
    assert said("refused", "failed", None) == refused
    assert said("refused", "pending", 0) == refused + "; nieuwe poging, 14.00 uur"
    assert DUTCH(last_words(Undelivered(AlertInfo("a", "callUp", START), "nl-ov", START))).startswith("er is niets")
