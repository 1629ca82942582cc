"""Who is told what happened in an episode, and with which answers to the three questions (section 6).

Whom a kind is told to stands in `config/audiences.toml`; here roles become organisations at this moment. The answers are those
of now, also in a message about something earlier: who reads it acts now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from piket.alerts import service as alerts
from piket.alerts.rules import Answers, EnoughPlaces, Fact, WhoActs, audience, rank, told_levels
from piket.alerts.service import Sent
from piket.clock import as_text
from piket.organisations import service as organisations
from piket.overflows.desk import Desk, calls_of
from piket.overflows.models import CallUp, Overflow
from piket.overflows.rules import shortfall
from piket.places import service as places
from piket.places.service import CommitmentChange

ONE_OF_A_KIND = ("coa", "vng", "ministry", "operator")
# Alerts about the counts themselves ask COA for something, whoever is on duty.
COA_ACTS = frozenset({"countOverdue", "countHeld"})
Who = Mapping[str, Sequence[str]]


def instant(at: datetime | None) -> str | None:
    """A moment as it stands in an alert's details."""
    return as_text(at) if at else None


def who_is_who(desk: Desk, **more: Sequence[str]) -> dict[str, Sequence[str]]:
    """Every role of `config/audiences.toml` as organisations at this moment; `more` gives those of one event."""
    duty = desk.duty
    found: dict[str, Sequence[str]] = {code: (code,) for code in ONE_OF_A_KIND}
    found["duty"] = duty.organisations or desk.settings.audiences.fallback
    found["standby"] = (duty.standby,) if duty.standby else ()
    found["dutyCommissioner"] = commissioners(desk, duty.organisations)
    found["allCommissioners"] = tuple(info.code for info in desk.commissioners)
    found["centreMunicipality"] = (desk.municipality,)
    return found | more


def commissioners(desk: Desk, codes: Sequence[str]) -> tuple[str, ...]:
    """The King's Commissioners of the provinces in which these organisations are."""
    provinces = []
    for code in codes:
        info = organisations.known(desk.session, code)
        if info and info.province:
            provinces.append(info.province)
    by_province = {info.province: info.code for info in reversed(desk.commissioners)}
    return tuple(by_province[province] for province in dict.fromkeys(provinces) if province in by_province)


def committed(desk: Desk, episode: Overflow) -> int:
    """4.2: places promised for this centre that have not ended, those from earlier episodes too."""
    if episode.final_committed is not None:
        return episode.final_committed
    return places.committed(desk.session, desk.centre, desk.drill, desk.now)


def missing(desk: Desk, episode: Overflow) -> int | None:
    """4.2: the shortfall; None when the need is unknown."""
    return shortfall(episode.needed, committed(desk, episode))


def answers(desk: Desk, episode: Overflow | None, call_up: CallUp | None = None) -> Answers:
    """The three questions as they are answered now. `call_up` is the one the message is about, if it still waits."""
    waiting = [call_up] if call_up and call_up.state == "open" else []
    if episode and not waiting:
        waiting = sorted(calls_of(desk.session, episode, "open"), key=lambda call: call.respond_by)
    duty = desk.duty
    if waiting:
        acts = WhoActs(waiting[0].organisation, waiting[0].respond_by)
    elif episode and missing(desk, episode):
        acts = WhoActs("coa", None)
    else:
        acts = WhoActs(duty.organisations[0] if duty.organisations else None, None)
    if episode is None:
        enough = EnoughPlaces(None, places.committed(desk.session, desk.centre, desk.drill, desk.now), None)
    else:
        enough = EnoughPlaces(episode.needed, committed(desk, episode), missing(desk, episode))
    return Answers(desk.how_full, acts, enough, duty.status == "proposed")


def tell(
    desk: Desk,
    kind: str,
    who: Who,
    *,
    episode: Overflow | None = None,
    call_up: CallUp | None = None,
    level: str | None = None,
    previous: str | None = None,
    levels: Mapping[str, Sequence[str]] | None = None,
    skip: Collection[str] = (),
    skip_addresses: Collection[str] = (),
    **details: Any,
) -> Sent:
    """Write one alert for one fact, to whom the table names for this kind; `levels` names them itself (a crossing).

    `skip` are organisations that get another alert for the same fact, `skip_addresses` the addresses it went to.
    """
    episode = episode or desk.episode
    if levels is None:
        row = desk.settings.audiences.told.get(kind, ())
        levels = dict.fromkeys(audience(row, who), ())
    known = answers(desk, episode, call_up)
    if kind in COA_ACTS:
        known = replace(known, who_acts=WhoActs("coa", None))
    fact = Fact(
        kind=kind,
        centre=desk.centre,
        level=level or desk.shows or desk.seen,
        previous_level=previous,
        overflow=episode.id if episode else None,
        call_up=call_up.id if call_up else None,
        drill=desk.drill,
        answers=known,
        details={"centreName": desk.centre_name, **details},
    )
    told = {code: list(named) for code, named in levels.items() if code not in skip}
    sent = alerts.enqueue(desk.session, desk.now, desk.settings, fact, told, skip_addresses)
    desk.sent.append(sent)
    if episode:
        desk.act(
            episode, "told", call_up, alert=sent.alert, alertKind=kind, told=list(told), deliveries=sent.deliveries
        )
    return sent


