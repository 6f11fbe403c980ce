"""What the services ask of an extractor, an encoder and an index; adapters satisfy these by shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.ranking import Ranking
from kb.values import Change, Extraction, Resemblance

Vectors = NDArray[np.float32]
"""Shape (n, dimension), each row of length 1."""

Encoding = Callable[[], Vectors]
"""Vectors that are being computed: called, it waits for them; called again, it gives the same."""

Ids = NDArray[np.int64]
"""Passage ids, shape (n,), ascending and distinct where they state what is allowed."""

Progress = Callable[[int, int], None]
"""Called as progress(done, total)."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What others are to be like: the raw vectors of its passages, (n, dimension), and the language of each."""

    vectors: Vectors
    languages: tuple[str, ...]


class Extractor(Protocol):
    """Reads one file into blocks of text."""

    def __call__(self, path: Path, name: str) -> Extraction:
        """Extract `path`, which its submitter called `name`.

        Raises:
            IngestError: one of its leaves, with a message that says what to do.
        """
        ...


Keep = Callable[[BinaryIO], tuple[str, int]]
"""Stores a stream for good and returns the SHA-256 of its bytes, in hexadecimal, and how many they are.

Raises:
    TooLarge: one member is more than may be kept; others still can be.
    StorageFull: no more can be kept.
"""


class Unpacker(Protocol):
    """Reads one file as an `Extractor` does, and keeps the documents in it where it is a container."""

    def __call__(self, path: Path, name: str, keep: Keep | None = None) -> Extraction:
        """Extract `path`; without `keep` the members of a container are only listed.

        Raises:
            IngestError: one of its leaves, with a message that says what to do.
        """
        ...


class Embedder(Protocol):
    """Turns text into raw unit vectors; prompts are applied here and nowhere else."""

    @property
    def key(self) -> str:
        """All that changes a vector: name@revision, prompts, pooling, dimension."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def window(self) -> int:
        """The most tokens a text may have, prompt and special tokens included."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text as a passage, prompt and special tokens included, never truncated."""
        ...

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors: ...

    def embed_query(self, text: str) -> Vectors:
        """Shape (1, dimension)."""
        ...

    def begin_query(self, text: str) -> Encoding:
        """Start what `embed_query` does and, where that can be, return before it is done."""
        ...


class Follower(Protocol):
    """A copy of the feed that can be thrown away at any time."""

    def apply(self, changes: Sequence[Change]) -> None:
        """Replay changes in order of seq; harmless when repeated."""
        ...

    def ids(self) -> Ids:
        """Ids of all passages it holds, ascending."""
        ...

    def save(self, folder: Path) -> None:
        """Write a copy into an existing, empty folder."""
        ...


class DenseIndex(Follower, Protocol):
    """Nearest passages by meaning."""

    def search(self, vector: Vectors, limit: int, allowed: Ids | None = None) -> tuple[Ids, NDArray[np.float32]]:
        """Ids and cosines of the nearest passages, best first; only those `allowed` when given."""
        ...

    def cosines(self, vector: Vectors, ids: Ids) -> NDArray[np.float32]:
        """Cosine of each id, in the order given; ids that are not held get NaN."""
        ...

    def languages(self, ids: Ids) -> list[str]:
        """Language of each id, in the order given."""
        ...


class LexicalIndex(Follower, Protocol):
    """Passages that share words with the query."""

    def search(
        self, text: str, limit: int, allowed: Ids | None = None, *, language: str | None = None
    ) -> tuple[Ids, NDArray[np.float32]]:
        """Ids and BM25 scores, best first; only those `allowed` when given.

        `language` is the query's: words that are common in it weigh no more for being rare in another.
        """
        ...


class Space(Protocol):
    """One model's encoder, projection and indexes, held together."""

    key: str
    cursor: int

    @property
    def threshold(self) -> float:
        """Probability below which a hit is rather none; 0 where that is not known."""
        ...

    def apply(self, changes: Sequence[Change], cursor: int) -> None:
        """Replay changes in order of seq and move the cursor there; harmless when repeated."""
        ...

    def snapshot(self) -> None:
        """Write a copy that the next start can take instead of replaying."""
        ...

    def close(self) -> None:
        """Let go of working files."""
        ...

    def encoding(self, text: str) -> Encoding:
        """Begin to encode a query: `rank` takes it, and all that is done until then costs no time."""
        ...

    def rank(
        self, text: str, *, language: str, limit: int, allowed: Ids | None = None, encoding: Encoding | None = None
    ) -> Ranking:
        """Best passages for a query, best first, without repeats."""
        ...

    def nearest(self, text: str, limit: int) -> list[int]:
        """Passages by meaning alone, best first: one side of `rank`, for comparison."""
        ...

    def sharing_words(self, text: str, limit: int, *, language: str) -> list[int]:
        """Passages by words alone, best first: the other side of `rank`, for comparison."""
        ...

    def neighbours(self, source: Source, extra: int, allowed: Ids | None = None) -> Ids:
        """Passages near a text or a part of it, nearest first; `extra` of them may be its own."""
        ...

    def resembling(self, source: Source, groups: Sequence[Ids]) -> list[Resemblance]:
        """How much each group of passages, such as a record's, is like a text."""
        ...

    def passages_of(self, records: Ids) -> Ids:
        """Ids of the passages it holds that belong to these records, ascending."""
        ...

    def languages(self) -> list[str]:
        """Languages of the passages it holds, in alphabetical order."""
        ...

    def ids(self) -> Ids:
        """Ids of all passages it holds, ascending."""
        ...
