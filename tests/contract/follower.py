"""What every copy of the feed must do, whatever it is a copy for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.contract.changes import gone, live, many


class FollowerContract:
    """Subclass and provide `index`, empty, and `load`, which reads what its `save` wrote; `ask` finds all it holds."""

    def ask(self, index: Any, limit: int = 1000, allowed: Any = None) -> list[int]:
        raise NotImplementedError

    def test_an_empty_index_finds_nothing(self, index: Any) -> None:
        assert index.ids().tolist() == []
        assert self.ask(index) == []

    def test_what_was_added_is_found(self, index: Any) -> None:
        index.apply(many(9))
        assert index.ids().tolist() == list(range(1, 10))
        assert sorted(self.ask(index)) == list(range(1, 10))

    def test_removed_ids_are_never_returned(self, index: Any) -> None:
        index.apply(many(9))
        index.apply([gone(10, 2), gone(11, 9)])
        assert sorted(self.ask(index)) == [1, 3, 4, 5, 6, 7, 8]
        assert index.ids().tolist() == [1, 3, 4, 5, 6, 7, 8]

    def test_replaying_the_same_changes_is_harmless(self, index: Any) -> None:
        index.apply([*many(9), gone(10, 4)])
        before = self.ask(index)
        index.apply([*many(9), gone(10, 4)])
        assert self.ask(index) == before
        assert len(set(before)) == len(before) == 8

    def test_the_last_seq_wins_in_whatever_order_rows_are_handed_over(self, index: Any) -> None:
        index.apply([gone(30, 1), live(10, 1, language="it", text="raccolta")])
        assert index.ids().tolist() == []
        index.apply([live(50, 2, language="it", text="raccolta"), gone(40, 2)])
        assert index.ids().tolist() == [2]

    def test_a_removed_passage_may_come_back_in_another_language(self, index: Any) -> None:
        index.apply([live(1, 1, language="de", text="raccolta"), live(2, 2, language="it", text="raccolta")])
        index.apply([gone(3, 1)])
        index.apply([live(4, 1, language="it", text="raccolta")])
        assert sorted(self.ask(index)) == [1, 2]

    def test_removing_what_was_never_there_is_harmless(self, index: Any) -> None:
        index.apply([gone(1, 77)])
        assert index.ids().tolist() == []

    def test_no_changes_are_harmless(self, index: Any) -> None:
        index.apply(many(3))
        index.apply([])
        assert sorted(self.ask(index)) == [1, 2, 3]

    def test_everything_can_go(self, index: Any) -> None:
        index.apply(many(6))
        index.apply([gone(10 + number, number) for number in range(1, 7)])
        assert self.ask(index) == []
        index.apply(many(3, first=20))
        assert sorted(self.ask(index)) == [20, 21, 22]

    def test_the_limit_is_kept_and_may_exceed_what_there_is(self, index: Any) -> None:
        index.apply(many(9))
        assert len(self.ask(index, limit=4)) == 4
        assert len(self.ask(index, limit=5000)) == 9
        assert self.ask(index, limit=0) == []

    def test_nothing_but_what_is_allowed_is_returned(self, index: Any) -> None:
        index.apply(many(9))
        allowed = np.array([2, 3, 8, 4000], dtype=np.int64)
        assert sorted(self.ask(index, allowed=allowed)) == [2, 3, 8]

    def test_when_nothing_is_allowed_nothing_is_returned(self, index: Any) -> None:
        index.apply(many(9))
        assert self.ask(index, allowed=np.empty(0, dtype=np.int64)) == []

    def test_a_long_list_of_allowed_ids_is_as_exact_as_a_short_one(self, index: Any) -> None:
        index.apply(many(30))
        absent = np.arange(1000, 9000, dtype=np.int64)
        allowed = np.concatenate([np.array([5, 6, 29], dtype=np.int64), absent])
        assert sorted(self.ask(index, limit=2, allowed=allowed)) == sorted(
            self.ask(index, limit=3, allowed=allowed)[:2]
        )
        assert sorted(self.ask(index, allowed=allowed)) == [5, 6, 29]

    def test_a_copy_answers_as_the_original(self, index: Any, load: Callable[[Path], Any], tmp_path: Path) -> None:
        index.apply([*many(12), gone(20, 3)])
        saved = tmp_path / "saved"
        saved.mkdir()
        index.save(saved)
        copy = load(saved)
        assert self.ask(copy) == self.ask(index)
        assert copy.ids().tolist() == index.ids().tolist()

    def test_a_copy_goes_on_by_itself_and_leaves_what_was_saved_alone(
        self, index: Any, load: Callable[[Path], Any], tmp_path: Path
    ) -> None:
        index.apply(many(12))
        saved = tmp_path / "saved"
        saved.mkdir()
        index.save(saved)
        index.apply([gone(20, 1)])
        load(saved).apply([gone(20, 2), *many(3, first=30)])
        assert sorted(self.ask(load(saved))) == list(range(1, 13))
