"""Rows of one width, several to an id."""

from __future__ import annotations

import numpy as np
import pytest

from index import ragged
from index.ragged import Ragged


def test_what_has_no_rows_can_be_put_after_the_array_was_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ragged, "SLACK", 0)
    rows = Ragged(1, np.uint16)
    rows.put([1, 2, 3, 4], [np.full((5, 1), id_, dtype=np.uint16) for id_ in (1, 2, 3, 4)], [0] * 4)
    rows.drop([1, 2, 3])

    rows.put([5], [np.empty((0, 1), dtype=np.uint16)], [7])
    rows.put([6], [np.full((2, 1), 6, dtype=np.uint16)], [8])

    spans = rows.spans(np.array([4, 5, 6, 1, 99], dtype=np.int64))
    held = [rows.rows[first : first + count, 0].tolist() for first, count, _ in spans.tolist()]
    assert held == [[4] * 5, [], [6, 6], [], []]
    assert spans[:, 2].tolist() == [0, 7, 8, 0, 0]
    assert rows.tags(np.array([5], dtype=np.int64)).tolist() == [7]