def tell_opening(desk: Desk, level: str, **details: Any) -> None:
    """An episode opened though no level was crossed (declared, or after a closure by hand): told as the overflow is."""
    tell_crossing(desk, "normal", max(level, "overflow", key=rank), said=desk.seen, **details)


def tell_crossing(desk: Desk, previous: str, level: str, said: str | None = None, **details: Any) -> None:
    """A rise: one alert, also over several levels. A province that was called up for it has got its call-up instead."""
    who, duty = who_is_who(desk), desk.duty
    levels = told_levels(previous, level, desk.settings.audiences.level_raised, who)
    addresses = {address for sent in desk.called.values() for address in sent.addresses}
    more: dict[str, Any] = {
        "onDuty": list(duty.organisations),
        "standby": duty.standby,
        "nobodyOnDuty": not duty.organisations,
        "called": list(desk.called),
        **details,
    }
    called = set(desk.called)
    tell(
        desk,
        "levelRaised",
        who,
        level=level,
        previous=said or previous,
        levels=levels,
        skip=called,
        skip_addresses=addresses,
        **more,
    )


def tell_fall(desk: Desk, kind: str, previous: str, level: str, episode: Overflow | None, **details: Any) -> None:
    """A fall: everyone told of what is left; with the episode over, everyone who was told of the episode too."""
    left = [name for name in ("watch", "high", "overflow", "acute") if rank(level) < rank(name) <= rank(previous)]
    told = list(alerts.told_of(desk.session, desk.centre, desk.drill, left))
    if episode is not None and episode.state == "closed":
        told += [code for code in alerts.told_in(desk.session, episode.id) if code not in told]
        details["closure"] = episode.closure
    standing = desk.episode
    if standing is not None:
        details["occupied"] = standing.occupied
    levels = {code: list[str]() for code in told}
    tell(desk, kind, who_is_who(desk), episode=episode, level=level, previous=previous, levels=levels, **details)


def call_levels(desk: Desk, organisation: str) -> list[str]:
    """Which levels a call-up tells of: those of the crossing it stands for, else the overflow as it is."""
    if desk.crossing:
        levels = told_levels(*desk.crossing, desk.settings.audiences.level_raised, who_is_who(desk))
        if organisation in levels:
            return list(levels[organisation])
    return ["overflow", "acute"] if (desk.shows or desk.seen) == "acute" else ["overflow"]


def tell_commitments(desk: Desk, changes: Sequence[CommitmentChange], spoken_for: Sequence[str] = ()) -> None:
    """The host municipality and its safety region hear of each change of what they host, where they are known here."""
    for change in changes:
        item = change.commitment
        known = desk.settings.municipalities.get(item.municipality)
        host = [item.municipality] if organisations.known(desk.session, item.municipality) else []
        region = [known.safety_region] if known and organisations.known(desk.session, known.safety_region) else []
        if not (host or region or spoken_for):
            continue
        who = who_is_who(desk, host=host, hostSafetyRegion=region, spokenFor=spoken_for)
        more: dict[str, Any] = {
            "what": change.what,
            "reason": change.reason,
            "commitment": item.id,
            "province": item.province,
            "municipality": item.municipality,
            "municipalityName": known.name if known else item.municipality,
            "site": item.site,
            "places": item.places,
            "from": instant(item.available_from),
            "until": instant(item.until),
        }
        tell(desk, "commitmentChanged", who, **more)


def call_details(call_up: CallUp) -> dict[str, Any]:
    """What every message about a call-up says of it."""
    return {
        "organisation": call_up.organisation,
        "places": call_up.places,
        "madeAt": instant(call_up.made_at),
        "respondBy": instant(call_up.respond_by),
        "neededBy": instant(call_up.needed_by),
        "counted": call_up.counted,
        "state": call_up.state,
    }
