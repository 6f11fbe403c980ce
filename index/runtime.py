"""Runs a sentence-transformers model through OpenVINO: converted once, kept on disk, compiled at each start."""

# ruff: noqa: PLC0415 -- the heavy libraries are imported where they are used, so that commands start quickly.

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import psutil

from index.compiled import INPUTS, POOLINGS, CompiledModel, Facts
from index.manifest import construction, replace, verify
from index.reference import ReferenceModel
from kb.errors import NotReady

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)

GRAPH = "encoder.xml"
TOKENIZER = "tokenizer.json"
LEAST_COSINE = 0.999
_FIRST = Lock()
"""Held by the thread that computes with a graph for the first time."""

_SAMPLE = ["passage: a", "query: raccolta differenziata porta a porta, Gemeinde und Bürger, économie circulaire"]


class Unsuitable(Exception):
    """What is quicker cannot stand in for this model, which then runs as before."""


def opened(folder: Path, *, revision: str, threads: int = 0) -> CompiledModel:
    """The sentence-transformers model in `folder` as OpenVINO runs it: as it was kept, or converted now and kept.

    Raises:
        ImportError: OpenVINO is not installed.
        Unsuitable: the model cannot be converted, or its vectors change when it is.
        DamagedModel: sentence-transformers cannot load it.
    """
    openvino = import_openvino()
    kept = folder / f"openvino-{openvino.__version__.split('-')[0]}"
    return _kept(openvino, kept, revision, threads) or _converted(openvino, folder, kept, revision, threads)


def import_openvino() -> Any:
    """The module `openvino`, kept from reporting its use to its makers."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def has_bfloat16() -> bool:
    """Whether OpenVINO computes in bfloat16 on this processor."""
    return "BF16" in import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def cores(threads: int = 0) -> int:
    """`threads`, or for 0 the physical cores this process may use."""
    if threads:
        return threads
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, psutil.cpu_count(logical=False) or allowed)


def _kept(openvino: Any, kept: Path, revision: str, threads: int) -> CompiledModel | None:
    """What an earlier start converted; None when there is none of these weights, or it is damaged."""
    try:
        manifest = verify(kept)
        if manifest.get("revision") == revision and "facts" in manifest:
            graph = openvino.Core().read_model(kept / GRAPH)
            return _compiled(openvino, graph, kept / TOKENIZER, Facts(**manifest["facts"]), threads)
    except (NotReady, RuntimeError) as error:
        log.info("The encoder is converted for OpenVINO: %s", error)
    return None


def _converted(openvino: Any, folder: Path, kept: Path, revision: str, threads: int) -> CompiledModel:
    reference = ReferenceModel.load(folder, cores(threads))
    if reference.facts.pooling not in POOLINGS:
        raise Unsuitable(f"its vectors are made of those of its tokens by {reference.facts.pooling}")
    facts, graph = reference.facts, _convert(openvino, reference)
    with construction(kept) as building:
        reference.model.tokenizer.backend_tokenizer.save(str(building / TOKENIZER))
        compiled = _compiled(openvino, graph, building / TOKENIZER, facts, threads)
        _compare(compiled, reference)
        try:
            openvino.save_model(graph, building / GRAPH, compress_to_fp16=True)
            replace(building, kept, revision=revision, facts=facts.as_dict())
        except OSError as error:
            log.info("The converted encoder is not kept, so the next start converts again: %s", error)
    return compiled


def _compare(compiled: CompiledModel, reference: ReferenceModel) -> None:
    """Raise `Unsuitable` when a sample's vectors are not those of sentence-transformers."""
    cosine = float((compiled.embed(_SAMPLE, "") * reference.embed(_SAMPLE, "")).sum(axis=1).min())
    if not cosine >= LEAST_COSINE:
        raise Unsuitable(f"converted, its vectors have a cosine of {cosine:.4f} with those of torch")


def _compiled(openvino: Any, graph: Any, tokenizer: Path, facts: Facts, threads: int) -> CompiledModel:
    from tokenizers import Tokenizer

    properties = {
        # One stream with all threads: a query is answered as fast as it can be, and large batches fill the cores too.
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": cores(threads),
        "INFERENCE_PRECISION_HINT": "bf16" if has_bfloat16() else "f32",
    }
    compiled = openvino.Core().compile_model(graph, "CPU", properties)
    loaded = Tokenizer.from_file(str(tokenizer))
    loaded.no_padding()
    model = CompiledModel(facts, loaded, compiled)
    # OpenVINO's binding prepares itself when arrays first go through it, and calls Python in between: two threads that
    # come to it at once wait for each other forever, one for the preparation and one for the interpreter's lock.
    with _FIRST:
        model.embed(["a"], "")
    return model


def _convert(openvino: Any, reference: ReferenceModel) -> Any:
    """The graph of the transformer of the model, for any number of texts of any length."""
    import torch

    network, example = _traceable(reference)
    shape = (openvino.PartialShape([-1, -1]), openvino.Type.i64)
    try:
        with _quiet_tracing(), torch.no_grad():
            graph = openvino.convert_model(network, example_input=tuple(example.values()), input=[shape] * len(example))
    except Exception as error:  # The converter raises whatever its parts raise; torch is there for all of it.
        raise Unsuitable(f"OpenVINO cannot convert it: {error}") from error
    for entry, name in zip(graph.inputs, example, strict=True):
        entry.get_tensor().set_names({name})
    return graph


def _traceable(reference: ReferenceModel) -> tuple[nn.Module, dict[str, Any]]:
    """The network with tensors in, tensor out, and an example with padding.

    Raises:
        Unsuitable: the first module is not a transformer that gives token embeddings for text.
    """
    import torch
    from sentence_transformers.models import Transformer

    transformer: Any = reference.model[0]
    expected = {"method": "forward", "method_output_name": "last_hidden_state"}
    if not isinstance(transformer, Transformer) or transformer.modality_config.get("text") != expected:
        raise Unsuitable("it is not a text transformer")
    features = transformer.preprocess(_SAMPLE)
    names = [name for name in INPUTS if name in features]

    class Traceable(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = transformer.model

        def forward(self, *tensors: Any) -> Any:
            return self.network(**dict(zip(names, tensors, strict=True))).last_hidden_state

    return Traceable().eval(), {name: features[name] for name in names}


@contextmanager
def _quiet_tracing() -> Iterator[None]:
    """Silence what torch and transformers say of tracing as such; the vectors are compared afterwards."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"torch\.")
        warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\.")
        warnings.filterwarnings("ignore", message="Converting a tensor to a Python")
        yield
