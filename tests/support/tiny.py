"""A tiny deterministic encoder for tests in which meaning does not matter, and a product built with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.space import SearchSpace
from kb import resources
from kb.bootstrap import Kb, build
from kb.config import Config, load
from kb.protocols import Embedder, Encoding, Progress, Space, Vectors
from kb.shelf import FolderShelf

DIMENSION = 48
WORD = re.compile(r"\w+")


class TinyEmbedder:
    """Hashes words into a vector; the same text gives the same vector, shared words a higher cosine."""

    key = f"tiny@1||hash|{DIMENSION}"
    dimension = DIMENSION
    window = 512

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(WORD.findall(text)) + 2 for text in texts]

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = _hashed(text)
            if progress is not None:
                progress(row + 1, len(texts))
        return vectors

    def embed_query(self, text: str) -> Vectors:
        return _hashed(text)[None, :]

    def begin_query(self, text: str) -> Encoding:
        return lambda: self.embed_query(text)


def _hashed(text: str) -> Vectors:
    vector = np.full(DIMENSION, 1e-3, dtype=np.float32)
    for word in WORD.findall(text.lower()):
        digest = hashlib.blake2b(word.encode(), digest_size=4).digest()
        vector[digest[0] % DIMENSION] += 1 if digest[1] % 2 else -1
    return vector / np.linalg.norm(vector)


class TinyShelf(FolderShelf):
    """A shelf with nothing but the tiny encoder on it."""

    def names(self) -> list[str]:
        return ["tiny"]

    def built(self, name: str) -> bool:
        return True

    def build(self, name: str, progress: Progress | None = None) -> None:
        return None

    def embedder(self, name: str) -> Embedder:
        return TinyEmbedder()

    def projection(self, name: str, embedder: Embedder, progress: Progress | None = None) -> bytes:
        return b""

    def open_space(self, key: str, embedder: Embedder, projection: bytes | None, *, fresh: bool = False) -> Space:
        return SearchSpace.open(
            key=key,
            embedder=embedder,
            projection=None,
            settings=resources.SEARCH,
            work=self._config.index / key.split("@", maxsplit=1)[0],
            fresh=fresh,
        )


def tiny_kb(folder: Path, **settings: object) -> Kb:
    """An initialised product in `folder`, without any record."""
    config: Config = load(data=folder / "data", models=folder / "models", **{"limits": False, **settings})
    kb = build(config, shelf=TinyShelf(config))
    kb.database.upgrade()
    kb.models.add("tiny")
    return kb
