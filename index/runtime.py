"""Runs a sentence-transformers model through OpenVINO: converted once, kept on disk, compiled at each start."""

# ruff: noqa: PLC0415 -- the heavy libraries are imported where they are used, so that commands start quickly.

from __future__ import annotations

import logging
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from index.manifest import construction, publish, seal, verify
from kb.errors import NotReady

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import nn

log = logging.getLogger(__name__)

GRAPH = "encoder.xml"
LEAST_COSINE = 0.999
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_SAMPLE = ["passage: a", "query: raccolta differenziata porta a porta, Gemeinde und Bürger, économie circulaire"]


class Unsuitable(Exception):
    """OpenVINO cannot stand in for this model; torch runs it instead."""


def accelerate(model: SentenceTransformer, folder: Path, *, revision: str, threads: int = 0) -> None:
    """Let OpenVINO run the transformer of `model`, loaded from `folder`; its torch weights are let go.

    Raises:
        ImportError: OpenVINO is not installed.
        Unsuitable: the model cannot be converted, or its vectors change when it is.
    """
    openvino = import_openvino()
    kept = folder / f"openvino-{openvino.__version__.split('-')[0]}"
    graph = _kept_graph(openvino, kept, revision)
    if graph is not None:
        _swap(model, graph, threads)
        return
    before = _embed(model)
    graph = _convert(openvino, model)
    _swap(model, graph, threads)
    cosine = float((before * _embed(model)).sum(axis=1).min())
    if not cosine >= LEAST_COSINE:
        raise Unsuitable(f"converted, its vectors have a cosine of {cosine:.4f} with those of torch")
    _keep(openvino, graph, kept, revision)


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


def _embed(model: SentenceTransformer) -> Any:
    return model.encode(_SAMPLE, normalize_embeddings=True, show_progress_bar=False)


def _swap(model: SentenceTransformer, graph: Any, threads: int) -> None:
    """Replace the transformer's torch network by the compiled graph."""
    core = import_openvino().Core()
    properties = {
        # One stream with all threads: a query is answered as fast as it can be, and large batches fill the cores too.
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": cores(threads),
        "INFERENCE_PRECISION_HINT": "bf16" if has_bfloat16() else "f32",
    }
    compiled = core.compile_model(graph, "CPU", properties)
    transformer: Any = model[0]
    transformer.model = _compiled_network(compiled, transformer.model.config)


def _compiled_network(compiled: Any, config: Any) -> nn.Module:
    """A torch module with the `forward` of a transformers network, computed by `compiled`."""
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    names = [name for entry in compiled.inputs for name in entry.get_names() if name in _INPUTS]

    class CompiledNetwork(torch.nn.Module):
        """The compiled graph in the place of a transformers network."""

        def __init__(self) -> None:
            super().__init__()
            self.config = config
            self.dtype = torch.float32

        def forward(self, **features: Any) -> BaseModelOutput:
            inputs = {name: features[name].numpy() for name in names}
            # Each call has its own request, so threads do not meet. Inputs are copied: shared with numpy
            # they corrupted the heap when the shape changed between calls (OpenVINO 2026.4).
            request = compiled.create_infer_request()
            hidden = request.infer(inputs, share_inputs=False)[0]
            return BaseModelOutput(last_hidden_state=torch.from_numpy(hidden))

    return CompiledNetwork()


def _convert(openvino: Any, model: SentenceTransformer) -> Any:
    """The graph of the transformer of `model`, for any number of texts of any length."""
    import torch

    network, example = _traceable(model)
    shape = (openvino.PartialShape([-1, -1]), openvino.Type.i64)
    try:
        with _quiet_tracing(), torch.no_grad():
            graph = openvino.convert_model(network, example_input=tuple(example.values()), input=[shape] * len(example))
    except Exception as error:  # The converter raises whatever its parts raise; torch is there for all of it.
        raise Unsuitable(f"OpenVINO cannot convert it: {error}") from error
    for entry, name in zip(graph.inputs, example, strict=True):
        entry.get_tensor().set_names({name})
    return graph


def _traceable(model: SentenceTransformer) -> tuple[nn.Module, dict[str, Any]]:
    """The network with tensors in, tensor out, and an example with padding.

    Raises:
        Unsuitable: the first module is not a transformer that gives token embeddings for text.
    """
    import torch
    from sentence_transformers.models import Transformer

    transformer: Any = model[0]
    expected = {"method": "forward", "method_output_name": "last_hidden_state"}
    if not isinstance(transformer, Transformer) or transformer.modality_config.get("text") != expected:
        raise Unsuitable("it is not a text transformer")
    features = transformer.preprocess(_SAMPLE)
    names = [name for name in _INPUTS if name in features]

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


def _kept_graph(openvino: Any, kept: Path, revision: str) -> Any | None:
    """The graph converted at an earlier start; None when there is none of these weights, or it is damaged."""
    try:
        if verify(kept).get("revision") == revision:
            return openvino.Core().read_model(kept / GRAPH)
    except (NotReady, RuntimeError) as error:
        log.info("The encoder is converted for OpenVINO: %s", error)
    return None


def _keep(openvino: Any, graph: Any, kept: Path, revision: str) -> None:
    """Write the graph to disk for the next start; where that fails, the next start converts again."""
    try:
        with construction(kept) as building:
            openvino.save_model(graph, building / GRAPH, compress_to_fp16=True)
            seal(building, revision=revision)
            shutil.rmtree(kept, ignore_errors=True)
            publish(building, kept)
    except OSError as error:
        log.info("The converted encoder is not kept: %s", error)
