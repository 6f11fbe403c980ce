"""Encodes queries with weights and activations of a byte, on one thread.

A query is one short text, and nearly all of its time are products with matrices too large for the cache. As bytes they
are a quarter as large, and ONNX Runtime multiplies them twice as fast as float32 on a processor with nothing but AVX2,
and twice as fast as OpenVINO does in bfloat16 on one that has that and VNNI.
Passages are not encoded so: their vectors are kept, and stay what sentence-transformers computes.
"""

# ruff: noqa: PLC0415 -- the heavy libraries are imported where they are used, so that commands start quickly.

from __future__ import annotations

import json
import logging
import os
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from index.bert import Floats, bert
from index.compiled import CompiledModel, pooled
from index.manifest import construction, replace, verify
from index.neutral import unit
from index.runtime import Unsuitable
from kb.errors import NotReady
from kb.protocols import Encoding, Vectors

log = logging.getLogger(__name__)

GRAPH = "queries.onnx"
FORMAT = 1
"""Raised when `index.bert` makes another graph: those that were kept are then made anew."""

LEAST_COSINE = 0.998
"""Between a query's vectors before and after; of 240 queries of the development sets the least is .9990."""

_SAMPLE = (
    "passage: a",
    "query: raccolta differenziata porta a porta, Gemeinde und Bürger, économie circulaire",
    "query: Wie hat ein Dorf unter 2.000 Einwohnern seinen Strom selbst erzeugt, und was hat es gekostet?",
    "query: PAES 2020",
)
"""Texts whose activations say how widely each channel ranges, and whose vectors are compared."""


class QuantizedQueries:
    """A compiled model whose queries go a shorter way; satisfies `index.encoder.Network`, and threads may share it."""

    def __init__(self, model: CompiledModel, checkpoint: Checkpoint, session: Any, threads: int) -> None:
        """Use `quickened`."""
        self.facts, self.runtime = model.facts, model.runtime
        self.count, self.embed = model.count, model.embed
        self._model, self._checkpoint, self._session = model, checkpoint, session
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="queries")

    def begin(self, text: str, prompt: str) -> Encoding:
        """Start to encode a query in a thread.

        All that needs the interpreter's lock is done by who asks, before and after: a thread that comes back to it
        may wait for it each time, and every row that is read would bring it back.
        """
        (ids,) = self._model.tokens([text], prompt)
        running = self._pool.submit(self._session.run, None, {"embedded": self._checkpoint.embedded(ids)})

        def vector() -> Vectors:
            (hidden,) = running.result()
            return unit(pooled(hidden, np.ones((1, len(ids)), dtype=np.int64), self.facts.pooling))

        return vector


