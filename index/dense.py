"""Nearest passages by meaning: a flat FAISS index for each language, so that each can be centred as it grows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import faiss
import numpy as np
from numpy.typing import NDArray

from index.latest import latest
from index.neutral import Centre, Projection, centres, unit
from kb.protocols import Ids, Vectors
from kb.values import UNDETERMINED, Change

FEW = 2000
"""Up to this many allowed ids their vectors are compared one by one, without a scan of the index."""

MANY = 20_000
"""From this many passages on, one half of the languages is scanned beside the other."""

_BESIDE = ThreadPoolExecutor(1, thread_name_prefix="scanning")

Scores = NDArray[np.float32]
Code = TypeVar("Code", str, "str | None")


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Neutral vectors of some passages, (n, dimension), zero for those not held, and the language of each or None."""

    vectors: Vectors
    languages: tuple[str | None, ...]


class FlatIndex:
    """Exact search over float16 vectors; satisfies `kb.protocols.DenseIndex`.

    Vectors and queries are handed in raw; the projection is applied here. A language's offset changes with every
    passage, so it is not subtracted from what is stored: (q·v − q·offset) / length gives the same order within the
    language, and the same sums give the same index however the rows arrived. Not safe for threads; its space is.
    """

    def __init__(self, dimension: int, projection: Projection | None = None) -> None:
        self._dimension = dimension
        self._projection = projection
        self._parts: dict[str, faiss.IndexIDMap2] = {}
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._language: dict[int, str] = {}
        self._centres: dict[str, Centre] = {}

    def __len__(self) -> int:
        return len(self._language)

    # --- following -----------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change]) -> None:
        """Replay changes in order of seq; the last word on an id counts."""
        last = latest(changes)
        self._remove([id_ for id_ in last if id_ in self._language])
        self._add([change for change in last.values() if change.live])
        self._centre()

    def _remove(self, ids: list[int]) -> None:
        for language, chosen in self._by_language(np.array(ids, dtype=np.int64)):
            part = self._parts[language]
            self._sums[language] -= part.reconstruct_batch(chosen).astype(np.float64).sum(axis=0)
            part.remove_ids(faiss.IDSelectorBatch(chosen))
        for id_ in ids:
            del self._language[id_]

    def _add(self, changes: list[Change]) -> None:
        if not changes:
            return
        raw = np.frombuffer(b"".join(change.vector for change in changes), dtype="<f4")
        # Rounded here and not in FAISS, so that the sums count exactly what a removal will subtract.
        vectors = self._neutral(raw.reshape(len(changes), self._dimension)).astype(np.float16).astype(np.float32)
        ids = np.array([change.passage_id for change in changes], dtype=np.int64)
        self._language.update((change.passage_id, change.language) for change in changes)
        for language, rows in _rows_by_language([change.language for change in changes]):
            self._part(language).add_with_ids(vectors[rows], ids[rows])
            self._sums[language] += vectors[rows].astype(np.float64).sum(axis=0)

    def _part(self, language: str) -> faiss.IndexIDMap2:
        if language not in self._parts:
            flat = faiss.IndexScalarQuantizer(
                self._dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
            )
            self._parts[language] = faiss.IndexIDMap2(flat)
            self._sums[language] = np.zeros(self._dimension)
        return self._parts[language]

    def _centre(self) -> None:
        for language in [code for code, part in self._parts.items() if part.ntotal == 0]:
            del self._parts[language], self._sums[language]
        self._centres = centres(self._sums, {code: part.ntotal for code, part in self._parts.items()})

    # --- searching -----------------------------------------------------------------------------------

    def search(self, vector: Vectors, limit: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """Ids and cosines of the nearest passages, best first; only those `allowed` when given."""
        if limit < 1:
            return _best([], limit)
        if allowed is not None and allowed.size <= FEW:
            held = np.array([id_ for id_ in allowed.tolist() if id_ in self._language], dtype=np.int64)
            return _best([(held, self.cosines(vector, held))], limit)
        query, selector = self._neutral(vector), _selector(allowed)
        languages = sorted(self._parts, key=lambda code: self._parts[code].ntotal)
        if len(self) < MANY:
            return _best(self._scanned(languages, query, limit, selector), limit)
        beside = _BESIDE.submit(self._scanned, languages[::2], query, limit, selector)
        return _best([*self._scanned(languages[1::2], query, limit, selector), *beside.result()], limit)

    def _scanned(
        self, languages: Sequence[str], query: Vectors, limit: int, selector: faiss.IDSelector | None
    ) -> list[tuple[Ids, Scores]]:
        """The nearest of each language."""
        # One query is one scan, and threads that wait for each other make it slower. OpenMP keeps this by thread.
        faiss.omp_set_num_threads(1)
        return [self._nearest(language, query, limit, selector) for language in languages]

    def _nearest(
        self, language: str, query: Vectors, limit: int, selector: faiss.IDSelector | None
    ) -> tuple[Ids, Scores]:
        part = self._parts[language]
        parameters = faiss.SearchParameters()
        parameters.sel = selector
        products, ids = part.search(query, min(limit, part.ntotal), params=parameters)
        found = ids[0] >= 0  # FAISS pads with −1 where the selector leaves too few.
        return ids[0][found], self._centred(language, query, products[0][found])

    def cosines(self, vector: Vectors, ids: Ids) -> Scores:
        """Cosine of each id, in the order given; ids that are not held get NaN."""
        return self.cosines_with(vector, self.gather(ids))

    def gather(self, ids: Ids) -> Gathered:
        """What `cosines` needs of these ids: the same ones are compared with many queries."""
        gathered = Gathered(np.zeros((ids.size, self._dimension), dtype=np.float32), tuple(self._known(ids)))
        for language, rows in _rows_by_language(gathered.languages):
            if language is not None:
                gathered.vectors[rows] = self._parts[language].reconstruct_batch(ids[rows])
        return gathered

    def cosines_with(self, vector: Vectors, gathered: Gathered) -> Scores:
        """Cosine of each of the gathered, in their order, as languages are centred now; NaN for those not held."""
        query = self._neutral(vector)
        products, found = gathered.vectors @ query[0], np.full(len(gathered.languages), np.nan, dtype=np.float32)
        for language, rows in _rows_by_language(gathered.languages):
            if language in self._centres:
                found[rows] = self._centred(language, query, products[rows])
        return found

    def placed(self, vectors: Vectors, languages: Sequence[str]) -> Vectors:
        """Raw vectors where the index would put passages of these languages; one it does not hold has no centre."""
        placed = self._neutral(vectors).copy()
        for language, rows in _rows_by_language(languages):
            if language in self._centres:
                placed[rows] -= self._centres[language].offset.astype(np.float32)
        return unit(placed)

    def held(self, ids: Ids) -> tuple[Ids, Vectors]:
        """Those of the ids that it holds, in the order given, and where they lie, (n, dimension), length 1."""
        known = np.array([id_ for id_ in ids.tolist() if id_ in self._language], dtype=np.int64)
        vectors = np.zeros((known.size, self._dimension), dtype=np.float32)
        for language, rows in _rows_by_language([self._language[id_] for id_ in known.tolist()]):
            vectors[rows] = self._parts[language].reconstruct_batch(known[rows]) - self._centres[language].offset
        return known, unit(vectors)

    def _centred(self, language: str, query: Vectors, products: NDArray[Any]) -> Scores:
        centre = self._centres[language]
        centred: Scores = ((products - query[0] @ centre.offset) / centre.length).astype(np.float32)
        return centred

    def _neutral(self, vectors: Vectors) -> Vectors:
        return unit(vectors) if self._projection is None else self._projection.apply(vectors)

    def _known(self, ids: Ids) -> list[str | None]:
        return [self._language.get(id_) for id_ in ids.tolist()]

    def _by_language(self, ids: Ids) -> Iterator[tuple[str, Ids]]:
        for language, rows in _rows_by_language(self._known(ids)):
            if language is not None:
                yield language, ids[rows]

    # --- what it holds -------------------------------------------------------------------------------

    def languages(self, ids: Ids) -> list[str]:
        """Language of each id, in the order given; `und` for ids that are not held."""
        return [self._language.get(id_, UNDETERMINED) for id_ in ids.tolist()]

    def held_languages(self) -> list[str]:
        """Languages that have at least one passage, in alphabetical order."""
        return sorted(self._parts)

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
            loaded._language.update(dict.fromkeys(faiss.vector_to_array(part.id_map).tolist(), language))
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


def _rows_by_language(languages: Sequence[Code]) -> Iterator[tuple[Code, NDArray[np.int64]]]:
    """Row numbers of each language, in order of first appearance."""
    rows: dict[Code, list[int]] = {}
    for row, language in enumerate(languages):
        rows.setdefault(language, []).append(row)
    return ((language, np.array(chosen, dtype=np.int64)) for language, chosen in rows.items())


def _best(found: Sequence[tuple[Ids, Scores]], limit: int) -> tuple[Ids, Scores]:
    """The best of several lists, best first, the smaller id first where scores are equal."""
    ids = np.concatenate([np.empty(0, dtype=np.int64), *(ids for ids, _ in found)])
    scores = np.concatenate([np.empty(0, dtype=np.float32), *(scores for _, scores in found)])
    order = np.lexsort((ids, -scores))[: max(limit, 0)]
    return ids[order], scores[order]
