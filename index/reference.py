"""A sentence-transformers model as its makers run it, with torch: what others are measured by, and the way back."""

# ruff: noqa: PLC0415 -- the heavy libraries are imported where they are used, so that commands start quickly.

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from index.compiled import Facts
from kb.errors import DamagedModel
from kb.protocols import Encoding, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class ReferenceModel:
    """A `SentenceTransformer`; satisfies `index.encoder.Network` and may be shared by threads."""

    runtime = "torch"

    def __init__(self, model: SentenceTransformer) -> None:
        prompts = model.prompts
        self.model = model
        self.facts = Facts(
            query_prompt=prompts.get("query") or "",
            passage_prompt=prompts.get("passage") or prompts.get("document") or "",
            pooling=_pooling(model),
            dimension=int(model.get_embedding_dimension() or 0),
            window=int(model.max_seq_length or 0),
            padding=int(model.tokenizer.pad_token_id),
        )
        self._tokenizing = Lock()

    @classmethod
    def load(cls, folder: Path, threads: int) -> ReferenceModel:
        """Load the model in `folder`, to be run by so many threads; raises `DamagedModel` when it cannot be."""
        _stay_offline()
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        torch.set_num_threads(threads)
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
        return cls(model.eval())

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, special ones included, never truncated."""
        tokenizer = self.model.tokenizer.backend_tokenizer
        with self._tokenizing:
            tokenizer.no_truncation()
            tokenizer.no_padding()
            return [len(encoding) for encoding in tokenizer.encode_batch_fast(texts)]

    def begin(self, text: str, prompt: str) -> Encoding:
        """What `embed` does, done at once."""
        vectors = self.embed([text], prompt)
        return lambda: vectors

    def embed(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Vectors of length 1, shape (n, dimension); of a text longer than the window, the beginning counts."""
        import torch

        with self._tokenizing:
            features = self.model.preprocess(list(texts), prompt=prompt)
        with torch.inference_mode():
            vectors = self.model(features)["sentence_embedding"]
            unit: Vectors = torch.nn.functional.normalize(vectors.float(), dim=1).numpy()
        return unit


def _stay_offline() -> None:
    """Tell the libraries, before they are imported, never to ask a network."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS"):
        os.environ[name] = "1"


def _pooling(model: SentenceTransformer) -> str:
    """How token vectors become one: the pooling mode and the modules after it, joined by `+`."""
    return "+".join(str(getattr(module, "pooling_mode", type(module).__name__)).lower() for module in list(model)[1:])
