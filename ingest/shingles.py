"""What two texts have in common, word run by word run, whatever file format each came in."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Shingles = NDArray[np.int64]
"""Hashes of runs of words, ascending and distinct."""

RUN = 4
"""Words of a run: shorter ones are shared by any two texts of a subject, one changed word spoils each longer one."""

KEPT = 8
"""One run of so many is kept to find candidates by (Broder 1997, the sketch modulo m)."""

BITS = 48
"""Of a hash: among ten million runs there is less than one false meeting in a million pairs of texts."""

# A script without spaces between words gives each of its characters as a word.
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+")
_ODD = 0x9E3779B97F4A7C15


def words(text: str) -> list[str]:
    """The words and numbers of a text as they are compared: without case, ligatures, accents' spelling and signs."""
    return [word.casefold() for word in _WORD.findall(unicodedata.normalize("NFKC", text))]


def text_hash(text: str) -> str:
    """What two texts share when they consist of the same words in the same order; empty when there are none."""
    said = " ".join(words(text))
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest() if said else ""


def shingles(text: str) -> Shingles:
    """The runs of words of a text; of one shorter than a run there are none."""
    numbers = _numbers(words(text))
    count = numbers.size - RUN + 1
    if count < 1:
        return np.empty(0, dtype=np.int64)
    mixed = np.zeros(count, dtype=np.uint64)
    for place in range(RUN):
        mixed = _scrambled(mixed + numbers[place : place + count])
    runs: Shingles = np.unique((mixed >> np.uint64(64 - BITS)).astype(np.int64))
    return runs


def sketch(runs: Shingles) -> Shingles:
    """The runs that stand for all: the same ones of every text, so that what two texts share is shared by these."""
    kept: Shingles = runs[runs % KEPT == 0]
    return kept


def shared(one: Shingles, other: Shingles) -> tuple[float, float, float]:
    """Share of the runs of both that are in both, of the first that are in the other, and of the other in the first."""
    both = np.intersect1d(one, other, assume_unique=True).size
    whole = one.size + other.size - both
    return both / max(whole, 1), both / max(one.size, 1), both / max(other.size, 1)


def _numbers(said: Sequence[str]) -> NDArray[np.uint64]:
    """A number for each word, the same in every process."""
    known: dict[str, int] = {}
    for word in said:
        if word not in known:
            known[word] = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.fromiter((known[word] for word in said), dtype=np.uint64, count=len(said))


def _scrambled(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each bit of the value spread over all bits, as in the last step of splitmix64 (Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (values ^ (values >> np.uint64(31))) + np.uint64(_ODD)
