"""A space is a follower of the feed too: its two indexes, its cursor and its snapshots."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from index.memory import give_back
from index.space import SearchSpace
from kb import resources
from kb.protocols import Vectors
from tests.contract.changes import DIMENSION, gone, live, many, vectors
from tests.contract.follower import FollowerContract

WORDS = "raccolta Sammlung collecte"


class FixedEmbedder:
    """Gives every query the same vector: these tests are about bookkeeping, not about meaning."""

    key = "fixed"
    dimension = DIMENSION
    window = 512

    def count_tokens(self, texts: Any) -> list[int]:
        return [1] * len(texts)

    def embed_passages(self, texts: Any, progress: Any = None) -> Vectors:
        return vectors(len(texts))

    def embed_query(self, text: str) -> Vectors:
        return vectors(1, seed=99)

    def begin_query(self, text: str) -> Any:
        return lambda: self.embed_query(text)


class Opener:
    """Opens spaces that share one folder, as processes do, and closes them all."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self._opened: list[SearchSpace] = []

    def __call__(self, *, key: str = "fixed", fresh: bool = False) -> SearchSpace:
        self._opened.append(
            SearchSpace.open(
                key=key,
                embedder=FixedEmbedder(),
                projection=None,
                settings=resources.SEARCH,
                work=self.work,
                fresh=fresh,
            )
        )
        return self._opened[-1]

    def close(self) -> None:
        for space in self._opened:
            space.close()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(tmp_path / "index")
    yield opener
    opener.close()


