from __future__ import annotations

import re
from typing import Any

import pytest

from piket.alerts.rules import EnoughPlaces, HowFull, WhoActs
from piket.alerts.wording import answers
from piket.words import Words
from tests.rules.alert_examples import AT, alert

NL = Words("nl")


class TestHowFull:
    def full(self, how: HowFull | None, **changes: Any) -> str:
        return answers(alert("levelLowered", full=how, **changes), NL)[0]

    @pytest.mark.parametrize("people", [1951, 1999, 2000])
    def test_it_is_below_the_maximum_and_not_closed_when_in_an_episode(self, people: int) -> None:
        shown = f"{people:,}".replace(",", ".")
        said = f"{shown} mensen in Ter Apel, onder het maximum van 2.000, de overloop is nog niet gesloten."
        assert said in self.full(HowFull(people, norm=2000))
        assert "gesloten" not in self.full(HowFull(people, norm=2000), overflow=None)
        closed = alert("allClear", full=HowFull(people, norm=2000))
        assert "gesloten" not in answers(closed, NL)[0]

    def test_one_above_the_norm_is_above_it_whatever_the_level(self) -> None:
        assert "1 boven het maximum" in self.full(HowFull(2001, norm=2000), level="normal", overflow=None)

    def test_unknown_is_said_as_unknown_and_never_as_nought(self) -> None:
        said = self.full(None)
        assert said == (
            "Onbekend of er vannacht mensen zonder bed zijn. Onbekend hoeveel mensen er in Ter Apel zijn. "
            "Onbekend wanneer er is geteld."
        )
        assert not re.search(r"\d", said)

    def test_nought_is_not_unknown(self) -> None:
        assert self.full(HowFull(0, 0, norm=2000)).startswith(
            "Voor zover gemeld heeft vannacht iedereen een bed. 0 mensen"
        )

    def test_who_sleeps_elsewhere_is_said_when_the_count_is_low_by_that(self) -> None:
        low = alert("levelLowered", full=HowFull(1900, norm=2000), details={"occupied": 120})
        assert "120 mensen slapen op noodopvangplekken." in answers(low, NL)[0]

    @pytest.mark.parametrize(
        ("minutes", "age"), [(0, "0 minuten"), (1, "1 minuut"), (119, "119 minuten"), (120, "2 uur"), (1500, "25 uur")]
    )
    def test_the_age_of_a_count_is_told(self, minutes: int, age: str) -> None:
        counted = HowFull(
            2129, definition="present", observed_at=AT.fromtimestamp(AT.timestamp() - minutes * 60, AT.tzinfo)
        )
        assert f"({age} oud)" in self.full(counted)


class TestWhoActsAndPlaces:
    def acts(self, kind: str = "levelRaised", **changes: Any) -> str:
        return answers(alert(kind, **changes), NL)[1]

    def test_who_has_no_deadline_is_on_duty_when_nothing_is_missing(self) -> None:
        calm = {"acts": WhoActs("nl-ov"), "places": None, "level": "watch", "overflow": None}
        assert self.acts(**calm) == "Overijssel heeft piketdienst en hoeft nu niets te doen."
        assert self.acts(acts=WhoActs("coa")) == "COA is aan zet; er is geen uiterste tijd."

    def test_nobody_is_said_only_when_it_is_known(self) -> None:
        assert self.acts(acts=None) == "Onbekend wie moet handelen."
        assert self.acts(acts=None, details={"nobodyOnDuty": True}) == "Niemand heeft nu piketdienst."
        assert self.acts("allClear", acts=None, places=None, level="normal") == "Niemand hoeft nu iets te doen."

    def test_coa_must_count_when_there_is_no_count(self) -> None:
        assert self.acts("countOverdue", acts=None) == "COA moet zo snel mogelijk een nieuwe telling invoeren."
        assert self.acts("countHeld", acts=None) == "COA moet deze telling vóór 14.35 uur bevestigen of verbeteren."

    @pytest.mark.parametrize(
        ("places", "changes", "said"),
        [
            (EnoughPlaces(179, 178, 1), {}, "Er is 1 plek te weinig: 178 van 179 toegezegd."),
            (EnoughPlaces(179, 179, 0), {}, "Er zijn genoeg plekken: 179 van 179."),
            (EnoughPlaces(179, 200, 0), {}, "Er zijn genoeg plekken: 200 toegezegd, 179 nodig."),
            (EnoughPlaces(0, 0, 0), {}, "Er zijn nu geen plekken nodig."),
            (EnoughPlaces(179), {}, "Er zijn 179 plekken nodig; onbekend of die er zijn."),
            (EnoughPlaces(None, 20), {}, "Onbekend hoeveel plekken er nodig zijn; er zijn 20 plekken toegezegd."),
            (None, {}, "Onbekend of er genoeg plekken zijn."),
            (None, {"overflow": None, "level": "watch"}, "Er is geen overloop: er zijn nu geen plekken nodig."),
            (None, {"overflow": None, "level": "unknown"}, "Onbekend of er genoeg plekken zijn."),
        ],
    )
    def test_places_are_said_with_their_figures(
        self, places: EnoughPlaces | None, changes: dict[str, Any], said: str
    ) -> None:
        assert answers(alert("levelRaised", places=places, **changes), NL)[2] == said
