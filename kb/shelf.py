"""The encoders on this machine: bundled ones, adopted folders, and the spaces made of them."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from index import subjects
from index.bundled import BUNDLED_NAME, rebuild
from index.encoder import SentenceEncoder
from index.neutral import Projection, fit, read_parallel
from index.space import SearchSpace
from kb import resources
from kb.config import Config
from kb.errors import NoModel
from kb.protocols import Embedder, Progress, Space, Vectors

MARK = "modules.json"
"""The file that tells a sentence-transformers folder."""


class FolderShelf:
    """One folder an encoder under `KB_MODELS`, snapshots of its indexes under the data folder."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def names(self) -> list[str]:
        """The bundled encoder, built or not, and every folder that is a sentence-transformers model."""
        found = {path.parent.name for path in self._config.models.glob(f"*/{MARK}")}
        return sorted({name for name in found if not name.startswith(".")} | {BUNDLED_NAME})

    def built(self, name: str) -> bool:
        """Whether the encoder's folder is complete."""
        return (self._folder(name) / MARK).exists()

    def build(self, name: str, progress: Progress | None = None) -> None:
        """Rebuild the bundled encoder where it is missing."""
        if name == BUNDLED_NAME:
            rebuild(self._folder(name), progress)

    def adopt(self, folder: Path) -> str:
        """Copy a sentence-transformers folder in under its own name; raises `NoModel` when it is none."""
        if not (folder / MARK).exists():
            raise NoModel(f"{folder}: no sentence-transformers model; the folder must hold {MARK}.")
        name = folder.resolve().name
        if not self.built(name):
            self._copy(folder, name)
        return name

    def _copy(self, folder: Path, name: str) -> None:
        self._config.models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._config.models, prefix=".adopting-") as aside:
            copy = Path(aside) / name
            shutil.copytree(folder, copy)
            copy.rename(self._folder(name))

    def embedder(self, name: str) -> Embedder:
        """Load an encoder with the runtime and threads of the settings."""
        if not self.built(name):
            raise NoModel(
                f"The encoder '{name}' is not built yet: run 'kb init', or 'kb model add {name}'.", model=name
            )
        return SentenceEncoder.load(
            self._folder(name), runtime=self._config.runtime, threads=self._config.encoder_threads
        )

    def projection(self, name: str, embedder: Embedder, progress: Progress | None = None) -> bytes:
        """Fit the projection to the shipped parallel sentences, or read it where that was done before."""
        sentences = read_parallel(resources.PARALLEL)
        kept = self._config.models / f"{name}.{_digest(embedder.key, sentences)}.projection"
        if not kept.exists():
            _write(kept, fit(_embed(embedder, sentences, progress)).to_bytes())
        return kept.read_bytes()

    def subjects(self, name: str, embedder: Embedder) -> bytes:
        """The raw vectors of what the vocabularies' terms stand for, computed once and kept beside the encoder."""
        described = {
            f"{vocabulary}/{term}": sentences
            for vocabulary in subjects.NAMES
            for term, sentences in subjects.described(resources.SUBJECTS, vocabulary).items()
        }
        kept = self._config.models / f"{name}.{_digest(embedder.key, described)}.subjects"
        if not kept.exists():
            _write(kept, subjects.to_bytes(_embed(embedder, described, None)))
        return kept.read_bytes()

    def open_space(self, key: str, embedder: Embedder, projection: bytes | None, *, fresh: bool = False) -> Space:
        """A space at its newest snapshot, or an empty one."""
        return SearchSpace.open(
            key=key,
            embedder=embedder,
            projection=Projection.from_bytes(projection) if projection else None,
            settings=resources.SEARCH,
            work=self._config.index / hashlib.sha256(key.encode()).hexdigest()[:16],
            fresh=fresh,
        )

    def _folder(self, name: str) -> Path:
        return self._config.models / name


def _embed(embedder: Embedder, sentences: Mapping[str, Sequence[str]], progress: Progress | None) -> dict[str, Vectors]:
    """Embed each language's sentences; the progress counts all languages together."""
    total, done = sum(map(len, sentences.values())), 0
    vectors: dict[str, Vectors] = {}
    for language, texts in sentences.items():
        vectors[language] = embedder.embed_passages(texts)
        done += len(texts)
        if progress is not None:
            progress(done, total)
    return vectors


def _digest(key: str, sentences: Mapping[str, Sequence[str]]) -> str:
    digest = hashlib.sha256(key.encode())
    for language, texts in sorted(sentences.items()):
        digest.update("\n".join([language, *texts]).encode())
    return digest.hexdigest()[:16]


def _write(path: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as stream:
        stream.write(data)
    Path(stream.name).replace(path)
