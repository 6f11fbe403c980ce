"""The arithmetic of a BERT as an ONNX graph, for one text at a time, in float32 or with products of bytes.

Weights have a scale for each output, activations one that is told anew for each product (dynamic quantization). Two
things keep that exact enough. A few channels of a layer's normalised input range many times as widely as the others:
each is divided by the root of how widely it ranges, and its weights multiplied by it (SmoothQuant; Xiao et al. 2023,
α = .5). And inside the feed-forward a few tokens range far more widely than all others, so there each token is divided
by its own largest value.
"""

# ruff: noqa: PLC0415 -- the heavy libraries are imported where they are used, so that commands start quickly.

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Tensor = Callable[[str], Floats]
"""Gives the weights of a name, those of a matrix as (outputs, inputs)."""

LARGEST = 63
"""Of a weight: 7 bits, for where a processor has no VNNI two products are added in 16 bits and must fit there."""

LEAST = 0.2
"""What a token is divided by at least: GELU's least value is −.17, so a scale tells what is above it."""

OPSET, IR = 17, 8
CONTRIB = "com.microsoft"


def bert(tensor: Tensor, config: Mapping[str, Any], widest: Sequence[Floats] | None = None) -> tuple[bytes, list[str]]:
    """A BERT from embedded tokens, (1, tokens, dimension), to those of the last layer; `config` is its config.json.

    Without `widest` it computes in float32 and gives also what each layer multiplies after a normalisation, by the
    names returned. With `widest`, the largest magnitude each channel of these had, it computes with bytes.
    """
    graph = _Graph(tensor, config, widest)
    hidden = graph.normalised("embeddings", "embedded")
    for layer in range(config["num_hidden_layers"]):
        hidden = graph.attended(f"encoder.layer.{layer}.attention", hidden)
        hidden = graph.fed_forward(f"encoder.layer.{layer}", hidden)
    watched = graph.watched if widest is None else []
    return graph.finished([hidden, *watched]), watched


class _Graph:
    """Collects the nodes and constants of a BERT; its methods take and give names of what flows between them."""

    def __init__(self, tensor: Tensor, config: Mapping[str, Any], widest: Sequence[Floats] | None) -> None:
        self._tensor, self._config = tensor, config
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._product = self._exact if widest is None else self._quantized
        self._widest = None if widest is None else iter(widest)
        self.watched: list[str] = []

    def normalised(self, name: str, values: str) -> str:
        """Each token with mean 0 and variance 1, scaled and shifted."""
        scale, shift = (self._weights(f"{name}.LayerNorm.{part}") for part in ("weight", "bias"))
        return self._node("LayerNormalization", values, scale, shift, epsilon=self._config["layer_norm_eps"], axis=-1)

    def attended(self, name: str, hidden: str) -> str:
        """`hidden` with what each token takes from the others."""
        given = self._balanced(hidden, [f"{name}.self.{part}" for part in ("query", "key", "value")])
        bias = np.concatenate([self._tensor(f"{name}.self.{part}.bias") for part in ("query", "key", "value")])
        heads = self._node("Add", given, self._constant(bias))
        parts = self._nodes_of("Split", [heads], 3, axis=-1)
        number = self._config["num_attention_heads"]
        seen = self._node("MultiHeadAttention", *parts, domain=CONTRIB, num_heads=number)
        seen = self._product(seen, self._tensor(f"{name}.output.dense.weight").T)
        return self._joined(f"{name}.output", seen, hidden)

    def fed_forward(self, name: str, hidden: str) -> str:
        """`hidden` with what each token makes of itself."""
        wide = self._balanced(hidden, [f"{name}.intermediate.dense"])
        wide = self._node("BiasGelu", wide, self._weights(f"{name}.intermediate.dense.bias"), domain=CONTRIB)
        most = self._node("ReduceMax", wide, axes=[-1], keepdims=1)
        most = self._node("Max", most, self._constant(np.array(LEAST, dtype=np.float32)))
        narrow = self._product(self._node("Div", wide, most), self._tensor(f"{name}.output.dense.weight").T)
        return self._joined(f"{name}.output", self._node("Mul", narrow, most), hidden)

    def finished(self, shown: Sequence[str]) -> bytes:
        """The graph, from `embedded` to `shown`."""
        from onnx import TensorProto, helper

        shape = [1, "tokens", self._config["hidden_size"]]
        given, *results = (
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("embedded", *shown)
        )
        whole = helper.make_graph(self._nodes, "bert", [given], results, self._constants)
        imports = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        model: bytes = helper.make_model(whole, opset_imports=imports, ir_version=IR).SerializeToString()
        return model

    def _joined(self, name: str, change: str, hidden: str) -> str:
        change = self._node("Add", change, self._weights(f"{name}.dense.bias"))
        return self.normalised(name, self._node("Add", change, hidden))

    def _balanced(self, values: str, names: Sequence[str]) -> str:
        """`values`, just normalised, times the weights of `names` side by side."""
        self.watched.append(values)
        weights = np.concatenate([self._tensor(f"{name}.weight") for name in names]).T
        if self._widest is not None:
            balance = _balance(next(self._widest), weights)
            values = self._node("Mul", values, self._constant(1 / balance))
            weights = weights * balance[:, None]
        return self._product(values, weights)

    def _exact(self, values: str, weights: Floats) -> str:
        return self._node("MatMul", values, self._constant(weights))

    def _quantized(self, values: str, weights: Floats) -> str:
        scale = np.maximum(np.abs(weights).max(axis=0), np.finfo(np.float32).tiny) / np.float32(LARGEST)
        rounded = np.rint(weights / scale).astype(np.int8)
        given = map(self._constant, (rounded, scale, np.zeros(scale.size, dtype=np.int8)))
        return self._node("DynamicQuantizeMatMul", values, *given, domain=CONTRIB)

    def _weights(self, name: str) -> str:
        return self._constant(self._tensor(name))

    def _constant(self, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        return self._nodes_of(operator, inputs, 1, domain=domain, **attributes)[0]

    def _nodes_of(self, operator: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        from onnx import helper

        names = [f"value{len(self._nodes)}.{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names


def _balance(widest: Floats, weights: Floats) -> Floats:
    """What each channel, shape (inputs,), is divided by: √(widest value / largest weight), 1 on average."""
    least = np.float32(1e-4)
    balance = np.sqrt(np.maximum(widest, least) / np.maximum(np.abs(weights).max(axis=1), least))
    balanced: Floats = balance / balance.mean()
    return balanced
