"""What comes due by itself in an episode, found by a pass of the engine or by whoever acts first (section 5)."""

from __future__ import annotations

from piket.alerts import service as alerts
from piket.audit.service import ENGINE
from piket.overflows.calls import settle
from piket.overflows.desk import Desk, calls_of
from piket.overflows.episodes import acute_by_shortfall, next_round
from piket.overflows.models import CallUp, Overflow
from piket.overflows.rules import shortfall
from piket.overflows.telling import call_details, commissioners, missing, tell, tell_commitments, who_is_who
from piket.places import service as places


def escalate_due(desk: Desk) -> None:
    """Take every step that is due at this centre, in the order in which the night would have brought them.

    Each step is a row that changes state once, so a crash leaves it due and a second pass finds nothing to do.
    """
    ended = places.end_due(desk.session, desk.now, desk.centre)
    desk.acted = desk.acted or bool(ended)
    episode = desk.episode
    if episode is not None:
        _escalate(desk, episode)
    tell_commitments(desk, ended)


def _escalate(desk: Desk, episode: Overflow) -> None:
    """The steps of an open episode in the order of the night: a new round, reminders, deadlines, the hour of need, the next call.

    Who is next is found once for all call-ups that expired in this pass, and only then they are told, naming it.
    """
    _round_at_hand_over(desk, episode)
    for call in calls_of(desk.session, episode, "open"):
        if call.reminded_at is None and call.remind_at <= desk.now <= call.respond_by:
            _remind(desk, episode, call)
    expired = [call for call in calls_of(desk.session, episode, "open") if call.respond_by < desk.now]
    for call in expired:
        call.state, call.expired_at, call.ineligible_in = "expired", desk.now, episode.round
        desk.act(episode, "expired", call, by=ENGINE, organisation=call.organisation)
    _acute_when_needed(desk, episode)
    following = settle(desk, episode)
    for call in expired:
        _tell_overdue(desk, episode, call, following)
    acute_by_shortfall(desk, episode)


def _round_at_hand_over(desk: Desk, episode: Overflow) -> None:
    """5.2: when others have come on duty since this round began, a new round begins."""
    since = desk.duty.since
    if since is not None and (episode.duty_since is None or since > episode.duty_since):
        if since > episode.opened_at:
            next_round(desk, episode, ENGINE, "handOver")
        episode.duty_since = since


def _remind(desk: Desk, episode: Overflow, call: CallUp) -> None:
    """5.7: 15 minutes without acknowledgement or response: told again, and its commissioner too."""
    call.reminded_at = desk.now
    if call.alert is not None and _acknowledged(desk, call):
        return
    desk.act(episode, "reminder", call, by=ENGINE, organisation=call.organisation)
    who = who_is_who(desk, called=[call.organisation], calledCommissioner=commissioners(desk, [call.organisation]))
    tell(desk, "callUpReminder", who, episode=episode, call_up=call, **call_details(call))


def _acknowledged(desk: Desk, call: CallUp) -> bool:
    """Whether the called have said that they read the call-up; then nothing reminds them (6.3)."""
    return alerts.acknowledged(desk.session, str(call.alert), call.organisation)


def _acute_when_needed(desk: Desk, episode: Overflow) -> None:
    """2.3: a call-up's neededBy passes while places are missing: people may be without a bed."""
    for call in calls_of(desk.session, episode):
        if call.needed_by_passed_at is not None or call.needed_by > desk.now or call.state == "released":
            continue
        call.needed_by_passed_at = desk.now
        then = places.committed(desk.session, desk.centre, desk.drill, call.needed_by)
        short = missing(desk, episode)
        # A late pass judges the hour itself: places that were there then, and ended since, make no acute of it.
        if shortfall(episode.needed, then) and short and episode.acute_since is None:
            episode.acute_since = desk.now
            desk.act(episode, "acute", call, by=ENGINE, shortfall=short)


def _tell_overdue(desk: Desk, episode: Overflow, call: CallUp, following: str | None) -> None:
    """5.7: COA, the ministry, its commissioner and who is called next hear that no answer came."""
    who = who_is_who(
        desk,
        called=[call.organisation],
        calledCommissioner=commissioners(desk, [call.organisation]),
        nextCalled=[following] if following else [],
    )
    tell(desk, "callUpOverdue", who, episode=episode, call_up=call, next=following, **call_details(call))
