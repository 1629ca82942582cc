"""An alert as a letter that can be sent: written for one organisation, and put into plain text and simple HTML.

The HTML is one column of ordinary elements with its language, headings and link named; nothing in it is fetched.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from piket.alerts.info import AlertInfo
from piket.alerts.links import make_link
from piket.alerts.show import reader_of
from piket.alerts.told import told_beside
from piket.alerts.wording import Letter, letter
from piket.alerts.wording_asks import rung
from piket.organisations import service as organisations
from piket.settings import Settings
from piket.words import DEFAULT_LANGUAGE, Text, Words, say

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_QUESTIONS = (say("How full"), say("Who must act"), say("Enough places"))
_LABELS: dict[str, Text] = {
    "ask": say("What you are asked to do"),
    "link": say("Read and confirm"),
    "ring": say("Whom to ring"),
    "others": say("Who else was told"),
    "lines": say("All of it, in order"),
}


def write_letter(session: Session, settings: Settings, alert: AlertInfo, organisation: str, language: str) -> Letter:
    """The letter about `alert` for one organisation, with its own signed link and the telephone it should ring."""
    wanted = {"coa", rung(alert)} - {None}
    telephones = {code: organisations.telephone(session, code) for code in wanted if code}
    names = organisations.names(session, telephones) | dict(alert.names)
    link = make_link(settings.secret_key, settings.base_url, alert.id, organisation)
    if language != DEFAULT_LANGUAGE:
        link += f"?lang={language}"
    told = tuple(dict.fromkeys((*alert.told, *told_beside(session, alert.id))))
    names |= organisations.names(session, set(told) - names.keys())
    whole = replace(alert, telephones=telephones, names=names, told_beside=told)
    return letter(whole, reader_of(session, organisation), Words(language), link)


def render_text(written: Letter) -> str:
    """The letter as plain text, short enough for a locked telephone: sentence, answers, what to do, link, and the rest."""
    words = Words(written.language)
    answers = [f"{words(question)}: {answer}" for question, answer in zip(_QUESTIONS, written.answers, strict=True)]
    blocks = [
        written.sentence,
        "\n".join([*answers, *([written.notice] if written.notice else [])]),
        f"{written.ask}\n{words(_LABELS['link'])}: {written.link}",
        written.ring,
        written.others,
        "\n".join([f"{words(_LABELS['lines'])}:", *(f"- {line}" for line in written.lines)]) if written.lines else None,
        written.footer,
    ]
    return "\n\n".join(filter(None, blocks)) + "\n"


def render_html(written: Letter) -> str:
    """The same as HTML."""
    words = Words(written.language)
    labels = {name: words(label) for name, label in _LABELS.items()}
    questions = [(words(question), answer) for question, answer in zip(_QUESTIONS, written.answers, strict=True)]
    return _PAGES.get_template("letter.html").render(letter=written, labels=labels, questions=questions)
