"""A sentence-transformers model as OpenVINO runs it: tokenizer, graph and pooling, without torch in the process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index.neutral import unit
from kb.protocols import Encoding, Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an encoder says of itself.

    `window` is the most tokens of a text, special ones included; `pooling` how token vectors become one, with the
    modules that follow, joined by `+`; `padding` the id of the token that fills up shorter texts.
    """

    query_prompt: str
    passage_prompt: str
    pooling: str
    dimension: int
    window: int
    padding: int

    def as_dict(self) -> dict[str, Any]:
        """For a manifest."""
        return asdict(self)


class CompiledModel:
    """A compiled graph with its tokenizer; satisfies `index.encoder.Network` and may be shared by threads."""

    runtime = "openvino"

    def __init__(self, facts: Facts, tokenizer: Tokenizer, compiled: Any) -> None:
        """Use `index.runtime.opened`."""
        self.facts = facts
        self._tokenizer = tokenizer
        self._tokenizing = Lock()
        self._compiled = compiled
        self._names = [name for entry in compiled.inputs for name in entry.get_names() if name in INPUTS]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, special ones included, never truncated."""
        with self._tokenizing:
            self._tokenizer.no_truncation()
            return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(texts)]

    def tokens(self, texts: Sequence[str], prompt: str) -> list[list[int]]:
        """Ids of the tokens of each text, special ones included; of one longer than the window, of its beginning."""
        with self._tokenizing:
            self._tokenizer.enable_truncation(self.facts.window)
            encodings = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
        return [encoding.ids for encoding in encodings]

    def embed(self, texts: Sequence[str], prompt: str) -> Vectors:
        """Vectors of length 1, shape (n, dimension); of a text longer than the window, the beginning counts."""
        return self._started(texts, prompt)()

    def begin(self, text: str, prompt: str) -> Encoding:
        """Start what `embed` does and return at once; the processor's other cores work meanwhile."""
        return self._started([text], prompt)

    def _started(self, texts: Sequence[str], prompt: str) -> Encoding:
        ids, mask = self._padded(self.tokens(texts, prompt))
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        # Each call has its own request, so threads do not meet. Inputs are copied: shared with NumPy they corrupted
        # the heap when the shape changed between calls (OpenVINO 2026.4).
        request = self._compiled.create_infer_request()
        request.start_async({name: given[name] for name in self._names}, share_inputs=False)

        @cache
        def vectors() -> Vectors:
            request.wait()
            return unit(pooled(request.get_output_tensor(0).data, mask, self.facts.pooling))

        return vectors

    def _padded(self, encoded: list[list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        longest = max(map(len, encoded))
        ids = np.full((len(encoded), longest), self.facts.padding, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(encoded):
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        return ids, mask


def pooled(hidden: NDArray[np.float32], mask: NDArray[np.int64], pooling: str) -> Vectors:
    """One vector for each text from those of its tokens, (n, tokens, dimension): their mean, or the first one.

    Raises:
        KeyError: `pooling` is neither `mean` nor `cls`, with or without `+normalize`.
    """
    if POOLINGS[pooling] == "cls":
        return hidden[:, 0]
    weights = mask.astype(np.float32)
    mean: Vectors = np.matmul(weights[:, None, :], hidden)[:, 0] / weights.sum(axis=1, keepdims=True)
    return mean


POOLINGS = {name + end: name for name in ("mean", "cls") for end in ("", "+normalize")}
"""The ways of pooling that are computed here, by what sentence-transformers' modules are called together."""
