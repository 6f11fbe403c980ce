"""Slides → blocks, whatever program made them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.cleaning import clean
from kb.values import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Slide:
    """What is on one slide, in reading order, and what its author noted for speaking."""

    title: str
    body: tuple[Block, ...]
    notes: tuple[Block, ...] = ()


def slide_blocks(number: int, slide: Slide) -> Iterator[Block]:
    """The slide under its title, or under its number so that the title before does not reach over it.

    A slide is a page: `number` counts them from 1. Nothing comes of an empty one.
    """
    body = [block for block in (*slide.body, *slide.notes) if block.text]
    title = clean(slide.title)
    if title and any(map(str.isalnum, title)):
        head = Block(kind="heading", level=1, text=title)
    elif body:
        head = Block(kind="heading", level=1, text=str(number))
    else:
        return
    for block in (head, *body):
        yield replace(block, page_from=number, page_to=number)
