"""Fitting the search's weights and its probability on labelled sets, with the product's own ranking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.evidence import Nominated
from index.space import SearchSpace
from kb.bootstrap import Kb
from kb.errors import NoModel
from kb.protocols import Progress
from kb.services.evaluation import Bench, Corpus, read_corpus

NOMINATED = 200
"""Passages that each side puts forward, as in a search."""

FOREIGN = 300
"""Queries of every other set, asked of a collection that has no answer to them."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A query put to a set's collection: what was nominated for it and which of that answers."""

    text: str
    nominated: Nominated
    documents: Sequence[str]
    relevant: NDArray[np.bool_]
    kind: str


def gather(
    folders: Sequence[Path],
    nonsense: Sequence[str],
    opened: Callable[[], AbstractContextManager[Kb]],
    progress: Callable[[str], Progress],
) -> dict[str, list[Asked]]:
    """Everything asked of every set: its own queries, those of the others, and what means nothing."""
    corpora = {folder.name: read_corpus(folder) for folder in folders}
    found = {}
    for name, corpus in corpora.items():
        foreign = [text for one in corpora.values() if not _akin(corpus, one) for text in _spread(one)]
        with opened() as kb:
            found[name] = list(_asked(kb, corpus, foreign, nonsense, progress))
    return found


def _akin(one: Corpus, other: Corpus) -> bool:
    """Whether two sets have a title in common: then one may answer what the other asks."""
    titles = [{document.get("title") for document in corpus.documents} - {None, ""} for corpus in (one, other)]
    return one is other or bool(titles[0] & titles[1])


def _spread(corpus: Corpus) -> list[str]:
    step = max(1, len(corpus.queries) // FOREIGN)
    return [query["text"] for query in corpus.queries[::step]][:FOREIGN]


def _asked(
    kb: Kb, corpus: Corpus, foreign: Sequence[str], nonsense: Sequence[str], progress: Callable[[str], Progress]
) -> Iterator[Asked]:
    bench = Bench(kb.database, kb.models, kb.search, kb.tools)
    records = bench.fill(corpus, progress("Embedding"))
    owner = bench.owners(records)
    space = kb.models.space()
    if not isinstance(space, SearchSpace):
        raise NoModel("The weights can only be fitted to the indexes that ship.")
    rows: list[tuple[str, frozenset[str], str]] = [
        *((query["text"], corpus.relevant[query["id"]], "own") for query in corpus.queries),
        *((text, frozenset(), "foreign") for text in foreign),
        *((text, frozenset(), "nonsense") for text in nonsense),
    ]
    report = progress("Asking")
    for number, (text, relevant, kind) in enumerate(rows, start=1):
        nominated = space.weigh(text, language=kb.search.language(text), limit=NOMINATED)
        documents = [owner[id_] for id_ in nominated.ids.tolist()]
        yield Asked(text, nominated, documents, np.array([one in relevant for one in documents], dtype=np.bool_), kind)
        report(number, len(rows))
