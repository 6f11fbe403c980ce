"""Turns text into vectors with a sentence-transformers model from a folder, without ever asking a network."""

# ruff: noqa: PLC0415 -- the heavy libraries are imported where they are used, so that commands start quickly.

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Literal, Protocol

import numpy as np

from index.compiled import CompiledModel, Facts
from index.manifest import hash_file, read_manifest, verify
from kb.errors import InvalidInput, NoModel
from kb.protocols import Encoding, Progress, Vectors

log = logging.getLogger(__name__)

Runtime = Literal["auto", "openvino", "torch"]

BATCH_TOKENS = 2048
"""Most tokens of a batch, padding included: large enough to fill the cores, small enough for a query to get between."""

COUNTED_AT_ONCE = 64
"""Texts tokenized in one turn of the tokenizer's lock, for the same reason."""

REMEMBERED = 256
"""Queries whose vectors are kept: who narrows a list, or turns its page, asks the same again."""

WEIGHTS = (".safetensors", ".bin", ".json", ".txt", ".model")
"""Endings of the files that decide a vector."""


class Network(Protocol):
    """What computes: a model with its tokenizer, which threads may share."""

    facts: Facts
    runtime: str
    """`openvino` or `torch`."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, special ones included, never truncated."""

    def embed(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Vectors of length 1, shape (n, dimension), of texts that begin with `prompt`; too long ones are cut."""

    def begin(self, text: str, prompt: str) -> Encoding:
        """Start to encode one text, shape (1, dimension); where it can, it goes on beside what the caller does."""


class SentenceEncoder:
    """An encoder of queries and passages; satisfies `kb.protocols.Embedder` and may be shared by threads."""

    def __init__(self, network: Network, *, name: str, revision: str) -> None:
        """Use `load`; `name` and `revision` say whose vectors these are."""
        facts = network.facts
        self._network, self._facts = network, facts
        prompts = json.dumps([facts.query_prompt, facts.passage_prompt], ensure_ascii=False)
        self._key = f"{name}@{revision}|{prompts}|{facts.pooling}|{facts.dimension}"
        self._remembered: OrderedDict[str, Vectors] = OrderedDict()
        self._remembering = Lock()

    @classmethod
    def load(cls, folder: Path, *, runtime: Runtime = "auto", threads: int = 0) -> SentenceEncoder:
        """Load the sentence-transformers model in `folder`; 0 threads take one for each physical core.

        What an earlier start has converted for OpenVINO is taken as it is, without sentence-transformers and torch:
        they are half of the time and a third of the memory that a searching process needs to be ready.

        Raises:
            NoModel: there is no model in `folder`, or `runtime` is `openvino` and OpenVINO cannot run it.
            DamagedModel: its files are not those that were stored, or cannot be read.
        """
        # Tokenizing takes a hundredth of the time of encoding, and its threads do not survive a fork.
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        name, revision = _identity(folder)
        return cls(_network(folder, revision, runtime, threads), name=name, revision=revision)

    @property
    def key(self) -> str:
        """All that changes a vector: name@revision, prompts, pooling, dimension."""
        return self._key

    @property
    def runtime(self) -> str:
        """What computes: `openvino` or `torch`."""
        return self._network.runtime

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._facts.dimension

    @property
    def window(self) -> int:
        """The most tokens a text may have, prompt and special tokens included."""
        return self._facts.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text as a passage, prompt and special tokens included, never truncated."""
        prompted = [self._facts.passage_prompt + text for text in texts]
        parts = (prompted[start : start + COUNTED_AT_ONCE] for start in range(0, len(prompted), COUNTED_AT_ONCE))
        return [length for part in parts for length in self._network.count(part)]

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors of passages in the order given, shape (n, dimension).

        Raises:
            InvalidInput: a passage is longer than the window; nothing is ever cut.
        """
        lengths = self.count_tokens(texts)
        _refuse_long(lengths, self.window)
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        done = 0
        for batch in _batches(lengths, BATCH_TOKENS):
            vectors[batch] = self._network.embed([texts[i] for i in batch], self._facts.passage_prompt)
            done += len(batch)
            if progress:
                progress(done, len(texts))
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """Vector of a query, shape (1, dimension); of a text longer than the window, its beginning counts."""
        return self.begin_query(text)()

    def begin_query(self, text: str) -> Encoding:
        """Start what `embed_query` does and return before it is done; of the last queries the vectors are known.

        What it gives may not be written to.
        """
        known = self._recall(text)
        if known is not None:
            return lambda: known
        encoding = self._network.begin(text, self._facts.query_prompt)
        return lambda: self._remember(text, encoding())

    def _recall(self, text: str) -> Vectors | None:
        with self._remembering:
            if text in self._remembered:
                self._remembered.move_to_end(text)
            return self._remembered.get(text)

    def _remember(self, text: str, vector: Vectors) -> Vectors:
        vector.flags.writeable = False
        with self._remembering:
            self._remembered[text] = vector
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return vector


def _identity(folder: Path) -> tuple[str, str]:
    """Name and revision of the model in `folder`, by its manifest or else by the contents of its files."""
    if not (folder / "modules.json").is_file():
        raise NoModel(
            f"There is no sentence-transformers model in {folder}. 'kb init' prepares the bundled one; "
            "'kb model add FOLDER' takes another.",
            folder=str(folder),
        )
    manifest = read_manifest(folder)
    if manifest is not None:
        verify(folder)
        return str(manifest["name"]), str(manifest["revision"])
    digest = hashlib.sha256()
    for path in _deciding_files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()} {hash_file(path)}\n".encode())
    return folder.resolve().name, digest.hexdigest()[:12]


def _deciding_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        beside = any(part.startswith((".", "openvino", "onnx")) for part in parts)
        if path.is_file() and path.suffix in WEIGHTS and not beside:
            yield path


def _network(folder: Path, revision: str, runtime: Runtime, threads: int) -> Network:
    """What runs the model; where OpenVINO cannot and is not asked for, torch does and a warning says so."""
    from index.reference import ReferenceModel
    from index.runtime import Unsuitable, cores, opened

    if runtime != "torch":
        try:
            model = opened(folder, revision=revision, threads=threads)
            return _quickened(model, folder, revision, cores(threads)) if runtime == "auto" else model
        except (ImportError, Unsuitable) as error:
            if runtime == "openvino":
                raise NoModel(f"OpenVINO cannot run {folder.name}: {error}. Set KB_RUNTIME to 'torch'.") from error
            log.warning("OpenVINO cannot run %s, so torch does, several times slower: %s", folder.name, error)
    return ReferenceModel.load(folder, cores(threads))


def _quickened(model: CompiledModel, folder: Path, revision: str, threads: int) -> Network:
    """`model` with a quicker way for queries, where there is one."""
    from index.quantized import quickened
    from index.runtime import Unsuitable

    try:
        return quickened(model, folder, revision=revision, threads=threads)
    except (ImportError, Unsuitable) as error:
        log.info("Queries of %s are encoded as its passages are: %s", folder.name, error)
        return model


def _refuse_long(lengths: Sequence[int], window: int) -> None:
    for position, length in enumerate(lengths):
        if length > window:
            raise InvalidInput(
                f"Passage {position} has {length} tokens, and the encoder's window holds {window}: split it.",
                position=position,
                tokens=length,
                window=window,
            )


def _batches(lengths: Sequence[int], most_tokens: int) -> Iterator[list[int]]:
    """Positions of texts, longest first, in batches of at most `most_tokens` with their padding."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * lengths[batch[0]] > most_tokens:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch
