"""Every sentence has its Dutch, says the same with the same values, and none is left over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from piket.words import catalogue
from tests.house import PACKAGE, ROOT
from tests.messages import in_code, in_template, marked, placeholders

FOLDER = PACKAGE / "translations"
ALL = marked()


def dutch_files() -> list[Path]:
    return sorted(FOLDER.rglob("*.po"))


def entries() -> Iterator[tuple[str, Message]]:
    for path in dutch_files():
        with path.open("rb") as file:
            for message in read_po(file, locale="nl", abort_invalid=True):
                if message.id:
                    yield f"{path.relative_to(ROOT)}:{message.lineno}", message


def forms(message: Message) -> tuple[list[str], list[str]]:
    """Its English and its Dutch forms."""
    english = [message.id] if isinstance(message.id, str) else list(message.id)
    dutch = [message.string] if isinstance(message.string, str) else list(message.string)
    return english, dutch


def test_there_are_sentences_to_look_at() -> None:
    assert len(ALL) > 20


def test_every_marked_sentence_can_be_read_from_the_source() -> None:
    unreadable = [one.where for one in ALL if one.message is None]
    assert unreadable == []


def test_every_sentence_has_its_dutch() -> None:
    dutch = catalogue("nl")
    missing = []
    for one in ALL:
        message = dutch.get(one.message) if one.message else None
        if one.message and (message is None or not message.string or not all(forms(message)[1])):
            missing.append(f"{one.where}: {one.message}")
    assert sorted(set(missing)) == []


def test_a_sentence_with_two_forms_has_two_in_dutch() -> None:
    dutch = catalogue("nl")
    wrong = []
    for one in ALL:
        message = dutch.get(one.message) if one.message and one.plural else None
        if message is not None and (not isinstance(message.id, tuple) or message.id[1] != one.plural):
            wrong.append(f"{one.where}: {one.message} / {one.plural}")
    assert wrong == []


def test_dutch_uses_the_same_values() -> None:
    """The form for one may write the number out; nothing else may differ."""
    wrong = []
    for where, message in entries():
        english, dutch = forms(message)
        for number, text in enumerate(dutch):
            allowed = placeholders(english[min(number, len(english) - 1)])
            differing = placeholders(text) ^ allowed
            if text and differing - ({"n"} if len(english) > 1 and number == 0 else set()):
                wrong.append(f"{where}: {text} ({', '.join(sorted(differing))})")
    assert wrong == []


def test_no_translation_is_left_over() -> None:
    used = {one.message for one in ALL}
    stale = [f"{where}: {forms(message)[0][0]}" for where, message in entries() if forms(message)[0][0] not in used]
    assert stale == []


def test_no_translation_is_doubtful() -> None:
    assert [where for where, message in entries() if message.fuzzy] == []


def test_one_sentence_has_one_translation() -> None:
    seen: dict[str, tuple[str, object]] = {}
    for where, message in entries():
        key = forms(message)[0][0]
        before = seen.setdefault(key, (where, message.string))
        assert before[1] == message.string, f"{where} and {before[0]} differ on: {key}"


def test_nothing_is_shouted() -> None:
    assert [where for where, message in entries() if any("!" in text for text in forms(message)[1])] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('say("a {x}", x=1)', ["a {x}"]),
        ('words.say("a" if x else "b")', ["a", "b"]),
        ('say("a "\n    "b")', ["a b"]),
        ("say(text)", [None]),
        ('nsay("{n} bed", "{n} beds", n)', ["{n} bed"]),
        ('other("a")', []),
        ('teller.say("a")', []),
    ],
)
def test_the_search_finds_what_is_marked(source: str, found: list[str | None]) -> None:
    assert [one.message for one in in_code(source, "x")] == found


def test_the_search_finds_what_is_marked_in_a_template() -> None:
    assert [one.message for one in in_template('{{ say("a") }} {{ _("b") }} {{ words(say("c", n=1)) }}', "x")] == list(
        "abc"
    )
