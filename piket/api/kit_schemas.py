"""Schemas: `Schema` for bodies, `Query` for query strings, `Answer` for what goes out. Keys are lowerCamelCase."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar

import marshmallow
from flask import current_app, has_app_context
from marshmallow import EXCLUDE, RAISE, post_dump, post_load

from piket.api import kit_fields as fields
from piket.words import say


def camel(name: str) -> str:
    """`observed_at` as `observedAt`, `from_` as `from`."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(part.capitalize() for part in rest)


class Schema(marshmallow.Schema):
    """A body. What it does not name is refused. With `into = SomeDataclass` the view gets that, else a dict."""

    into: ClassVar[Callable[..., Any] | None] = None
    reads_text: ClassVar[bool] = False
    error_messages: dict[str, str] = {  # noqa: RUF012 - marshmallow reads it from the class
        "unknown": say("This is not known here: leave it out."),
        "type": say("Give an object with the fields that belong here."),
    }

    class Meta:
        """Refuse what is not named."""

        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: marshmallow.fields.Field[Any]) -> None:
        """Name the key in the API after the attribute."""
        field_obj.data_key = field_obj.data_key or camel(field_name)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        """The dataclass that the view asked for, or the values as they are."""
        into = type(self).into
        return data if into is None else into(**data)


class Query(Schema):
    """A query string: everything in it is text, and a key that is not named is refused."""

    reads_text: ClassVar[bool] = True


class DrillQuery(Query):
    """`drill=true` shows drills instead of what is real; they are never mixed."""

    drill = fields.Bool(load_default=False, metadata={"description": "true: drills; false: what is real. Never mixed."})


class Nothing(Schema):
    """No body, or an empty object."""


class OnBehalf(Schema):
    """What another organisation said, entered for it by COA or the ministry."""

    organisation = fields.Code(required=True, metadata={"description": "The organisation that said it."})
    said_by = fields.Str(1, 100, required=True, metadata={"description": "Who said it: a desk or a function."})
    via = fields.Str(1, 100, required=True, metadata={"description": "By which way, such as telephone."})


class OnBehalfOut(Schema):
    """Who entered this for another organisation."""

    organisation = fields.Code()
    said_by = fields.Str()
    via = fields.Str()


class Answer(Schema):
    """What goes out. Every key is always there; what may be null says `allow_none=True`."""

    sometimes: ClassVar[frozenset[str]] = frozenset()
    """Keys that may be left out; only for what the kit itself writes."""

    class Meta:
        """More fields may be added later, so a reader must not refuse them."""

        unknown = EXCLUDE

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """From a mapping what it holds, else None; from anything else its attribute, which must exist."""
        return obj.get(attr) if isinstance(obj, Mapping) else getattr(obj, attr)

    @post_dump
    def _keep_the_word(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """In tests, a null that the API document does not allow is a mistake in the schema."""
        if has_app_context() and current_app.testing:
            for name, field in self.dump_fields.items():
                if data[field.data_key or name] is None and not field.allow_none:
                    raise TypeError(f"{type(self).__name__}.{name} is null and does not say allow_none=True")
        return data


S = TypeVar("S", bound=Schema)


@cache
def ready(schema: type[S], many: bool = False) -> S:
    """One instance of a schema for all requests: making one costs more than reading a body with it, and it keeps nothing."""
    return schema(many=many)


@cache
def page_of(answers: type[Answer]) -> type[Answer]:
    """The schema of a list of these: `items`, and `next` which is null on the last page."""
    return type(
        f"{answers.__name__}List",
        (Answer,),
        {
            "__doc__": f"One page of {answers.__name__}.",
            "items": fields.List(fields.Nested(answers)),
            "next": fields.Str(1, 4000, allow_none=True, metadata={"description": "Where the next page is, or null."}),
        },
    )
