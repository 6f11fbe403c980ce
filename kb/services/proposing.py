"""What a document suggests of its record: found in its text and by its meaning, each with the passage that says so."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from index import subjects
from index.bundled import BUNDLED_NAME
from ingest import abstracts, goals, placenames
from ingest.goals import Mention
from kb.db.entities import Document, Embedding, Passage
from kb.protocols import Vectors
from kb.services.candidates import Neutral, Subject
from kb.services.catalog import RECORD_TYPE
from kb.services.models import Models
from kb.values import Suggested

LOOKED = 200_000
"""Characters of a text that are searched for places and goals: who wrote it and what for is said early."""

SHOWN = 0.5
"""Confidence below which nothing is suggested."""

LEANING = 0.6
"""The same of themes and goals by meaning: in the sample less sure ones are wrong more often than they say."""

MOST_PASSAGES = 64
"""Passages of a document that are compared with the terms, spread over it."""

AROUND = 60
"""Characters on each side of a mention that its snippet shows."""

OVERVIEW = 10
"""Different goals from which a text is rather about the goals as such."""

CURVES = {"themes": (-2.615, 316.6), "sdgs": (-2.413, 202.8)}
"""Intercept and slope of the logistic curve from leaning to confidence, fitted to the sample collection."""

ABOUT = 0.802
"""Nearness of the nearest term below which a text is about none of them."""

ONE_COUNTRY = {
    "bg": "BG",
    "cs": "CZ",
    "da": "DK",
    "et": "EE",
    "fi": "FI",
    "fr": "FR",
    "ga": "IE",
    "hr": "HR",
    "hu": "HU",
    "it": "IT",
    "lt": "LT",
    "lv": "LV",
    "mt": "MT",
    "pl": "PL",
    "sk": "SK",
    "sl": "SI",
    "sv": "SE",
}
"""Languages most of whose municipalities lie in one country."""

# Shares that were right in the sample collection, where it has enough of them; `docs/ingest.md` tells of how many.
TITLE, AUTHOR, YEAR = 0.8, 0.7, 0.6
NAMED_ABSTRACT, FIRST_TEXT = 0.9, 0.5
HOME_ONCE, HOME_OFTEN = 0.8, 0.95
REGION_ONCE, REGION_OFTEN = 0.6, 0.9
COUNTRY, SPOKEN = 0.9, 0.7
GOAL_NAMED, GOAL_AMONG_MANY = 0.8, 0.3


@dataclass(frozen=True, slots=True)
class Held:
    """A passage as it is stored, and its raw vector."""

    passage_id: int
    heading: tuple[str, ...]
    text: str
    char_from: int
    char_to: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """The document that is asked what it suggests."""

    subject: Subject
    media_type: str
    text: str
    """As much of it as is searched."""
    stated: Mapping[str, Any]
    """What the file says of itself."""
    passages: Sequence[Held]


class Proposing:
    """Asks a document for the fields of a record."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def suggested(self, session: Session, subject: Subject, neutral: Neutral) -> list[Suggested]:
        """What is suggested with enough confidence, the surest first."""
        document = session.get_one(Document, subject.document_id)
        passages = _passages(session, subject)
        asked = Asked(subject, document.media_type, subject.text[:LOOKED], document.proposal, passages)
        found = [*_of_file(asked), *_abstract(asked), *_places(asked), *_goals(asked), *self._about(asked, neutral)]
        best: dict[tuple[str, str], Suggested] = {}
        for one in sorted(found, key=lambda one: -one.confidence):
            if one.confidence >= SHOWN:
                best.setdefault((one.field, one.value), one)
        return list(best.values())

    def _about(self, asked: Asked, neutral: Neutral) -> Iterator[Suggested]:
        """Themes and goals by meaning; of a model they were not measured for nothing is known."""
        held = [one for one in asked.passages if one.data]
        if not held or not asked.subject.model_key.startswith(f"{BUNDLED_NAME}@"):
            return
        chosen = [held[row] for row in np.unique(np.linspace(0, len(held) - 1, MOST_PASSAGES).astype(int)).tolist()]
        vectors = neutral(np.frombuffer(b"".join(one.data for one in chosen), "<f4").reshape(len(chosen), -1))
        terms = {name: neutral(rows) for name, rows in self._models.subjects().items()}
        for vocabulary, curve in CURVES.items():
            yield from _leaning(vocabulary, curve, chosen, vectors, terms)


def _leaning(
    vocabulary: str,
    curve: tuple[float, float],
    passages: Sequence[Held],
    vectors: Vectors,
    terms: Mapping[str, Vectors],
) -> Iterator[Suggested]:
    own = {name.partition("/")[2]: rows for name, rows in terms.items() if name.startswith(f"{vocabulary}/")}
    found = subjects.leanings(vectors, own)
    if max(one.nearness for one in found) < ABOUT:
        return
    for one in found:
        passage, confidence = passages[one.row], _confidence(one.score, curve)
        if confidence < LEANING:
            continue
        yield Suggested(
            field=vocabulary,
            value=one.term,
            confidence=confidence,
            passage_id=passage.passage_id,
            char_from=passage.char_from,
            char_to=passage.char_to,
            snippet=_shortened(passage.text),
        )


