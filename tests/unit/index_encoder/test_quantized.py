"""Queries in bytes: the arithmetic of a BERT, kept, checked against float32, and left out where it does not fit."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index import encoder as encoders
from index import quantized
from index.bert import bert
from index.compiled import CompiledModel
from index.encoder import SentenceEncoder
from index.quantized import Checkpoint, QuantizedQueries, quickened
from index.runtime import Unsuitable, opened

REVISION = "1571fc982750"
QUESTIONS = [
    "PAES",
    "Come si può ridurre lo spreco di cibo nelle mense scolastiche?",
    "Wie viel hat die Nahwärme in einem Dorf unter 2.000 Einwohnern gekostet?",
    "Πώς μειώνεται η κατανάλωση νερού στα δημόσια κτίρια;",
    "budget participatif " * 60,
]


@pytest.fixture(scope="module")
def reference():  # type: ignore[no-untyped-def]
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(21)
    sizes = {"hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 3, "num_attention_heads": 4}
    model = BertModel(BertConfig(vocab_size=90, max_position_embeddings=40, **sizes), add_pooling_layer=False)
    for name, values in model.named_parameters():
        if "LayerNorm" in name or "bias" in name:
            torch.nn.init.normal_(values, mean=float("LayerNorm.weight" in name), std=0.2)
    return model.eval()


@pytest.fixture(scope="module")
def hidden(reference) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[no-untyped-def]
    import torch

    with torch.inference_mode():
        ids = torch.arange(3, 30)[None]
        tables = reference.embeddings
        given = tables.word_embeddings(ids) + tables.position_embeddings.weight[: ids.shape[1]]
        given = given + tables.token_type_embeddings.weight[0]
        return given.numpy(), reference(ids).last_hidden_state.numpy()


@pytest.fixture(scope="module")
def tensor(reference) -> Callable[[str], np.ndarray]:  # type: ignore[no-untyped-def]
    weights = {name: values.detach().numpy() for name, values in reference.state_dict().items()}
    return weights.__getitem__


class TestArithmetic:
    """A BERT of three layers with weights by chance, beside the one of transformers."""

    def test_in_float32_it_is_that_of_transformers(self, reference, hidden, tensor) -> None:  # type: ignore[no-untyped-def]
        given, expected = hidden
        graph, names = bert(tensor, reference.config.to_dict())

        found = quantized._session(graph).run(None, {"embedded": given})

        assert len(found) == 1 + len(names) == 7
        assert np.abs(found[0] - expected).max() < 1e-4

    def test_in_bytes_it_is_nearly(self, reference, hidden, tensor) -> None:  # type: ignore[no-untyped-def]
        given, expected = hidden
        config = reference.config.to_dict()
        graph, names = bert(tensor, config)
        widest = [np.abs(values[0]).max(axis=0) for values in quantized._session(graph).run(names, {"embedded": given})]

        (found,) = quantized._session(bert(tensor, config, widest)[0]).run(None, {"embedded": given})

        lengths = np.linalg.norm(found, axis=-1) * np.linalg.norm(expected, axis=-1)
        assert ((found * expected).sum(axis=-1) / lengths).min() > 0.999
        assert np.abs(found - expected).max() > 1e-4, "nothing was rounded"


@pytest.fixture(scope="module")
def model(checkpoint: Path) -> CompiledModel:
    return opened(checkpoint, revision=REVISION)


@pytest.mark.encoder
class TestQueries:
    @pytest.fixture
    def folder(self, checkpoint: Path, tmp_path: Path) -> Path:
        """The weights alone, where nothing is kept yet."""
        for name in ("config.json", "model.safetensors"):
            os.link((checkpoint / name).resolve(), tmp_path / name)
        return tmp_path

    def test_vectors_are_nearly_those_of_float32(self, model: CompiledModel, folder: Path) -> None:
        quick = quickened(model, folder, revision=REVISION, threads=1)

        found = np.concatenate([quick.begin(text, "query: ")() for text in QUESTIONS])
        exact = np.concatenate([model.embed([text], "query: ") for text in QUESTIONS])

        assert found.dtype == np.float32
        assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-5)
        assert (found * exact).sum(axis=1).min() > quantized.LEAST_COSINE
        assert not np.array_equal(found, exact)

    def test_a_query_beyond_the_window_is_cut_to_it(self, model: CompiledModel, folder: Path) -> None:
        quick = quickened(model, folder, revision=REVISION, threads=1)
        long = "acqua " * 900

        assert (quick.begin(long, "")() * quick.begin(long + "Sonnenstrom", "")()).sum() > 0.9999

    def test_what_was_kept_is_taken_and_gives_the_same(
        self, model: CompiledModel, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = quickened(model, folder, revision=REVISION, threads=1).begin(QUESTIONS[1], "")()
        monkeypatch.setattr(quantized, "bert", None)

        again = quickened(model, folder, revision=REVISION, threads=1)

        assert np.array_equal(again.begin(QUESTIONS[1], "")(), first)

    @pytest.mark.parametrize("harm", ["cut", "garbled", "other weights", "other recipe"])
    def test_what_does_not_belong_is_made_anew(
        self, model: CompiledModel, folder: Path, monkeypatch: pytest.MonkeyPatch, harm: str
    ) -> None:
        quickened(model, folder, revision=REVISION, threads=1)
        (graph,) = folder.glob("onnxruntime-*/queries.onnx")
        whole, before = graph.stat().st_size, graph.stat().st_ino
        if harm == "cut":
            os.truncate(graph, 1000)
        if harm == "garbled":
            graph.write_bytes(bytes(whole))
        if harm == "other recipe":
            monkeypatch.setattr(quantized, "FORMAT", quantized.FORMAT + 1)

        revision = "0" * 12 if harm == "other weights" else REVISION
        quickened(model, folder, revision=revision, threads=1)

        assert (graph.stat().st_size, graph.stat().st_ino != before) == (whole, True)
        assert json.loads((graph.parent / "manifest.json").read_text())["revision"] == revision

    def test_another_architecture_is_refused(self, model: CompiledModel, folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").unlink()
        (folder / "config.json").write_text(json.dumps(config | {"hidden_act": "relu"}))

        with pytest.raises(Unsuitable, match="relu"):
            quickened(model, folder, revision=REVISION, threads=1)

    def test_weights_of_another_kind_are_refused(self, folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        (folder / "model.safetensors").write_bytes(b"no weights")

        with pytest.raises(Unsuitable, match="BERT"):
            Checkpoint(folder)

    def test_other_vectors_than_the_model_gives_are_refused_and_not_kept(
        self, model: CompiledModel, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        honest = bert

        def careless(*given: object) -> tuple[bytes, list[str]]:
            monkeypatch.setattr("index.bert.LARGEST", 3)
            return honest(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(quantized, "bert", careless)

        with pytest.raises(Unsuitable, match="cosine"):
            quickened(model, folder, revision=REVISION, threads=1)
        assert not list(folder.glob("onnxruntime-*"))

    def test_a_folder_that_cannot_be_written_does_without_keeping(
        self, model: CompiledModel, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(quantized, "replace", full)

        assert quickened(model, folder, revision=REVISION, threads=1).begin("acqua", "")().shape == (1, 384)
        assert not list(folder.glob("onnxruntime-*"))


@pytest.mark.encoder
class TestChoice:
    """Which way a query goes."""

    @pytest.mark.parametrize(("setting", "quick"), [("auto", True), ("openvino", False)])
    def test_queries_are_encoded_in_bytes_unless_the_other_way_is_asked_for(
        self, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, setting: str, quick: bool
    ) -> None:
        exact = SentenceEncoder.load(checkpoint, runtime="openvino")
        monkeypatch.setattr("index.runtime._compiled", lambda *_: exact._network)

        loaded = SentenceEncoder.load(checkpoint, runtime=setting)  # type: ignore[arg-type]

        assert isinstance(loaded._network, QuantizedQueries) is quick
        assert (loaded.runtime, loaded.key) == ("openvino", exact.key)

    def test_where_there_is_no_such_graph_queries_go_the_way_of_passages(
        self, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise Unsuitable("it is no BERT")

        monkeypatch.setattr(quantized, "quickened", refuse)

        with caplog.at_level(logging.INFO, logger=encoders.__name__):
            loaded = SentenceEncoder.load(checkpoint)

        assert isinstance(loaded._network, CompiledModel)
        assert "it is no BERT" in caplog.text
