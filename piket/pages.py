"""Lists that are read page by page: by the key of the last row shown, never by counting rows.

A row that is added meanwhile can therefore neither repeat a row nor push one out. The API turns `Page.next` into a
cursor; a room's service only knows keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

T = TypeVar("T")
U = TypeVar("U")
Key = tuple[str | int | datetime, ...]


@dataclass(frozen=True)
class PageRequest:
    """Which part of a list is asked: at most `limit` rows, after the row with key `after` (None: from the start)."""

    limit: int = 50
    after: Key | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """One part of a list. `next` is the key of its last row when more may follow, else None."""

    items: Sequence[T]
    next: Key | None = None

    def map(self, change: Callable[[T], U]) -> Page[U]:
        """The same page with every item changed, usually from a row into a value."""
        return Page([change(item) for item in self.items], self.next)


def read_page(
    session: Session,
    query: Select[T],
    page: PageRequest,
    key: Sequence[InstrumentedAttribute[Any]],
    *,
    oldest_first: bool = False,
) -> Page[T]:
    """Run `query` for one page, ordered by the columns in `key` (the last one unique, none null), newest first.

    A key that does not fit the columns is answered like the start of the list: the API has checked the cursor before.
    """
    for column in key:
        query = query.order_by(column.asc() if oldest_first else column.desc())
    if page.after is not None and len(page.after) == len(key):
        query = query.where(_beyond(key, page.after, oldest_first))
    rows = session.scalars(query.limit(page.limit + 1)).all()
    return _cut(rows, page.limit, lambda row: tuple(getattr(row, column.key) for column in key))


def _beyond(key: Sequence[InstrumentedAttribute[Any]], after: Key, oldest_first: bool) -> ColumnElement[bool]:
    """Rows further on than `after`, column by column."""
    choices = []
    for place, (column, value) in enumerate(zip(key, after, strict=True)):
        same = [before == known for before, known in zip(key[:place], after[:place], strict=True)]
        choices.append(and_(*same, column > value if oldest_first else column < value))
    return or_(*choices)


def slice_page(
    items: Iterable[T], page: PageRequest, key: Callable[[T], Key], *, oldest_first: bool = False
) -> Page[T]:
    """One page of values that are already in hand, ordered by `key` (unique), newest first unless said."""
    ordered = sorted(items, key=key, reverse=not oldest_first)
    if page.after is not None:
        after = page.after
        ordered = [item for item in ordered if (key(item) > after if oldest_first else key(item) < after)]
    return _cut(ordered, page.limit, key)


def _cut(rows: Sequence[T], limit: int, key: Callable[[T], Key]) -> Page[T]:
    """The rows that were asked for; one more was read to know whether any follow."""
    shown = rows[:limit]
    return Page(shown, key(shown[-1]) if len(rows) > limit else None)