def _confidence(score: float, curve: tuple[float, float]) -> float:
    return round(1 / (1 + math.exp(-(curve[0] + curve[1] * score))), 2)


# --- what the file says of itself ----------------------------------------------------------------------


def _of_file(asked: Asked) -> Iterator[Suggested]:
    values = [("title", asked.stated.get("title"), TITLE)]
    values += [("authors", author, AUTHOR) for author in asked.stated.get("authors") or ()]
    values.append(("year", (asked.stated.get("created") or "")[:4], YEAR))
    for field, value, confidence in values:
        if value:
            start = asked.text.find(value)
            place = Mention(value, start, start + len(value)) if start >= 0 else None
            yield _suggested(asked, field, value, confidence, place)


def _abstract(asked: Asked) -> Iterator[Suggested]:
    if asked.media_type == RECORD_TYPE:
        # Whoever describes a record says in short what it is about; there is no shorter text to be found in it.
        return
    found = abstracts.abstract([(one.heading, one.text) for one in asked.passages])
    if found:
        passage = asked.passages[found.row]
        yield Suggested(
            field="abstract",
            value=passage.text[found.start : found.end],
            confidence=NAMED_ABSTRACT if found.named else FIRST_TEXT,
            passage_id=passage.passage_id,
            char_from=passage.char_from + found.start,
            char_to=passage.char_from + found.end,
            snippet=_shortened(passage.text[found.start : found.end]),
        )


# --- what its text names -------------------------------------------------------------------------------


def _places(asked: Asked) -> Iterator[Suggested]:
    """The municipality, region and country that are named most, each with its share of all that are named."""
    named = placenames.municipalities(asked.text)
    total = sum(len(one.mentions) for one in named)
    for one in named[:1]:
        often = HOME_OFTEN if len(one.mentions) > 1 else HOME_ONCE
        confidence = often * len(one.mentions) / total
        yield _suggested(asked, "municipality", str(one.home), confidence, one.mentions[0])
        yield _suggested(asked, "country", "IT", confidence, one.mentions[0])
        yield _suggested(asked, "nuts", one.home.nuts2, confidence, one.mentions[0])
    regions = placenames.regions(asked.text)
    yield from _most(asked, "nuts", regions, REGION_ONCE, REGION_OFTEN)
    countries = placenames.countries(asked.text, asked.subject.language)
    yield from _most(asked, "country", countries, COUNTRY, COUNTRY)
    if not named and not countries:
        yield from _most(
            asked, "country", [replace(one, value=_country(one.value)) for one in regions], REGION_ONCE, REGION_OFTEN
        )
    if not named and not countries and asked.subject.language in ONE_COUNTRY:
        yield _suggested(asked, "country", ONE_COUNTRY[asked.subject.language], SPOKEN, None)


def _country(nuts: str) -> str:
    return {"EL": "GR", "UK": "GB"}.get(nuts[:2], nuts[:2])


def _most(asked: Asked, field: str, mentions: Sequence[Mention], once: float, often: float) -> Iterator[Suggested]:
    """The value mentioned most often, which need not be what the text is about when others are as often."""
    for value, count in Counter(one.value for one in mentions).most_common(1):
        first = next(one for one in mentions if one.value == value)
        yield _suggested(asked, field, value, (often if count > 1 else once) * count / len(mentions), first)


def _goals(asked: Asked) -> Iterator[Suggested]:
    mentions = list(goals.goals(asked.text))
    different = {one.value for one in mentions}
    confidence = GOAL_NAMED if len(different) < OVERVIEW else GOAL_AMONG_MANY
    for value in different:
        yield _suggested(asked, "sdgs", value, confidence, next(one for one in mentions if one.value == value))


# --- where it says so ----------------------------------------------------------------------------------


def _suggested(asked: Asked, field: str, value: str, confidence: float, place: Mention | None) -> Suggested:
    if place is None:
        return Suggested(field=field, value=value, confidence=round(confidence, 2))
    return Suggested(
        field=field,
        value=value,
        confidence=round(confidence, 2),
        passage_id=_around(asked.passages, place.start),
        char_from=place.start,
        char_to=place.end,
        snippet=_snippet(asked.text, place),
    )


def _around(passages: Sequence[Held], start: int) -> int | None:
    """The passage that holds a place of the text; a heading is in none, and stands above the next."""
    return next((one.passage_id for one in passages if start < one.char_to), None)


def _snippet(text: str, place: Mention) -> str:
    start, end = max(0, place.start - AROUND), min(len(text), place.end + AROUND)
    before, after = "… " if start else "", " …" if end < len(text) else ""
    return before + " ".join(text[start:end].split()) + after


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 3 * AROUND else words[: 3 * AROUND].rsplit(" ", 1)[0] + " …"


def _passages(session: Session, subject: Subject) -> list[Held]:
    chosen = (
        select(Passage.id, Passage.heading, Passage.text, Passage.char_from, Passage.char_to, Embedding.data)
        .outerjoin(Embedding, (Embedding.passage_id == Passage.id) & (Embedding.model_id == subject.model_id))
        .where(Passage.document_id == subject.document_id)
        .order_by(Passage.ordinal)
    )
    return [
        Held(row.id, tuple(row.heading), row.text, row.char_from, row.char_to, row.data or b"")
        for row in session.execute(chosen)
    ]
