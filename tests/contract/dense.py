"""What every index by meaning must do."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.contract.changes import gone, live, many, vectors
from tests.contract.follower import FollowerContract

QUERY = vectors(1, seed=99)


class DenseIndexContract(FollowerContract):
    """Subclass and provide the fixtures `index` and `load`."""

    def ask(self, index: Any, limit: int = 1000, allowed: Any = None) -> list[int]:
        ids, cosines = index.search(QUERY, limit, allowed)
        assert ids.dtype == np.int64
        assert list(cosines) == sorted(cosines, reverse=True)
        assert (ids >= 0).all(), "padding was handed on"
        return [int(id_) for id_ in ids]

    def test_the_nearest_comes_first(self, index: Any) -> None:
        index.apply([*many(9), live(10, 10, vector=QUERY[0], language="it")])
        assert self.ask(index)[0] == 10

    def test_cosines_are_those_of_the_search_in_the_order_asked_for(self, index: Any) -> None:
        index.apply(many(9))
        ids, cosines = index.search(QUERY, 9)
        np.testing.assert_allclose(index.cosines(QUERY, ids[::-1]), cosines[::-1], atol=1e-6)

    def test_the_cosine_of_what_is_not_held_is_no_number(self, index: Any) -> None:
        index.apply([*many(3), gone(9, 2)])
        assert np.isnan(index.cosines(QUERY, np.array([1, 2, 55]))).tolist() == [False, True, True]

    def test_languages_in_the_order_asked_for(self, index: Any) -> None:
        index.apply(many(3))
        assert index.languages(np.array([3, 1, 99, 2])) == ["it", "de", "und", "fr"]

    def test_one_by_one_or_all_at_once_is_the_same(self, index: Any, another: Any) -> None:
        rows = [*many(60), *(gone(100 + number, number) for number in range(1, 20))]
        index.apply(rows)
        for row in rows:
            another.apply([row])
        ids, cosines = index.search(QUERY, 100)
        same_ids, same_cosines = another.search(QUERY, 100)
        assert ids.tolist() == same_ids.tolist()
        np.testing.assert_allclose(cosines, same_cosines, atol=1e-6)
