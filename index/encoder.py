"""Turns text into vectors with a sentence-transformers model from a folder, without ever asking a network."""

# ruff: noqa: PLC0415 -- the heavy libraries are imported where they are used, so that commands start quickly.

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

import numpy as np

from index.manifest import hash_file, read_manifest, verify
from kb.errors import DamagedModel, InvalidInput, NoModel
from kb.protocols import Progress, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

Runtime = Literal["auto", "openvino", "torch"]

BATCH_TOKENS = 2048
"""Most tokens of a batch, padding included: large enough to fill the cores, small enough for a query to get between."""

COUNTED_AT_ONCE = 64
"""Texts tokenized in one turn of the lock, for the same reason."""

WEIGHTS = (".safetensors", ".bin", ".json", ".txt", ".model")
"""Endings of the files that decide a vector."""


class SentenceEncoder:
    """An encoder of queries and passages; satisfies `kb.protocols.Embedder` and may be shared by threads."""

    def __init__(self, model: SentenceTransformer, *, name: str, revision: str, runtime: str) -> None:
        """Wrap a loaded `model`; `runtime` says what runs it: `openvino` or `torch`."""
        prompts = model.prompts
        self._model = model
        self._query_prompt: str = prompts.get("query") or ""
        self._passage_prompt: str = prompts.get("passage") or prompts.get("document") or ""
        self._dimension = int(model.get_embedding_dimension() or 0)
        self._tokenizing = Lock()
        self.runtime = runtime
        prompts_key = json.dumps([self._query_prompt, self._passage_prompt], ensure_ascii=False)
        self._key = f"{name}@{revision}|{prompts_key}|{_pooling(model)}|{self._dimension}"

    @classmethod
    def load(cls, folder: Path, *, runtime: Runtime = "auto", threads: int = 0) -> SentenceEncoder:
        """Load the sentence-transformers model in `folder`; 0 threads take one for each physical core.

        Raises:
            NoModel: there is no model in `folder`.
            DamagedModel: its files are not those that were stored, or cannot be read.
            NotReady: `runtime` is `openvino`, and OpenVINO cannot run this model.
        """
        _stay_offline()
        name, revision = _identity(folder)
        model = _load(folder, threads)
        ran_by = "torch"
        if runtime != "torch":
            ran_by = _accelerated(model, folder, revision, threads, required=runtime == "openvino")
        return cls(model, name=name, revision=revision, runtime=ran_by)

    @property
    def key(self) -> str:
        """All that changes a vector: name@revision, prompts, pooling, dimension."""
        return self._key

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def window(self) -> int:
        """The most tokens a text may have, prompt and special tokens included."""
        return int(self._model.max_seq_length or 0)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text as a passage, prompt and special tokens included, never truncated."""
        tokenizer = self._model.tokenizer.backend_tokenizer
        lengths = []
        for start in range(0, len(texts), COUNTED_AT_ONCE):
            prompted = [self._passage_prompt + text for text in texts[start : start + COUNTED_AT_ONCE]]
            with self._tokenizing:
                tokenizer.no_truncation()
                tokenizer.no_padding()
                lengths += [len(encoding) for encoding in tokenizer.encode_batch_fast(prompted)]
        return lengths

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Vectors of passages in the order given, shape (n, dimension).

        Raises:
            InvalidInput: a passage is longer than the window; nothing is ever cut.
        """
        lengths = self.count_tokens(texts)
        _refuse_long(lengths, self.window)
        vectors = np.empty((len(texts), self._dimension), dtype=np.float32)
        done = 0
        for batch in _batches(lengths, BATCH_TOKENS):
            vectors[batch] = self._encode([texts[i] for i in batch], self._passage_prompt)
            done += len(batch)
            if progress:
                progress(done, len(texts))
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """Vector of a query, shape (1, dimension); of a text longer than the window, its beginning counts."""
        return self._encode([text], self._query_prompt)

    def _encode(self, texts: list[str], prompt: str) -> Vectors:
        import torch

        with self._tokenizing:
            features = self._model.preprocess(texts, prompt=prompt)
        with torch.inference_mode():
            vectors = self._model(features)["sentence_embedding"]
            unit: Vectors = torch.nn.functional.normalize(vectors.float(), dim=1).numpy()
        return unit


def _stay_offline() -> None:
    """Tell the libraries, before they are imported, never to ask a network or start threads of their own."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ[name] = "1"
    # Tokenizing takes a hundredth of the time of encoding, and its threads do not survive a fork.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"


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


def _load(folder: Path, threads: int) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    from index.runtime import cores

    torch.set_num_threads(cores(threads))
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(
            str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.float32}
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise DamagedModel(
            f"The encoder in {folder} cannot be loaded: {error}. Get its files again, or choose another model.",
            folder=str(folder),
        ) from error
    return model.eval()


def _accelerated(model: SentenceTransformer, folder: Path, revision: str, threads: int, *, required: bool) -> str:
    """Hand `model` to OpenVINO; where that fails and is not `required`, torch goes on and a warning says so."""
    from index.runtime import Unsuitable, accelerate

    try:
        accelerate(model, folder, revision=revision, threads=threads)
    except (ImportError, Unsuitable) as error:
        if required:
            raise NoModel(f"OpenVINO cannot run {folder.name}: {error}. Set KB_RUNTIME to 'torch'.") from error
        log.warning("OpenVINO cannot run %s, so torch does, several times slower: %s", folder.name, error)
        return "torch"
    return "openvino"


def _pooling(model: SentenceTransformer) -> str:
    """How token vectors become one: the pooling mode and the modules after it, joined by `+`."""
    return "+".join(str(getattr(module, "pooling_mode", type(module).__name__)).lower() for module in list(model)[1:])


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