class Checkpoint:
    """The weights of a BERT in its folder.

    The table of words is far larger than the rest, and its rows are read one by one: mapped into memory, each would
    count with sixteen pages around it, and after some thousand words the whole table.
    """

    def __init__(self, folder: Path) -> None:
        """Open `folder`; raises `Unsuitable` when there is no BERT in it whose arithmetic is known here."""
        from safetensors import SafetensorError

        self._path = folder / "model.safetensors"
        try:
            self.config: Mapping[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self._dtype, self._start, self._width = _table(self._path, "embeddings.word_embeddings.weight")
            positions = self.tensor("embeddings.position_embeddings.weight")
            self._places = positions + self.tensor("embeddings.token_type_embeddings.weight")[0]
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise Unsuitable(f"its weights cannot be read as those of a BERT: {error}") from error
        expected = {"model_type": "bert", "hidden_act": "gelu"}
        found = {name: self.config.get(name) for name in expected}
        if found != expected or self.config.get("position_embedding_type", "absolute") != "absolute":
            raise Unsuitable(f"it is no BERT with GELU and absolute positions, but {found}")
        self._file = os.open(self._path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)

    def tensor(self, name: str) -> Floats:
        """The weights of that name."""
        from safetensors import safe_open

        with safe_open(self._path, framework="numpy") as file:
            values: Floats = file.get_tensor(name).astype(np.float32)
        return values

    def embedded(self, ids: Sequence[int]) -> Floats:
        """Token ids as the first layer takes them, shape (1, tokens, dimension)."""
        rows = b"".join(os.pread(self._file, self._width, self._start + id_ * self._width) for id_ in ids)
        words = np.frombuffer(rows, dtype=self._dtype).reshape(len(ids), -1).astype(np.float32)
        values: Floats = (words + self._places[: len(ids)])[None]
        return values


def _table(path: Path, name: str) -> tuple[str, int, int]:
    """Type of a matrix's values, where its first row begins and how many bytes a row has.

    A safetensors file begins with the length of its header in eight bytes, and the header, JSON.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(min(length, path.stat().st_size)))[name]
    dtype = {"F32": "<f4", "F16": "<f2"}[entry["dtype"]]
    return dtype, 8 + length + entry["data_offsets"][0], entry["shape"][1] * np.dtype(dtype).itemsize


def quickened(model: CompiledModel, folder: Path, *, revision: str, threads: int) -> QuantizedQueries:
    """`model`, the one in `folder`, with a graph for its queries: as it was kept, or made now and kept.

    A query takes one thread, so that words can be looked up beside it; `threads` says how many are encoded at a time.

    Raises:
        ImportError: ONNX Runtime is not installed.
        Unsuitable: it is no BERT, or its queries' vectors change too much.
    """
    import onnxruntime

    checkpoint = Checkpoint(folder)
    kept = folder / f"onnxruntime-{onnxruntime.__version__}"
    if session := _kept(kept, revision):
        return QuantizedQueries(model, checkpoint, session, threads)
    graph = _made(model, checkpoint)
    quick = QuantizedQueries(model, checkpoint, _session(graph), threads)
    _compare(quick, model)
    _keep(graph, kept, revision)
    return quick


def _kept(kept: Path, revision: str) -> Any:
    """What runs the graph that an earlier start made; None when there is none of these weights, or it is damaged."""
    try:
        manifest = verify(kept)
        if (manifest.get("revision"), manifest.get("recipe")) == (revision, FORMAT):
            return _session((kept / GRAPH).read_bytes())
    except NotReady as error:
        log.info("The graph for queries is made: %s", error)
    except Exception as error:  # ONNX Runtime raises what it likes; the graph can be made again.
        log.warning("The graph for queries cannot be read and is made again: %s", error)
    return None


def _made(model: CompiledModel, checkpoint: Checkpoint) -> bytes:
    """The graph, its weights balanced by the widest value each channel had in the sample."""
    try:
        exact, names = bert(checkpoint.tensor, checkpoint.config)
        session = _session(exact)
        found = [session.run(names, {"embedded": checkpoint.embedded(ids)}) for ids in model.tokens(_SAMPLE, "")]
        widest = [np.abs(np.concatenate(values, axis=1)[0]).max(axis=0) for values in zip(*found, strict=True)]
        return bert(checkpoint.tensor, checkpoint.config, widest)[0]
    except Exception as error:  # safetensors and ONNX Runtime raise what they like; the model is there without.
        raise Unsuitable(f"no graph can be made of it: {error}") from error


def _session(graph: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    # Joined to the addition before it, the normalisation of a layer takes three times as long (ONNX Runtime 1.32).
    return onnxruntime.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"], disabled_optimizers=["SkipLayerNormFusion"]
    )


def _compare(quick: QuantizedQueries, model: CompiledModel) -> None:
    """Raise `Unsuitable` when a sample's vectors are not those of the model."""
    vectors = np.concatenate([quick.begin(text, "")() for text in _SAMPLE])
    cosine = float((vectors * np.concatenate([model.embed([text], "") for text in _SAMPLE])).sum(axis=1).min())
    if not cosine >= LEAST_COSINE:
        raise Unsuitable(f"in bytes, its vectors have a cosine of {cosine:.4f} with those of float32")


def _keep(graph: bytes, kept: Path, revision: str) -> None:
    try:
        with construction(kept) as building:
            (building / GRAPH).write_bytes(graph)
            replace(building, kept, revision=revision, recipe=FORMAT)
    except OSError as error:
        log.info("The graph for queries is not kept, so the next start makes it again: %s", error)
