"""Nearest passages by meaning: a flat FAISS index for each language, so that each can be centred as it grows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.latest import latest
from index.levels import LARGEST, rounded
from index.neutral import Centre, Projection, centres, unit
from index.remembered import Last
from index.tags import NONE, Numbers, Tags
from kb.protocols import Ids, Vectors
from kb.values import UNDETERMINED, Change

FEW = 300
"""Up to this many allowed ids their vectors are compared one by one, without a scan of the index."""

MANY = 20_000
"""From this many passages on, a second thread scans too."""

REACH = 5
"""Values are kept up to so many times 1/√d, what one of a vector of length 1 is on average; further ones are cut."""

_BESIDE = ThreadPoolExecutor(1, thread_name_prefix="scanning")

Scores = NDArray[np.float32]

Found = tuple[Ids, Scores]
"""Ids and cosines, best first."""


_NOTHING: Found = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class _Scan:
    """The nearest passages of one language, the number `tag`, by sums of products, both (queries, passages)."""

    tag: int
    products: NDArray[np.float32]
    ids: Ids


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Neutral vectors of some passages, (n, dimension), and the number of each one's language.

    For those not held they are zero and `NONE`.
    """

    vectors: Vectors
    languages: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class _Queries:
    """Neutral queries as whole numbers, (n, dimension), what one is worth in each, (n, 1), and both multiplied."""

    levels: Vectors
    steps: Vectors
    vectors: Vectors


