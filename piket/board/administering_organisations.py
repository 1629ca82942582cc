"""All organisations: who takes part, and whether anybody there can be told; and adding one.

Who they are is for everybody to read; how they can be reached for who must see that messages arrive (COA, the ministry and the
operator). There may be hundreds of municipalities, so a kind of which there are many is shown in parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.board.acting import Done, Form, Values, serve
from piket.board.administering import why_not
from piket.board.administering_words import GROUPS, KINDS
from piket.board.door import visitor
from piket.board.frame import blp, deps, page
from piket.board.questions import Question
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.organisations.service import Info, ReachInfo
from piket.words import Text, say

PART = 50
HERE = "/administration/organisations"
_NATIONAL = say("For the whole country")


@dataclass(frozen=True)
class Row:
    """One organisation, and how it can be reached."""

    info: Info
    reach: ReachInfo


@dataclass(frozen=True)
class Group:
    """Organisations of one kind: a part of them, those that can be told something first; `total` of them there are."""

    kind: str | None
    heading: Text
    rows: Sequence[Row]
    total: int


@blp.get("/administration/organisations")
def show_organisations() -> Response:
    """Every organisation by kind; with `?kind=` one kind, in parts."""
    caller, kind = visitor().caller, request.args.get("kind")
    sees_reach = access.may(caller, "read-deliveries")
    with deps().reading() as session:
        reach = organisations.reach(session) if sees_reach else {}
        rows = [Row(one, reach.get(one.code, ReachInfo())) for one in organisations.listed(session)]
    rows.sort(key=lambda row: (row.reach.nobody, row.info.name.casefold()))
    groups = [_group(one, rows) for one in (None, *GROUPS) if kind not in GROUPS or one == kind]
    part = _part(groups[0].total) if kind in GROUPS else 1
    return page(
        "admin_organisations.html",
        groups=[_cut(group, part) for group in groups if group.rows],
        kind=kind if kind in GROUPS else None,
        part=part,
        parts=-(-groups[0].total // PART),
        number=len(rows),
        unreachable=sum(row.reach.nobody for row in rows),
        sees_reach=sees_reach,
        may_add=why_not(caller, "add-organisation") is None,
        why_not=why_not(caller, "add-organisation"),
    )


@blp.route("/administration/organisations/new", methods=["GET", "POST"])
def add_organisation() -> Response:
    """The operator lets an organisation take part."""
    return serve(_adding)


def _group(kind: str | None, rows: Sequence[Row]) -> Group:
    """The rows of a kind; None: of the kinds of which there is one."""
    found = [row for row in rows if (row.info.kind == kind if kind else row.info.kind not in GROUPS)]
    return Group(kind, GROUPS[kind] if kind else _NATIONAL, found, len(found))


def _cut(group: Group, part: int) -> Group:
    return Group(group.kind, group.heading, group.rows[(part - 1) * PART : part * PART], group.total)


def _part(total: int) -> int:
    """Which part is asked for; the nearest that there is."""
    asked = request.args.get("part", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1
    return max(1, min(number, -(-total // PART)))


def _adding(session: Session, caller: Caller) -> Form:
    access.require(caller, "add-organisation")
    provinces = [(one.code, one.name) for one in organisations.listed(session, "province")]
    return Form(
        heading=say("Add an organisation"),
        button=say("Add this organisation"),
        deed="add_organisation",
        act=partial(_add, caller),
        questions=(
            Question("kind", say("Kind"), "choice", options=tuple(KINDS.items())),
            Question(
                "code", say("Code"), hint=say("As gm1950 (a municipality), vr03 (a safety region), nl-dr or cdk-nl-dr."),
                longest=40,
            ),
            Question("name", say("Name"), hint=say("As people call it."), longest=200),
            Question(
                "province", say("Province"), "choice", say("Only needed for a safety region: the code says the others."),
                provinces, needed=False,
            ),
        ),
        notes=[say("It can be told something, and can sign in, as soon as it has contact points and accounts.")],
        home=HERE,
    )  # fmt: skip


def _add(caller: Caller, session: Session, values: Values) -> Done:
    given = {"province": None, **values}
    added = organisations.add(session, g.now, caller.actor(), deps().settings, **given)
    return Done([say("{name} takes part from now on.", name=added.name)], there=f"{HERE}/{added.code}")
