"""The real encoder: its tokens, its prompts, its window, and that languages meet in it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from index import runtime
from index.bundled import BUNDLED_NAME
from index.compiled import CompiledModel
from index.encoder import SentenceEncoder, _batches
from kb.errors import DamagedModel, InvalidInput, NoModel
from kb.protocols import Embedder, Encoding, Vectors

PROMPT = "query: "
QUESTION = "Come si può ridurre lo spreco di cibo nelle mense scolastiche?"
ANSWER = "In den Schulkantinen wiegen die Kinder ihre Reste, und die Küche kocht seitdem weniger Essen zu viel."
UNRELATED = "Die Straßenbahnlinie wurde um drei Haltestellen bis zum neuen Stadtviertel am Fluss verlängert."
AT_ONCE = """
import pathlib, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from index.encoder import SentenceEncoder

sys.setswitchinterval(1e-6)
encoder = SentenceEncoder.load(pathlib.Path(sys.argv[1]))
ready = Barrier(8)
with ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(lambda _: ready.wait() * 0 + len(encoder.embed_query("acqua")), range(8))))
"""
TEXTS = [ANSWER, "kurz", UNRELATED * 3, QUESTION, "Un orto condiviso nel parco.", ANSWER * 4]


def test_batches_hold_every_text_once_and_keep_to_their_size() -> None:
    lengths = [5, 300, 17, 300, 64, 1, 128, 90]

    batches = list(_batches(lengths, 400))

    assert sorted(position for batch in batches for position in batch) == list(range(8))
    assert all(len(batch) * max(lengths[position] for position in batch) <= 400 for batch in batches)


def test_a_text_larger_than_a_batch_goes_alone() -> None:
    assert list(_batches([10, 900, 10], 400)) == [[1], [0, 2]]


def test_importing_the_encoder_is_light() -> None:
    heavy = {"torch", "openvino", "onnxruntime", "onnx", "transformers"}
    code = f"import sys, index.encoder, index.bundled; print({heavy} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_folder_without_a_model_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(NoModel, match="kb model add"):
        SentenceEncoder.load(tmp_path)


@pytest.mark.encoder
class TestEncoder:
    def test_it_says_what_it_is(self, encoder: SentenceEncoder) -> None:
        embedder: Embedder = encoder

        assert embedder.key == f'{BUNDLED_NAME}@1571fc982750|["query: ", "passage: "]|mean+normalize|384'
        assert (embedder.dimension, embedder.window, encoder.runtime) == (384, 512, "openvino")

    @pytest.mark.parametrize(
        ("text", "ids"),
        [
            ("Hello world", [0, 35378, 8999, 2]),
            ("  Hello \n  world", [0, 35378, 8999, 2]),
            ("Ｈｅｌｌｏ world", [0, 35378, 8999, 2]),
            ("<s>", [0, 0, 2]),
        ],
    )
    def test_tokens_are_those_of_xlm_roberta(self, checkpoint: Path, text: str, ids: list[int]) -> None:
        from tokenizers import Tokenizer

        assert Tokenizer.from_file(str(checkpoint / "tokenizer.json")).encode(text).ids == ids

    def test_vectors_are_float32_of_length_one(self, encoder: SentenceEncoder) -> None:
        vectors = encoder.embed_passages(TEXTS)

        assert (vectors.dtype, vectors.shape) == (np.float32, (len(TEXTS), 384))
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)

    def test_no_texts_give_no_vectors(self, encoder: SentenceEncoder) -> None:
        assert encoder.embed_passages([]).shape == (0, 384)

    def test_order_is_that_of_the_texts(self, encoder: SentenceEncoder) -> None:
        together = encoder.embed_passages(TEXTS)
        alone = np.concatenate([encoder.embed_passages([text]) for text in TEXTS])

        assert (together * alone).sum(axis=1).min() > 0.9999

    def test_progress_ends_at_the_total(self, encoder: SentenceEncoder) -> None:
        seen: list[tuple[int, int]] = []

        encoder.embed_passages(TEXTS, lambda done, total: seen.append((done, total)))

        assert seen[-1] == (len(TEXTS), len(TEXTS))

    def test_query_and_passage_have_prompts_of_their_own(self, encoder: SentenceEncoder) -> None:
        bare = encoder._network.embed([QUESTION], "")

        assert (encoder.embed_query(QUESTION) * encoder.embed_passages([QUESTION])).sum() < 0.999
        assert (encoder.embed_query(QUESTION) * bare).sum() < 0.999
        assert (encoder.embed_passages([QUESTION]) * bare).sum() < 0.999

    def test_a_query_begun_is_the_query_embedded(self, encoder: SentenceEncoder) -> None:
        begun = [encoder.begin_query(text) for text in TEXTS]

        for text, vector in zip(reversed(TEXTS), reversed(begun), strict=True):
            assert (vector() * encoder._network.begin(text, PROMPT)()).sum() > 0.9999
            assert np.array_equal(vector(), vector())

    def test_the_last_queries_are_not_encoded_again(
        self, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("index.encoder.REMEMBERED", 2)
        encoder._remembered.clear()
        asked: list[str] = []
        begin = encoder._network.begin

        def watched(text: str, prompt: str) -> Encoding:
            asked.append(text)
            return begin(text, prompt)

        monkeypatch.setattr(encoder._network, "begin", watched)
        first = encoder.embed_query("uno").copy()
        for text in ("due", "uno", "tre", "uno", "due"):
            encoder.embed_query(text)
        assert asked == ["uno", "due", "tre", "due"]
        assert np.array_equal(encoder.embed_query("uno"), first)
        with pytest.raises(ValueError, match="read-only"):
            encoder.embed_query("uno")[0, 0] = 1

    def test_a_question_finds_its_answer_in_another_language(self, encoder: SentenceEncoder) -> None:
        answer, unrelated = (encoder.embed_passages([ANSWER, UNRELATED]) @ encoder.embed_query(QUESTION).T)[:, 0]

        assert answer > unrelated + 0.02

    def test_tokens_are_counted_with_prompt_and_beyond_the_window(self, encoder: SentenceEncoder) -> None:
        encoder.embed_query(QUESTION)  # Encoding sets a limit on the tokenizer, which counting must not meet.

        assert encoder.count_tokens(["Hello world", "city" + " city" * 999]) == [6, 1004]

    def test_a_passage_longer_than_the_window_is_refused(self, encoder: SentenceEncoder) -> None:
        with pytest.raises(InvalidInput, match="512") as caught:
            encoder.embed_passages(["kurz", "ciao " * 600])

        assert caught.value.facts["position"] == 1

    def test_of_a_long_query_the_beginning_counts(self, encoder: SentenceEncoder) -> None:
        start = "raccolta differenziata " * 300

        cosine = (encoder.embed_query(start) * encoder.embed_query(start + UNRELATED)).sum()

        assert cosine > 0.9999

    def test_threads_get_what_one_thread_gets(self, encoder: SentenceEncoder) -> None:
        alone = {text: encoder.embed_query(text) for text in TEXTS}
        with ThreadPoolExecutor(4) as pool:
            counted = pool.map(encoder.count_tokens, [TEXTS] * 20)
            together = list(pool.map(lambda text: encoder._network.begin(text, PROMPT)(), TEXTS * 5))
            assert len({tuple(lengths) for lengths in counted}) == 1

        for text, vector in zip(TEXTS * 5, together, strict=True):
            assert (vector * alone[text]).sum() > 0.9999

    def test_an_encoder_has_computed_before_threads_get_it(
        self, checkpoint: Path, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun: list[bool] = []
        embed = CompiledModel.embed

        def watched(self: CompiledModel, texts: Sequence[str], prompt: str) -> Vectors:
            begun.append(runtime._FIRST.locked())
            return embed(self, texts, prompt)

        monkeypatch.setattr(CompiledModel, "embed", watched)
        loaded = SentenceEncoder.load(checkpoint)
        assert begun == [True]
        loaded.embed_passages([ANSWER])
        assert begun == [True, False]

    def test_threads_that_ask_first_do_not_wait_for_each_other_forever(
        self, checkpoint: Path, encoder: SentenceEncoder
    ) -> None:
        asked = subprocess.run(
            [sys.executable, "-c", AT_ONCE, checkpoint], capture_output=True, timeout=120, check=True
        )

        assert asked.stdout == b"8\n"

    def test_torch_gives_the_same_vectors(self, encoder: SentenceEncoder, checkpoint: Path) -> None:
        torch = SentenceEncoder.load(checkpoint, runtime="torch")

        assert torch.runtime == "torch"
        assert torch.key == encoder.key
        assert (torch.embed_passages(TEXTS) * encoder.embed_passages(TEXTS)).sum(axis=1).min() > 0.999

    def test_kept_conversions_need_nothing_that_made_them(self, checkpoint: Path, encoder: SentenceEncoder) -> None:
        code = (
            "import sys, pathlib; from index.encoder import SentenceEncoder;"
            "SentenceEncoder.load(pathlib.Path(sys.argv[1])).embed_query('ciao');"
            "print({'torch', 'sentence_transformers', 'transformers', 'onnx'} & set(sys.modules))"
        )
        out = subprocess.run([sys.executable, "-c", code, checkpoint], capture_output=True, text=True, check=True)

        assert out.stdout == "set()\n"

    def test_no_network_is_asked(
        self, checkpoint: Path, encoder: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("a network was asked")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)

        SentenceEncoder.load(checkpoint).embed_query(QUESTION)

    def test_a_damaged_checkpoint_is_not_loaded(self, checkpoint: Path, tmp_path: Path) -> None:
        copy = _linked(checkpoint, tmp_path / "copy")
        (copy / "config.json").write_text("{}")

        with pytest.raises(DamagedModel, match=r"config\.json"):
            SentenceEncoder.load(copy)

    def test_a_damaged_conversion_is_made_again(
        self, checkpoint: Path, encoder: SentenceEncoder, tmp_path: Path
    ) -> None:
        copy = _linked(checkpoint, tmp_path / "copy")
        (kept,) = checkpoint.glob("openvino-*")
        (copy / kept.name).mkdir()
        shutil.copy(kept / "manifest.json", copy / kept.name)

        again = SentenceEncoder.load(copy)

        assert again.runtime == "openvino"
        assert (copy / kept.name / "encoder.bin").stat().st_size == (kept / "encoder.bin").stat().st_size

    def test_without_openvino_torch_runs_and_says_so(
        self, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setitem(sys.modules, "openvino", None)

        assert SentenceEncoder.load(checkpoint).runtime == "torch"
        assert "several times slower" in caplog.text
        with pytest.raises(NoModel, match="KB_RUNTIME"):
            SentenceEncoder.load(checkpoint, runtime="openvino")

    def test_another_folder_is_a_model_by_its_contents(self, checkpoint: Path, tmp_path: Path) -> None:
        copy = _linked(checkpoint, tmp_path / "mine")
        (copy / "manifest.json").unlink()
        settings = json.loads((copy / "config_sentence_transformers.json").read_text())
        settings["prompts"] = {"query": "q: ", "document": "d: "}
        (copy / "config_sentence_transformers.json").unlink()
        (copy / "config_sentence_transformers.json").write_text(json.dumps(settings))

        other = SentenceEncoder.load(copy, runtime="torch")

        name, prompts = other.key.split("|")[:2]
        assert name.startswith("mine@")
        assert not name.endswith("1571fc982750")
        assert json.loads(prompts) == ["q: ", "d: "]


def _linked(folder: Path, copy: Path) -> Path:
    """A copy of the checkpoint without its conversions; the weights are linked, small files copied."""
    for path in folder.rglob("*"):
        target = copy / path.relative_to(folder)
        if path.is_dir() or path.parent.name.startswith(("openvino", "onnxruntime")):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.stat().st_size > 1_000_000:
            os.link(path, target)
        else:
            shutil.copy(path, target)
    return copy