class FlatIndex:
    """Every vector is compared, each value a byte; satisfies `kb.protocols.DenseIndex`.

    Vectors and queries are handed in raw; the projection is applied here. Both become whole numbers, whose products
    FAISS sums without rounding, twice as fast as those of float16; NumPy's sums are the same. A language's offset
    changes with every passage, so it is not subtracted from what is stored: (q·v − q·offset) / length gives the same
    order within the language, and the same sums give the same index however the rows arrived. Not safe for threads;
    its space is.
    """

    def __init__(self, dimension: int, projection: Projection | None = None) -> None:
        self._dimension = dimension
        self._projection = projection
        self._step = np.float32(min(REACH / math.sqrt(dimension), 1) / LARGEST)
        self._parts: dict[str, faiss.IndexIDMap2] = {}
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._codes: list[str] = []
        self._tags = Tags()
        self._centres: dict[str, Centre] = {}
        self._offsets = np.zeros((0, dimension))
        self._lengths = np.zeros(0)
        self._last = Last[_Queries]()

    def __len__(self) -> int:
        return len(self._tags)

    # --- following -----------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> None:
        """Replay changes in order of seq; the last word on an id counts."""
        last = latest(changes)
        self._remove(np.fromiter(last, dtype=np.int64, count=len(last)))
        self._add([change for change in last.values() if change.live])
        self._centre()

    def _remove(self, ids: Ids) -> None:
        for language, rows in self._by_language(self._tags.of(ids)):
            part, chosen = self._parts[language], ids[rows]
            self._sums[language] -= part.reconstruct_batch(chosen).astype(np.float64).sum(axis=0)
            part.remove_ids(faiss.IDSelectorBatch(chosen))
        self._tags.drop(ids)

    def _add(self, changes: list[Change]) -> None:
        if not changes:
            return
        raw = np.frombuffer(b"".join(change.vector for change in changes), dtype="<f4")
        neutral = self._neutral(raw.reshape(len(changes), self._dimension))
        # Rounded here and not in FAISS, so that the sums count exactly what a removal will subtract.
        levels = rounded(neutral, self._step)
        ids = np.array([change.passage_id for change in changes], dtype=np.int64)
        tags = [self._code(change.language) for change in changes]
        self._tags.put(ids, tags)
        for language, rows in self._by_language(np.array(tags, dtype=np.int16)):
            self._part(language).add_with_ids(levels[rows], ids[rows])
            self._sums[language] += levels[rows].astype(np.float64).sum(axis=0)

    def _code(self, language: str) -> int:
        if language not in self._codes:
            self._codes.append(language)
        return self._codes.index(language)

    def _part(self, language: str) -> faiss.IndexIDMap2:
        if language not in self._parts:
            flat = faiss.IndexScalarQuantizer(
                self._dimension, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
            )
            self._parts[language] = faiss.IndexIDMap2(flat)
            self._sums[language] = np.zeros(self._dimension)
        return self._parts[language]

    def _centre(self) -> None:
        for language in [code for code, part in self._parts.items() if part.ntotal == 0]:
            del self._parts[language], self._sums[language]
        sums = {code: self._step * levels for code, levels in self._sums.items()}
        self._centres = centres(sums, {code: part.ntotal for code, part in self._parts.items()})
        none = Centre(np.zeros(self._dimension), math.nan)
        chosen = [self._centres.get(code, none) for code in self._codes]
        self._offsets = np.array([one.offset for one in chosen]).reshape(-1, self._dimension)
        self._lengths = np.array([one.length for one in chosen])

    # --- searching -----------------------------------------------------------------------------------

    def search(self, vector: Vectors, limit: int, allowed: Ids | None = None) -> Found:
        """Ids and cosines of the nearest passages, best first; only those `allowed` when given."""
        return self.search_each(vector, [limit], allowed)[0]

    def search_each(self, vectors: Vectors, limits: Sequence[int], allowed: Ids | None = None) -> list[Found]:
        """What `search` finds for each of several vectors with its limit; each language is asked for all at once."""
        most = max(limits, default=0)
        if most < 1:
            return [_best(*_NOTHING, limit) for limit in limits]
        if allowed is not None and allowed.size <= FEW:
            return self._compared(vectors, limits, allowed)
        queries, selector = self._asked(vectors), _selector(allowed)
        # Two threads take from it as they can, the largest first, so that neither waits long for the other.
        languages = iter(sorted(self._parts, key=lambda code: -self._parts[code].ntotal))
        scan = partial(self._scanned, languages, queries, most, selector)
        beside = _BESIDE.submit(scan) if len(self) >= MANY else None
        return self._centred(queries, [*scan(), *(beside.result() if beside else ())], limits)

    def _compared(self, vectors: Vectors, limits: Sequence[int], allowed: Ids) -> list[Found]:
        held = allowed[self._tags.of(allowed) != NONE]
        gathered = self.gather(held)
        scored = [self.cosines_with(vectors[[row]], gathered) for row in range(len(limits))]
        return [_best(held, scores, limit) for scores, limit in zip(scored, limits, strict=True)]

    def _scanned(
        self, languages: Iterator[str], queries: _Queries, limit: int, selector: faiss.IDSelector | None
    ) -> list[_Scan]:
        """The nearest of each language that is left to each query."""
        # One query is one scan, and threads that wait for each other make it slower. OpenMP keeps this by thread.
        faiss.omp_set_num_threads(1)
        parameters = faiss.SearchParameters()
        parameters.sel = selector
        found = []
        for language in languages:
            part = self._parts[language]
            products, ids = part.search(queries.levels, min(limit, part.ntotal), params=parameters)
            found.append(_Scan(self._codes.index(language), products, ids))
        return found

    def _centred(self, queries: _Queries, scans: Sequence[_Scan], limits: Sequence[int]) -> list[Found]:
        """The best of all languages for each query; where there are fewer FAISS fills up with the id −1."""
        moved, steps = queries.vectors @ self._offsets.T, queries.steps[:, 0] * self._step
        return [
            _joined([self._found(one, row, steps[row], moved[row, one.tag]) for one in scans], limit)
            for row, limit in enumerate(limits)
        ]

    def _found(self, scan: _Scan, row: int, step: np.float32, moved: np.float64) -> Found:
        """What a scan found for one query, as the scan's language is centred now."""
        ids, products = scan.ids[row], scan.products[row]
        if ids[-1] < 0:
            ids, products = ids[ids >= 0], products[ids >= 0]
        return ids, ((products * step - moved) / self._lengths[scan.tag]).astype(np.float32)

    def cosines(self, vector: Vectors, ids: Ids) -> Scores:
        """Cosine of each id, in the order given; ids that are not held get NaN."""
        return self.cosines_with(vector, self.gather(ids))

    def gather(self, ids: Ids) -> Gathered:
        """What `cosines` needs of these ids: the same ones are compared with many queries."""
        gathered = Gathered(np.zeros((ids.size, self._dimension), dtype=np.float32), self._tags.of(ids))
        for language, rows in self._by_language(gathered.languages):
            gathered.vectors[rows] = self._parts[language].reconstruct_batch(ids[rows]) * self._step
        return gathered

    def cosines_with(self, vector: Vectors, gathered: Gathered) -> Scores:
        """Cosine of each of the gathered, in their order, as languages are centred now; NaN for those not held."""
        query, found = self._asked(vector).vectors[0], np.full(gathered.languages.size, np.nan, dtype=np.float32)
        rows = np.flatnonzero(gathered.languages != NONE)
        tags = gathered.languages[rows]
        found[rows] = ((gathered.vectors @ query)[rows] - (self._offsets @ query)[tags]) / self._lengths[tags]
        return found

    def placed(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        """Raw vectors where the index would put passages of these languages; one it does not hold has no centre."""
        placed = self._neutral(vectors).copy()
        for language in self._centres.keys() & set(languages):
            rows = [row for row, code in enumerate(languages) if code == language]
            placed[rows] -= self._centres[language].offset.astype(np.float32)
        return unit(placed)

    def held(self, ids: Ids) -> tuple[Ids, Vectors]:
        """Those of the ids that it holds, in the order given, and where they lie, (n, dimension), length 1."""
        known = ids[self._tags.of(ids) != NONE]
        gathered = self.gather(known)
        return known, unit((gathered.vectors - self._offsets[gathered.languages]).astype(np.float32))

    def _asked(self, vectors: Vectors) -> _Queries:
        return self._last.of(vectors, self._rounded)

    def _rounded(self, vectors: Vectors) -> _Queries:
        neutral = self._neutral(vectors)
        largest = np.abs(neutral).max(axis=1, keepdims=True)
        steps = (np.where(largest > 0, largest, 1) / LARGEST).astype(np.float32)
        levels = rounded(neutral, steps)
        return _Queries(levels, steps, levels * steps)

    def _neutral(self, vectors: Vectors) -> Vectors:
        return unit(vectors) if self._projection is None else self._projection.apply(vectors)

    def _by_language(self, tags: Numbers) -> Iterator[tuple[str, NDArray[np.int64]]]:
        """The languages among these numbers and the rows of each, `NONE` left out."""
        for tag in np.unique(tags[tags != NONE]).tolist():
            yield self._codes[tag], np.flatnonzero(tags == tag)

    # --- what it holds -------------------------------------------------------------------------------

    def languages(self, ids: Ids) -> list[str]:
        """Language of each id, in the order given; `und` for ids that are not held."""
        return [self._codes[tag] if tag != NONE else UNDETERMINED for tag in self._tags.of(ids).tolist()]

    def are_in(self, language: str, ids: Ids) -> NDArray[np.bool_]:
        """Whether each of these ids is in this language; those that are not held are in none."""
        return self.in_language(language, self._tags.of(ids))

    def in_language(self, language: str, numbers: Numbers) -> NDArray[np.bool_]:
        """Whether each of these numbers of languages is that of this one."""
        if language not in self._codes:
            return np.zeros(numbers.size, dtype=np.bool_)
        return np.equal(numbers, self._codes.index(language))

    def languages_among(self, ids: Ids) -> frozenset[str]:
        """The languages of those of these ids that are held."""
        return frozenset(language for language, _ in self._by_language(self._tags.of(ids)))

    def held_languages(self) -> list[str]:
        """Languages that have at least one passage, in alphabetical order."""
        return sorted(self._parts)

    def holds(self, ids: Ids) -> NDArray[np.bool_]:
        """Whether each of these ids is held."""
        held: NDArray[np.bool_] = self._tags.of(ids) != NONE
        return held

    def ids(self) -> Ids:
        """Ids of all passages it holds, ascending: those in FAISS, not those that ought to be."""
        held = [faiss.vector_to_array(part.id_map) for part in self._parts.values()]
        return np.sort(np.concatenate([np.empty(0, dtype=np.int64), *held]))

    def save(self, folder: Path) -> None:
        """Write one FAISS file a language, and the sums that centre it, into an existing, empty folder."""
        languages = self.held_languages()
        for number, language in enumerate(languages):
            faiss.write_index(self._parts[language], str(folder / f"{number}.faiss"))
        np.savez(folder / "sums.npz", sums=np.array([self._sums[code] for code in languages]))
        (folder / "languages.json").write_text(json.dumps(languages), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, dimension: int, projection: Projection | None = None) -> FlatIndex:
        """Read what `save` wrote; raises `RuntimeError` or `OSError` when it cannot."""
        loaded = cls(dimension, projection)
        languages = json.loads((folder / "languages.json").read_text(encoding="utf-8"))
        with np.load(folder / "sums.npz", allow_pickle=False) as stored:
            sums = stored["sums"]
        for number, language in enumerate(languages):
            part: Any = faiss.read_index(str(folder / f"{number}.faiss"))
            loaded._parts[language] = part
            loaded._sums[language] = sums[number]
            ids = faiss.vector_to_array(part.id_map)
            loaded._tags.put(ids, [loaded._code(language)] * ids.size)
        loaded._centre()
        return loaded


def _selector(allowed: Ids | None) -> faiss.IDSelector | None:
    """A bitmap of the allowed ids: one look-up a passage, however many there are."""
    if allowed is None:
        return None
    bits = np.zeros((int(allowed.max()) // 8 + 1) * 8, dtype=bool)
    bits[allowed] = True
    bitmap: Any = faiss.IDSelectorBitmap  # Takes an array, whatever its annotations say.
    selector: faiss.IDSelector = bitmap(np.packbits(bits, bitorder="little"))
    return selector


def _joined(parts: Sequence[Found], limit: int) -> Found:
    """The best of several."""
    ids, scores = zip(_NOTHING, *parts, strict=True)
    return _best(np.concatenate(ids), np.concatenate(scores), limit)


def _best(ids: Ids, scores: Scores, limit: int) -> Found:
    """The best ones, best first, the smaller id first where scores are equal."""
    if 0 < limit < scores.size:
        chosen = np.flatnonzero(scores >= np.partition(scores, scores.size - limit)[scores.size - limit])
        ids, scores = ids[chosen], scores[chosen]
    order = np.lexsort((ids, -scores))[: max(limit, 0)]
    return ids[order], scores[order]
