"""Ids and where each stands, by a table or, where they are too far apart for one, one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import roster
from index.roster import ABSENT, Roster

IDS = st.sets(st.integers(0, 300))


@given(held=IDS, asked=st.lists(st.integers(0, 400)))
@pytest.mark.parametrize("free", [0, 1_000_000])
def test_places_are_those_among_the_ids(free: int, held: set[int], asked: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roster, "FREE", free)
        patch.setattr(roster, "ROOM", 1)
        made = Roster(np.array(sorted(held), dtype=np.int64))

    places = made.places(np.array(asked, dtype=np.int64)).tolist()

    assert len(made) == len(held)
    assert places == [sorted(held).index(id_) if id_ in held else ABSENT for id_ in asked]


def test_ids_far_apart_take_no_table() -> None:
    far = np.array([1, 1 << 40], dtype=np.int64)

    made = Roster(far)

    assert made.places(np.array([1 << 40, 7, 1, 1 << 41], dtype=np.int64)).tolist() == [1, ABSENT, 0, ABSENT]
    assert made._table is None
    assert Roster(far[:1])._table is not None
