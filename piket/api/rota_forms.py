"""How a rota looks in requests and answers: its definition, what was decided of it, and a preview of another."""

from __future__ import annotations

from typing import Any

from piket.api.kit import Answer, Schema, ValidationError, fields, validates_schema
from piket.rota.definitions import together
from piket.rota.faults import sharing_faults
from piket.rota.rules import HOME, STRATEGIES, WEEKDAYS, Definition, Exemption, Weight, organisations_of
from piket.rota.service import Decision, RotaInfo

UNITS = ("days", "weeks", "months")
STATUSES = ("proposed", "decided")


class TurnLength(Schema):
    """How long a turn lasts."""

    unit = fields.Choice(*UNITS, required=True)
    count = fields.Int(1, 366, required=True)


class HandOver(Schema):
    """When one turn hands over to the next, in local time; the weekday counts for turns of weeks."""

    weekday = fields.Choice(*WEEKDAYS, load_default="wednesday")
    time = fields.TimeOfDay(required=True)


class ExemptionPart(Schema):
    """A member that takes no turn that touches these days (both included; left out: from ever, for good), and why."""

    into = Exemption
    organisation = fields.Code(required=True)
    reason = fields.Str(1, 500, required=True)
    starts_on = fields.Date(allow_none=True, load_default=None)
    ends_on = fields.Date(allow_none=True, load_default=None)


class WeightPart(Schema):
    """What an organisation weighs in the weighted order, from that day on (left out: from ever)."""

    into = Weight
    organisation = fields.Code(required=True)
    weight = fields.Int(1, 10_000_000, required=True)
    starts_on = fields.Date(allow_none=True, load_default=None)


class RotaDecisionPart(Schema):
    """Who decided, on which day, and what is to be known of it."""

    into = Decision
    by = fields.Str(1, 200, required=True)
    on = fields.Date(required=True)
    note = fields.Str(1, 1000, lines=True, allow_none=True, load_default=None)


class RotaDefinitionPart(Schema):
    """A rota as it is to be. The order of `members` is the order of their turns."""

    name = fields.Str(1, 200, required=True)
    members = fields.List(fields.Code(), 1, 400, required=True)
    exemptions = fields.List(fields.Nested(ExemptionPart), 0, 400, load_default=list)
    slots = fields.Int(1, 50, load_default=1, metadata={"description": "How many members have duty at the same time."})
    turn_length = fields.Nested(TurnLength, required=True)
    hand_over = fields.Nested(HandOver, required=True)
    starts_on = fields.Date(required=True)
    line = fields.Int(1, 9, load_default=1, metadata={"description": "1 is called first."})
    places_target = fields.Int(0, 100_000, allow_none=True, load_default=None)
    sharing = fields.List(
        fields.List(fields.Code(), 1, 20),
        0,
        200,
        load_default=list,
        metadata={"description": "Members that take their turn together, in the place of the first of them."},
    )
    zone = fields.Str(
        1, 60, load_default=HOME, metadata={"description": "The IANA time zone whose clock shows the hand-over."}
    )
    strategy = fields.Choice(
        *STRATEGIES,
        load_default="inTurn",
        metadata={"description": "By turns in the decided order, or in proportion to `weights`."},
    )
    weights = fields.List(fields.Nested(WeightPart), 0, 2000, load_default=list)
    spread_holidays = fields.Bool(
        load_default=False,
        metadata={"description": "Christmas, New Year, Easter and King's Day not twice running on the same member."},
    )
    effective_from = fields.Moment(
        metadata={
            "description": "From which moment to come turns follow this; left out: after the last published turn."
        }
    )

    @validates_schema(skip_on_field_errors=False)
    def _sharing(self, data: dict[str, Any], **_: Any) -> None:
        """Who shares a turn must be on the list, once."""
        complaints: dict[str, Any] = {}
        for fault in sharing_faults(data.get("members", []), data.get("sharing", [])):
            complaints.setdefault(fault.field, []).append(fault.detail)
        if complaints:
            raise ValidationError(complaints)


class RotaIn(RotaDefinitionPart):
    """A rota with the decision on it."""

    decision = fields.Nested(RotaDecisionPart, required=True)


class RotaPreviewIn(RotaDefinitionPart):
    """A rota as it might be decided. A decision may stand in it, and counts for nothing: what is sent can be decided next."""

    decision = fields.Nested(RotaDecisionPart)


class TurnLengthOut(Answer):
    """How long a turn lasts."""

    unit = fields.Choice(*UNITS)
    count = fields.Int()


class HandOverOut(Answer):
    """When one turn hands over to the next, in local time."""

    weekday = fields.Choice(*WEEKDAYS)
    time = fields.TimeOfDay()


