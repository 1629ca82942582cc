"""Take in past counts from a file: what is plain is taken, what is not is refused line by line (rule 1.2).

An import changes no level and tells nobody. So it takes only what could change nothing any more: a count that is still
fresh would be silenced by it, and is sent back to be posted. Kept beside what was taken: which lines were refused, and why.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO

from piket.audit import service as audit
from piket.errors import Fault, Invalid
from piket.occupancy.models import CountImport
from piket.occupancy.recording import NewCount, keep_imported, same_moment
from piket.occupancy.rules import DEFINITIONS, is_stale
from piket.occupancy.sight import CentreDesk
from piket.occupancy.standing import ladders_of
from piket.words import Text, Words, say

HEADER = ("observedAt", "definition", "people", "note")
MOST_PEOPLE = 20_000
LONGEST_NOTE = 1000


def import_counts(
    desk: CentreDesk, content: str, words: Words, progress: Callable[[int], None] | None = None
) -> CountImport:
    """Store the past counts of a CSV file and say which lines were refused, and why, in the language of `words`.

    Semicolons and a byte order mark are taken as they come. Raises `Invalid` when it is no such file at all. The same file
    again stores nothing. `progress` is called with the number of each line done.
    """
    result = CountImport(
        centre=desk.centre, at=desk.now, by=desk.actor.organisation, accepted=0, duplicates=0, rejected=[]
    )
    after = {ladder.definition: ladder.stale_after for ladder in ladders_of(desk.session, desk.centre)}
    rejected = []
    for line, cells in _rows(content):
        read = _read(cells)
        refusal = read if isinstance(read, Text) else _take(desk, read, after[read.definition], result)
        if refusal is not None:
            rejected.append({"line": line, "detail": words(refusal)})
        if progress:
            progress(line)
    result.rejected = rejected
    desk.session.add(result)
    desk.session.flush()
    audit.record(
        desk.session, desk.now, desk.actor, "import_counts", f"count-import:{result.id}",
        accepted=result.accepted, duplicates=result.duplicates, rejected=len(rejected),
    )  # fmt: skip
    return result


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines below the header with their number in the file; empty lines are passed over."""
    text = text.removeprefix("\ufeff")
    first = text.splitlines()[0] if text.strip() else ""
    reader = csv.reader(StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    header = [cell.strip() for cell in next(reader, [])]
    if tuple(header) != HEADER:
        raise _no_csv(say("The first line must be observedAt,definition,people,note."))
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _no_csv(say("Line {line} is not CSV: {why}.", line=reader.line_num, why=str(error))) from None
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _no_csv(detail: Text) -> Invalid:
    return Invalid(say("The file cannot be read as counts."), [Fault("body", "", detail)])


def _read(cells: list[str]) -> NewCount | Text:
    """One line as a count, or the sentence that says what is wrong with it."""
    if len(cells) not in (3, 4):
        return say("This line has {n} cells; it must have observedAt, definition, people and note.", n=len(cells))
    moment, definition, people, note = [cell.strip() for cell in [*cells, ""][:4]]
    try:
        observed_at = datetime.fromisoformat(moment)
    except ValueError:
        return say("observedAt is “{value}”; write a moment such as 2024-03-09T07:00:00+01:00.", value=moment[:40])
    if observed_at.tzinfo is None:
        return say("observedAt is “{value}” and has no offset; add one, such as +01:00 or Z.", value=moment[:40])
    if definition not in DEFINITIONS:
        return say("definition is “{value}”; it must be nightBeds, present or withoutBed.", value=definition[:40])
    if not (people.isascii() and people.isdigit() and int(people[:9]) <= MOST_PEOPLE and len(people) < 9):
        return say(
            "people is “{value}”; write a whole number from 0 to {most}, without points.",
            value=people[:40],
            most=MOST_PEOPLE,
        )
    if len(note) > LONGEST_NOTE:
        return say("The note is longer than {most} characters.", most=LONGEST_NOTE)
    return NewCount(definition, observed_at, int(people), note=note or None)


def _take(desk: CentreDesk, new: NewCount, stale_after: timedelta, result: CountImport) -> Text | None:
    """Store one count; the sentence that refuses it when it cannot be taken."""
    if new.observed_at > desk.now:
        return say("{at} lies in the future.", at=new.observed_at)
    chain = same_moment(desk, new.definition, new.observed_at)
    if chain and new.people in {count.people for count in chain}:
        result.duplicates += 1
        return None
    if chain:
        standing = next(count for count in chain if count.superseded_by is None)
        return say(
            "At {at} there is a count of {people} already; correct it instead.",
            at=new.observed_at,
            people=standing.people,
        )
    if not is_stale(new.observed_at, stale_after, desk.now):
        return say("{at} is too recent for an import; post it as a count, so that it is judged.", at=new.observed_at)
    keep_imported(desk, new)
    result.accepted += 1
    return None