class _Following:
    """A space seen as a follower, whose `apply` takes no cursor."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.ids, self.save = space.ids, space.save

    def apply(self, changes: Any) -> None:
        self.space.apply(changes, max((change.seq for change in changes), default=self.space.cursor))


class TestSpace(FollowerContract):
    @pytest.fixture
    def index(self, opened: Opener) -> _Following:
        return _Following(opened())

    @pytest.fixture
    def load(self, opened: Opener, tmp_path: Path) -> Callable[[Path], _Following]:
        def load(saved: Path) -> _Following:
            space = opened(fresh=True)
            space.restore(saved, 0)
            return _Following(space)

        return load

    def ask(self, index: Any, limit: int = 1000, allowed: Any = None) -> list[int]:
        ranked = index.space.rank(WORDS, language="it", limit=limit, allowed=allowed)
        assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
        return [one.passage_id for one in ranked]


def test_a_snapshot_is_where_the_next_start_goes_on(opened: Opener) -> None:
    first = opened()
    first.apply([*many(9), gone(10, 4)], 10)
    first.snapshot()
    second = opened()
    assert second.cursor == 10
    assert second.ids().tolist() == first.ids().tolist()
    found = [list(space.rank(WORDS, language="de", limit=9)) for space in (first, second)]
    assert found[0] == found[1]


def test_fresh_starts_from_nothing_though_there_is_a_snapshot(opened: Opener) -> None:
    first = opened()
    first.apply(many(3), 3)
    first.snapshot()
    assert (opened(fresh=True).cursor, opened(fresh=True).ids().size) == (0, 0)


def test_another_models_snapshot_is_left_alone(opened: Opener) -> None:
    first = opened()
    first.apply(many(3), 3)
    first.snapshot()
    assert opened(key="another").cursor == 0
    assert opened().cursor == 3


def test_processes_that_follow_at_once_do_not_disturb_each_other(opened: Opener) -> None:
    first = opened()
    first.apply(many(9), 9)
    first.snapshot()
    second, third = opened(), opened()
    second.apply([gone(10, 1)], 10)
    third.apply([gone(10, 1), live(11, 50, language="it", text="raccolta")], 11)
    assert [space.ids().size for space in (first, second, third)] == [9, 8, 9]
    assert 50 in third.sharing_words("raccolta", 20, language="it")
    assert 50 not in second.sharing_words("raccolta", 20, language="it")


def test_closing_leaves_nothing_but_snapshots(opened: Opener) -> None:
    space = opened()
    space.apply(many(3), 3)
    space.snapshot()
    space.close()
    assert [path.name for path in opened.work.iterdir()] == ["gen-000000000003"]


def test_a_filter_changes_no_score(opened: Opener) -> None:
    space = opened()
    space.apply([*many(30), live(40, 40, language="it", text="raccolta raccolta raccolta")], 40)
    whole = {one.passage_id: one for one in space.rank("raccolta", language="it", limit=100)}
    some = space.rank("raccolta", language="it", limit=100, allowed=np.array([3, 6, 7]))
    assert {one.passage_id for one in some} == {3, 6, 7}
    for one in some:
        assert one.score == pytest.approx(whole[one.passage_id].score)
        assert one.same_language == whole[one.passage_id].same_language


def test_what_a_filter_leaves_is_what_there_is_now(opened: Opener) -> None:
    space, records = opened(), np.array([7], dtype=np.int64)
    space.apply([live(number, number, record_id=7, text=WORDS) for number in (1, 2)], 2)
    allowed = space.passages_of(records)
    assert allowed.tolist() == [1, 2]
    assert space.passages_of(records) is allowed

    space.apply([live(3, 3, record_id=7, text=WORDS), gone(4, 1)], 4)

    assert space.passages_of(records).tolist() == [2, 3]
    assert [one.passage_id for one in space.rank(WORDS, language="it", limit=9, allowed=allowed)] == [2]
    ranked = space.rank(WORDS, language="it", limit=9, allowed=space.passages_of(records))
    assert sorted(one.passage_id for one in ranked) == [2, 3]


def test_what_only_one_index_nominated_is_judged_by_both(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.space.POOL", 1)
    space = opened()
    far, near = -vectors(1, seed=99)[0], vectors(1, seed=99)[0]
    rows = [
        live(1, 1, vector=far, language="it", text="raccolta raccolta"),
        live(2, 2, vector=near, language="it", text="raccolta e molte altre cose del paese"),
    ]
    space.apply(rows, 2)
    found = {one.passage_id: one for one in space.rank("raccolta", language="it", limit=1)}
    assert found[2].lexical > 0
    found = {one.passage_id: one for one in space.rank("raccolta", language="it", limit=2)}
    assert found[1].cosine == pytest.approx(-1, abs=1e-2)


def test_a_search_waits_until_both_indexes_have_changed(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    space, half, go_on = opened(), threading.Event(), threading.Event()
    apply = space._lexical.apply

    def slowly(changes: Any) -> None:
        half.set()
        go_on.wait(30)
        apply(changes)

    monkeypatch.setattr(space._lexical, "apply", slowly)
    change = threading.Thread(target=space.apply, args=([live(1, 1, language="it", text="raccolta")], 1))
    found: list[float] = []
    ask = lambda: found.extend(one.lexical for one in space.rank("raccolta", language="it", limit=5))  # noqa: E731
    search = threading.Thread(target=ask)
    change.start()
    half.wait(30)
    search.start()
    search.join(0.3)
    assert search.is_alive(), "it answered from one index with the passage and one without"
    go_on.set()
    search.join(30)
    change.join(30)
    assert found == [1]


def test_what_comes_or_goes_while_a_query_is_being_encoded_is_ranked_as_if_it_had_before(opened: Opener) -> None:
    space = opened()
    space.apply(many(9), 9)

    def encoding() -> Vectors:
        space.apply([gone(10, 4), live(11, 99, text=WORDS, language="it")], 11)
        return vectors(1, seed=99)

    ranked = list(space.rank(WORDS, language="it", limit=20, encoding=encoding))

    assert ranked == list(space.rank(WORDS, language="it", limit=20))
    assert {one.passage_id for one in ranked} == set(space.ids().tolist()) == {*range(1, 10), 99} - {4}


def test_searching_while_rows_come_and_go(opened: Opener) -> None:
    space = opened()
    space.apply([live(1, 1, language="it", text="raccolta")], 1)
    stop, failures = threading.Event(), list[BaseException]()

    def search() -> None:
        try:
            while not stop.is_set():
                ids = [one.passage_id for one in space.rank("raccolta", language="it", limit=50)]
                assert 1 in ids
                assert len(ids) == len(set(ids))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for seq in range(2, 40):
        space.apply([live(seq, seq, language="it", text="raccolta"), gone(seq, seq - 1 or 1)][: 1 + (seq > 2)], seq)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert space.ids().tolist() == [1, 39]


def test_memory_that_was_freed_is_given_back() -> None:
    parts = [bytes(50_000) for _ in range(2_000)]
    kept = parts[::100]
    parts.clear()
    before = psutil.Process().memory_info().rss
    give_back()
    assert before - psutil.Process().memory_info().rss > 20_000_000
    assert len(kept) == 20


def test_what_is_not_held_and_not_to_be_moves_the_cursor_and_nothing_else(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = opened()
    space.apply(many(3), 3)
    asked: list[int] = []
    apply = type(space._dense).apply

    def counting(index: Any, changes: Any) -> None:
        asked.append(len(changes))
        apply(index, changes)

    monkeypatch.setattr(type(space._dense), "apply", counting)
    space.apply([gone(4, 7), gone(5, 8)], 5)
    assert (space.cursor, asked, space.ids().tolist()) == (5, [], [1, 2, 3])
    space.apply([gone(6, 7), gone(7, 2)], 7)
    assert (space.cursor, asked, space.ids().tolist()) == (7, [1], [1, 3])
    space.apply([live(8, 9), gone(9, 9), live(10, 10)], 10)
    assert (space.cursor, asked, space.ids().tolist()) == (10, [1, 3], [1, 3, 10])
