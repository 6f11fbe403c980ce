"""Encoders can change while the product runs, and go back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kb.bootstrap import Kb, build
from kb.config import load
from kb.errors import InvalidInput, ModelIncomplete, NoModel, NotFound
from kb.protocols import Embedder
from kb.services.fields import parse
from kb.values import VISITOR, Query
from kb.worker import Worker
from tests.support.tiny import TinyEmbedder, TinyShelf


class OtherEmbedder(TinyEmbedder):
    """The same dimension, other vectors: what must never be mixed."""

    key = "other@1||hash|48"

    def embed_query(self, text: str):  # type: ignore[no-untyped-def]
        return -super().embed_query(text)

    def embed_passages(self, texts, progress=None):  # type: ignore[no-untyped-def]
        return -super().embed_passages(texts, progress)


class TwoShelf(TinyShelf):
    def names(self) -> list[str]:
        return ["other", "tiny"]

    def embedder(self, name: str) -> Embedder:
        return OtherEmbedder() if name == "other" else TinyEmbedder()


@pytest.fixture
def kb(tmp_path: Path) -> Iterator[Kb]:
    config = load(data=tmp_path / "data", models=tmp_path / "models")
    built = build(config, shelf=TwoShelf(config))
    built.database.upgrade()
    built.models.add("tiny")
    built.intake.add_record(parse({"title": "Bins", "solution": "Brown bins."}, where="test"), source="test")
    Worker(built).drain()
    yield built
    built.close()


def in_use(kb: Kb) -> str:
    return next(model.name for model in kb.models.overview() if model.in_use)


def test_the_first_model_is_in_use_and_later_ones_wait(kb: Kb) -> None:
    kb.models.add("other")
    assert in_use(kb) == "tiny"
    assert [(model.name, model.lacking) for model in kb.models.overview()] == [("other", 1), ("tiny", 0)]


def test_a_model_is_used_only_when_every_passage_has_its_vector(kb: Kb) -> None:
    kb.models.add("other")
    with pytest.raises(ModelIncomplete, match="1 passages"):
        kb.models.use("other")
    assert in_use(kb) == "tiny"
    Worker(kb).drain()
    kb.models.use("other")
    assert in_use(kb) == "other"


def test_every_process_changes_over_at_its_next_query_and_back(kb: Kb) -> None:
    def cosine(product: Kb) -> float:
        (hit,) = product.search.search(Query(text="Brown bins."), VISITOR).hits
        return hit.passages[0].cosine

    elsewhere = build(kb.config, shelf=TwoShelf(kb.config))
    before = cosine(kb), cosine(elsewhere)
    kb.models.add("other")
    Worker(kb).drain()
    for name in ("other", "tiny"):
        kb.models.use(name)
        # A query of one model against vectors of the other would have the opposite sign.
        assert (cosine(kb), cosine(elsewhere)) == pytest.approx(before)
        assert elsewhere.models.space().key.startswith(name)
    elsewhere.close()


def test_the_model_in_use_cannot_be_dropped(kb: Kb) -> None:
    with pytest.raises(InvalidInput, match="in use"):
        kb.models.drop("tiny")
    kb.models.add("other")
    kb.models.drop("other")
    with pytest.raises(NotFound):
        kb.models.use("other")


def test_an_encoder_that_is_not_there_is_said(kb: Kb) -> None:
    with pytest.raises(NoModel, match="there is: other, tiny"):
        kb.models.add("gigantic")


def test_a_withdrawn_record_stays_hidden_in_a_new_model(kb: Kb, describe_draft: Callable[[], None]) -> None:
    describe_draft()
    kb.models.add("other")
    Worker(kb).drain()
    kb.models.use("other")
    assert kb.models.space().ids().size == 1


@pytest.fixture
def describe_draft(kb: Kb) -> Callable[[], None]:
    def add() -> None:
        fields = parse({"title": "Draft", "solution": "Not yet public."}, where="test")
        kb.intake.add_record(fields, source="test", state="draft")
        Worker(kb).drain()

    return add


def test_a_model_that_comes_after_an_idle_turn_is_filled(kb: Kb) -> None:
    worker = Worker(kb)
    assert worker.drain() == 0
    kb.models.add("other")
    assert worker.drain() == 1
    kb.models.drop("other")
    kb.models.add("other")
    assert worker.drain() == 1, "a model dropped and added again between two turns has no vectors"
