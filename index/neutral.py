"""A space in which a vector's direction no longer tells the language it was written in."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.remembered import Last
from kb.errors import InvalidInput
from kb.protocols import Vectors

SHRINK = 30
"""Passages of a language at which half of its mean would be believed, if `LARGEST_PART` allowed no more."""

LARGEST_PART = 0.5
"""The most of a language's offset that is taken away: where languages differ by topic, more destroys meaning."""

SMALLEST_SHARE = 0.2
"""Offsets whose singular value is below this share of the largest are noise and stay."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    """The orthogonal projection that takes the language out of a vector; `matrix` is symmetric, (d, d)."""

    matrix: NDArray[np.float32]
    languages: tuple[str, ...]
    rank: int
    _last: Last[Vectors] = field(default_factory=Last, init=False, repr=False)

    def apply(self, vectors: Vectors) -> Vectors:
        """Project each row and give it length 1 again; a single one that is read-only becomes one that is."""
        return self._last.of(vectors, self._projected)

    def _projected(self, vectors: Vectors) -> Vectors:
        projected = unit(vectors @ self.matrix)
        projected.flags.writeable = len(vectors) != 1 or vectors.flags.writeable
        return projected

    @property
    def digest(self) -> str:
        """What tells two projections apart."""
        return hashlib.sha256(np.ascontiguousarray(self.matrix).tobytes()).hexdigest()[:16]

    def to_bytes(self) -> bytes:
        """The projection as the bytes of a NumPy archive."""
        stream = io.BytesIO()
        np.savez(stream, matrix=self.matrix, languages=np.array(self.languages), rank=self.rank)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Projection:
        """Read what `to_bytes` wrote."""
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            return cls(
                matrix=stored["matrix"].astype(np.float32),
                languages=tuple(str(code) for code in stored["languages"]),
                rank=int(stored["rank"]),
            )


def unit(vectors: Vectors) -> Vectors:
    """Each row with length 1; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def fit(embeddings: Mapping[str, Vectors]) -> Projection:
    """The projection that removes the span of the languages' offsets, at most languages − 1 dimensions.

    `embeddings` holds the same sentences in every language, each (n, d): what differs between their means is
    the language and nothing else (Libovický et al. 2020; Yang et al. 2021).

    Raises:
        InvalidInput: fewer than two languages, or not the same number of sentences in each.
    """
    languages = tuple(sorted(embeddings))
    if len(languages) < 2 or len({embeddings[code].shape for code in languages}) != 1:
        raise InvalidInput("The projection needs the same sentences in at least two languages.")
    means = np.stack([embeddings[code].mean(axis=0) for code in languages]).astype(np.float64)
    _, values, directions = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    rank = min(len(languages) - 1, int((values > SMALLEST_SHARE * values[0]).sum()))
    removed = directions[:rank]
    matrix = np.eye(means.shape[1]) - removed.T @ removed
    return Projection(matrix=matrix.astype(np.float32), languages=languages, rank=rank)


def read_parallel(folder: Path) -> dict[str, list[str]]:
    """Aligned sentences of each language, from files `<language>.txt` with one sentence a line.

    Raises:
        InvalidInput: there are fewer than two languages, or their numbers of lines differ.
    """
    sentences = {path.stem: path.read_text(encoding="utf-8").split("\n") for path in sorted(folder.glob("*.txt"))}
    found = {code: [line.strip() for line in lines if line.strip()] for code, lines in sentences.items()}
    if len(found) < 2 or len({len(lines) for lines in found.values()}) != 1:
        counts = ", ".join(f"{code} {len(lines)}" for code, lines in found.items()) or "none"
        raise InvalidInput(f"{folder}: parallel sentences must be as many in each of two or more languages ({counts}).")
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Centre:
    """What is taken from a language's vectors, (d,), and the length they have afterwards on average."""

    offset: NDArray[np.float64]
    length: float


def centres(sums: Mapping[str, NDArray[np.float64]], counts: Mapping[str, int]) -> dict[str, Centre]:
    """A part of each language's mean minus the mean of all, from the sums of its neutral vectors.

    The part is n/(n + 30), at most a half: the mean of a few passages is their topic, not their language.
    """
    if not sums:
        return {}
    overall = np.sum(list(sums.values()), axis=0) / sum(counts.values())
    return {code: _centre(sums[code] / counts[code], overall, counts[code]) for code in sums}


def _centre(mean: NDArray[np.float64], overall: NDArray[np.float64], count: int) -> Centre:
    offset = min(count / (count + SHRINK), LARGEST_PART) * (mean - overall)
    return Centre(offset, math.sqrt(max(float(1 - 2 * mean @ offset + offset @ offset), 1e-6)))
