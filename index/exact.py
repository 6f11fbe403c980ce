"""The dense index spelled out in NumPy: slow, short, and what the fast one is compared with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.neutral import Centre, Projection, centres, unit
from kb.protocols import Ids, Vectors
from kb.values import UNDETERMINED, Change


class ExactIndex:
    """Neutral vectors in a dictionary, compared one and all; satisfies `kb.protocols.DenseIndex`."""

    def __init__(self, dimension: int, projection: Projection | None = None) -> None:
        self._dimension = dimension
        self._projection = projection
        self._held: dict[int, tuple[str, Vectors]] = {}

    def apply(self, changes: Sequence[Change]) -> None:
        """Replay changes in order of seq."""
        for change in sorted(changes, key=lambda change: change.seq):
            self._held.pop(change.passage_id, None)
            if change.live:
                vector = self._neutral(np.frombuffer(change.vector, dtype="<f4").reshape(1, self._dimension))
                self._held[change.passage_id] = (change.language, vector[0])

    def search(self, vector: Vectors, limit: int, allowed: Ids | None = None) -> tuple[Ids, NDArray[np.float32]]:
        """Ids and cosines of the nearest passages, best first; only those `allowed` when given."""
        ids = self.ids() if allowed is None else np.intersect1d(self.ids(), allowed)
        cosines = self.cosines(vector, ids)
        order = np.lexsort((ids, -cosines))[: max(limit, 0)]
        return ids[order], cosines[order]

    def cosines(self, vector: Vectors, ids: Ids) -> NDArray[np.float32]:
        """Cosine of each id, in the order given; ids that are not held get NaN."""
        query, known = self._neutral(vector)[0], self._centres()
        found = np.full(ids.size, np.nan, dtype=np.float32)
        for row, id_ in enumerate(ids.tolist()):
            if id_ in self._held:
                language, held = self._held[id_]
                found[row] = query @ (held - known[language].offset) / known[language].length
        return found

    def _centres(self) -> dict[str, Centre]:
        by_language: dict[str, list[NDArray[np.float64]]] = {}
        for language, vector in self._held.values():
            by_language.setdefault(language, []).append(vector.astype(np.float64))
        sums = {language: np.sum(rows, axis=0) for language, rows in by_language.items()}
        return centres(sums, {language: len(rows) for language, rows in by_language.items()})

    def _neutral(self, vectors: Vectors) -> Vectors:
        return unit(vectors) if self._projection is None else self._projection.apply(vectors)

    def languages(self, ids: Ids) -> list[str]:
        """Language of each id, in the order given; `und` for ids that are not held."""
        return [self._held[id_][0] if id_ in self._held else UNDETERMINED for id_ in ids.tolist()]

    def ids(self) -> Ids:
        """Ids of all passages it holds, ascending."""
        return np.array(sorted(self._held), dtype=np.int64)

    def save(self, folder: Path) -> None:
        """Write the vectors into an existing, empty folder."""
        vectors = np.array([self._held[id_][1] for id_ in self.ids().tolist()], dtype=np.float32)
        np.savez(folder / "vectors.npz", ids=self.ids(), vectors=vectors)
        (folder / "languages.json").write_text(json.dumps(self.languages(self.ids())), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, dimension: int, projection: Projection | None = None) -> ExactIndex:
        """Read what `save` wrote."""
        loaded = cls(dimension, projection)
        languages = json.loads((folder / "languages.json").read_text(encoding="utf-8"))
        with np.load(folder / "vectors.npz", allow_pickle=False) as stored:
            rows = zip(stored["ids"].tolist(), languages, stored["vectors"], strict=True)
            loaded._held = {id_: (language, vector) for id_, language, vector in rows}
        return loaded
