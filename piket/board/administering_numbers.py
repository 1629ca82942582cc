"""The numbers of `config/piket.toml` as people read them: the value with its unit, and what it means in one plain line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from piket.settings import DeliverySettings, Policy, Settings
from piket.signing_in_settings import SigningInSettings
from piket.words import Text, nsay, say


@dataclass(frozen=True)
class Setting:
    """One setting. `key` is its name in the file, for who changes it."""

    key: str
    value: Text
    meaning: Text


def policy(of: Policy) -> Sequence[Setting]:
    """The numbers of the rules: deadlines, day and night, confirmations."""
    return [
        *_answering(of),
        Setting(
            "hold_minutes",
            minutes(of.hold_minutes),
            say("A count that differs much is judged after this, unless confirmed before."),
        ),
        Setting(
            "hand_over_notice_hours",
            _hours(of.hand_over_notice_hours),
            say("So long before a hand-over both sides are told."),
        ),
        Setting(
            "confirm_days_before",
            _days(of.confirm_days_before),
            say("So long before its turn a province is asked what it can open."),
        ),
        Setting(
            "confirm_remind_after_days", _days(of.confirm_remind_after_days), say("So long after that it is reminded.")
        ),
        Setting(
            "confirm_commissioner_hours",
            _hours(of.confirm_commissioner_hours),
            say("So long before its turn the King's Commissioner of a province that has not answered is told."),
        ),
        Setting(
            "card_weeks_ahead",
            _weeks(of.card_weeks_ahead),
            say("The turns of so long ahead stand on the emergency card."),
        ),
        Setting(
            "places_ahead_hours",
            _hours(of.places_ahead_hours),
            say("A place that can open within this counts as offered."),
        ),
        Setting(
            "night_counted_until",
            _clock(of.night_counted_until),
            say("Who is in places between midnight and then has slept there."),
        ),
    ]


def _answering(of: Policy) -> Sequence[Setting]:
    """How soon a call-up must be answered and filled."""
    return [
        Setting("respond_minutes_by_day", minutes(of.respond_minutes_by_day), say("Time to answer a call-up by day.")),
        Setting(
            "respond_minutes_by_night", minutes(of.respond_minutes_by_night), say("Time to answer a call-up by night.")
        ),
        Setting("night_from", _clock(of.night_from), say("From then on it is night.")),
        Setting("night_until", _clock(of.night_until), say("Until then it is night.")),
        Setting(
            "remind_after_minutes",
            minutes(of.remind_after_minutes),
            say("A call-up that nobody answered or said to have read is told again after this."),
        ),
        Setting("needed_by", _clock(of.needed_by), say("Places are needed by then, when the call-up was made by day.")),
        Setting(
            "needed_by_after_hours", _hours(of.needed_by_after_hours), say("Made by night: so long after the call-up.")
        ),
    ]


def delivery(of: DeliverySettings) -> Sequence[Setting]:
    """How messages are sent."""
    limits = _seconds(of.first_time_limit_seconds), _seconds(of.time_limit_seconds)
    return [
        Setting(
            "office_hours_from",
            _clock(of.office_hours_from),
            say("From then on an office reads its messages, Monday to Friday."),
        ),
        Setting("office_hours_until", _clock(of.office_hours_until), say("Until then an office reads its messages.")),
        Setting("first_time_limit_seconds", limits[0], say("The first attempt to deliver may take so long.")),
        Setting("time_limit_seconds", limits[1], say("Later attempts may take so long.")),
        Setting(
            "gather_above",
            nsay("{n} message", "{n} messages", of.gather_above),
            say("More of one kind than this within a short time are told together in one."),
        ),
        Setting("gather_minutes", minutes(of.gather_minutes), say("For so long they are gathered.")),
        Setting(
            "gather_urgent_minutes", minutes(of.gather_urgent_minutes), say("For so long, when somebody must act.")
        ),
        Setting(
            "secret_overlap_hours",
            _hours(of.secret_overlap_hours),
            say("For so long a former secret of a webhook goes on beside the new one."),
        ),
    ]


def signing_in(of: SigningInSettings) -> Sequence[Setting]:
    """How long somebody stays signed in, and links for a password last."""
    return [
        Setting("idle_minutes", minutes(of.idle_minutes), say("Without any use for so long a sign-in ends.")),
        Setting("hours", _hours(of.hours), say("A sign-in ends after this at the latest.")),
        Setting(
            "screen_days",
            _days(of.screen_days),
            say("A screen on a wall, with a key that may only look, stays signed in for so long."),
        ),
        Setting(
            "first_link_hours",
            _hours(of.first_link_hours),
            say("The link with which the person of a new account chooses a password works for so long."),
        ),
        Setting(
            "link_minutes", minutes(of.link_minutes), say("The link for whoever forgot a password works for so long.")
        ),
    ]


def watching(of: Settings) -> Sequence[Setting]:
    """From when on the service calls its own work late."""
    auditor = of.auditor
    return [
        Setting(
            "step_after_seconds",
            _seconds(auditor.step_after_seconds),
            say("A deadline that passed so long ago and was not acted on."),
        ),
        Setting(
            "delivery_after_seconds",
            _seconds(auditor.delivery_after_seconds),
            say("A message that should have gone so long ago."),
        ),
        Setting("pass_after_seconds", _seconds(auditor.pass_after_seconds), say("Nothing was looked at for so long.")),
        Setting(
            "turns_ahead_days", _days(auditor.turns_ahead_days), say("Fewer days of turns are written down than this.")
        ),
    ]


def _seconds(number: float) -> Text:
    return nsay("{n} second", "{n} seconds", round(number))


def minutes(number: int) -> Text:
    """So many minutes; from two hours on in hours, when they are whole ones."""
    if number >= 120 and number % 60 == 0:
        return _hours(number // 60)
    return nsay("{n} minute", "{n} minutes", number)


def _hours(number: int) -> Text:
    return nsay("{n} hour", "{n} hours", number)


def _days(number: int) -> Text:
    return nsay("{n} day", "{n} days", number)


def _weeks(number: int) -> Text:
    return nsay("{n} week", "{n} weeks", number)


def _clock(at: time) -> Text:
    """A time on the wall, as each language writes it."""
    return say("{hour}:{minute}", hour=f"{at.hour:02}", minute=f"{at.minute:02}")