class ExemptionOut(Answer):
    """A member that takes no turn, and why."""

    organisation = fields.Code()
    reason = fields.Str()
    starts_on = fields.Date(allow_none=True)
    ends_on = fields.Date(allow_none=True)


class WeightOut(Answer):
    """What an organisation weighs in the weighted order."""

    organisation = fields.Code()
    weight = fields.Int()
    starts_on = fields.Date(allow_none=True)


class RotaDecisionOut(Answer):
    """Who decided, on which day, and what is to be known of it."""

    by = fields.Str()
    on = fields.Date()
    note = fields.Str(allow_none=True)


class RotaAcceptanceIn(Schema):
    """Who says so for the member, and what is to be known of it."""

    by = fields.Str(1, 200, metadata={"description": "A desk or a function."})
    note = fields.Str(1, 1000, lines=True)


class RotaAcceptanceOut(Answer):
    """That a member accepts the rota as decided. `edition` counts the definitions of the rota."""

    id = fields.Id()
    rota = fields.Code()
    edition = fields.Int()
    organisation = fields.Code()
    by = fields.Str(allow_none=True)
    note = fields.Str(allow_none=True)
    created_at = fields.Moment()


class RotaOut(Answer):
    """A rota as it was recorded last. Its turns follow this from `inForceFrom` on."""

    code = fields.Code()
    name = fields.Str()
    status = fields.Choice(*STATUSES)
    line = fields.Int()
    members = fields.List(fields.Code())
    exemptions = fields.List(fields.Nested(ExemptionOut))
    slots = fields.Int()
    turn_length = fields.Nested(TurnLengthOut)
    hand_over = fields.Nested(HandOverOut)
    starts_on = fields.Date()
    places_target = fields.Int(allow_none=True)
    sharing = fields.List(fields.List(fields.Code()))
    zone = fields.Str()
    strategy = fields.Choice(*STRATEGIES)
    weights = fields.List(fields.Nested(WeightOut))
    spread_holidays = fields.Bool()
    edition = fields.Int()
    in_force_from = fields.Moment()
    published_until = fields.Moment(allow_none=True)
    decision = fields.Nested(RotaDecisionOut, allow_none=True)
    acceptances = fields.List(fields.Nested(RotaAcceptanceOut))


class PlannedTurnOut(Answer):
    """A turn as it would be, and why."""

    from_ = fields.Moment(attribute="from_at")
    until = fields.Moment(attribute="until_at")
    organisations = fields.List(fields.Code())
    why = fields.Str()


class MoveOut(Answer):
    """A published turn that would move: whose it is, and what would be in its place."""

    turn = fields.Id()
    from_ = fields.Moment(attribute="from_at")
    until = fields.Moment(attribute="until_at")
    organisations = fields.List(fields.Code())
    instead = fields.List(fields.Nested(PlannedTurnOut))


class PreviewOut(Answer):
    """What a decision would move. Beyond `publishedUntil` nothing is published yet that could; `told` would hear of it."""

    rota = fields.Code()
    in_force_from = fields.Moment(attribute="effective_from")
    published_until = fields.Moment()
    moved = fields.List(fields.Nested(MoveOut))
    told = fields.List(fields.Code())


def definition_of(body: dict[str, Any]) -> Definition:
    """The definition in a body."""
    return Definition(
        name=body["name"],
        members=together(body["members"], body["sharing"]),
        starts_on=body["starts_on"],
        turn_unit=body["turn_length"]["unit"],
        turn_length=body["turn_length"]["count"],
        hand_over_weekday=body["hand_over"]["weekday"],
        hand_over_time=body["hand_over"]["time"],
        slots=body["slots"],
        line=body["line"],
        places_target=body["places_target"],
        exemptions=tuple(body["exemptions"]),
        zone=body["zone"],
        strategy=body["strategy"],
        weights=tuple(body["weights"]),
        spread_holidays=body["spread_holidays"],
    )


def shown(rota: RotaInfo) -> dict[str, Any]:
    """A rota as it goes out: its definition beside what was decided of it."""
    definition = rota.definition
    return {
        **vars(definition),
        "code": rota.code,
        "status": rota.status,
        "members": organisations_of(definition.members),
        "sharing": [member for member in definition.members if len(member) > 1],
        "turn_length": {"unit": definition.turn_unit, "count": definition.turn_length},
        "hand_over": {"weekday": definition.hand_over_weekday, "time": definition.hand_over_time},
        "edition": rota.edition,
        "in_force_from": rota.effective_from,
        "published_until": rota.published_until,
        "decision": rota.decision,
        "acceptances": rota.acceptances,
    }
