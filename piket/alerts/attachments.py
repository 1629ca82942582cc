"""What goes along with a mail as a file: the emergency card, whole, so that it can be read without a network."""

from __future__ import annotations

import json
from functools import lru_cache

from piket.alerts.card import card_of, may_see_numbers, read_card
from piket.alerts.card_pdf import draw
from piket.alerts.channels import Attachment
from piket.alerts.info import AlertInfo, Reader
from piket.words import Words, say


def attachments(info: AlertInfo, reader: Reader, language: str) -> tuple[Attachment, ...]:
    """The files for one reader: none, or the card in this language, with its numbers where the reader is on the list."""
    content = card_of(info)
    if content is None:
        return ()
    file = _drawn(json.dumps(content), may_see_numbers(info, reader), language)
    return (Attachment(f"{Words(language)(say('emergency-card'))}.pdf", file),)


@lru_cache(maxsize=8)
def _drawn(content: str, with_numbers: bool, language: str) -> bytes:
    """Drawn once for everybody who gets the same."""
    return draw(read_card(json.loads(content), with_numbers), Words(language))
