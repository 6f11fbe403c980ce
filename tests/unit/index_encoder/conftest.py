"""The real encoder, built once for all tests, and a weights file small enough to check by hand."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from index.bundled import BUNDLED_NAME, rebuild
from index.encoder import SentenceEncoder

PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), ("▁a", -3.0), ("b", -4.0)]
HIDDEN, WIDE, POSITIONS = 32, 64, 8
TENSORS = {
    "emb.word": (len(PIECES) + 1) * HIDDEN,
    "emb.pos": POSITIONS * HIDDEN,
    "emb.type": HIDDEN,
    "emb.ln.w": HIDDEN,
    "emb.ln.b": HIDDEN,
    **{f"l0.{name}.w": HIDDEN * HIDDEN for name in ("q", "k", "v", "ao")},
    **{f"l0.{name}.w": HIDDEN * WIDE for name in ("fi", "fo")},
    **{f"l0.{name}.b": HIDDEN for name in ("q", "k", "v", "ao", "fo")},
    "l0.fi.b": WIDE,
    **{f"l0.{name}.{part}": HIDDEN for name in ("aln", "oln") for part in ("w", "b")},
}
QUANTISED = {"emb.word", *(f"l0.{name}.w" for name in ("q", "k", "v", "ao", "fi", "fo"))}


def weights_file(path: Path) -> Path:
    """Write a file of one layer: block b has scale 0.5 · (b + 1) and codes 0 … 15 (low halves), 15 … 0 (high)."""
    names = [name.encode() for name, _ in PIECES]
    offsets = np.concatenate(([0], np.cumsum([len(name) for name in names]))).astype("<u4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, HIDDEN, 1, 2, WIDE, len(PIECES) + 1, POSITIONS, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, offsets[-1]) + offsets.tobytes()
    head += np.array([score for _, score in PIECES], "<f4").tobytes() + b"".join(names)
    head += struct.pack("<iI", 1, 5) + b"\x01\x00\x00\x00\x00"
    contents = {name: _content(name, count) for name, count in TENSORS.items()}
    at = len(head) + 4 + sum(23 + len(name) for name in TENSORS)
    directory = struct.pack("<i", len(TENSORS))
    for name, content in contents.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", name in QUANTISED, TENSORS[name], at, len(content))
        at += len(content)
    path.write_bytes(head + directory + b"".join(contents.values()))
    return path


def _content(name: str, count: int) -> bytes:
    if name not in QUANTISED:
        return np.arange(count, dtype="<f4").tobytes()
    codes = bytes(low | (15 - low) << 4 for low in range(16))
    return b"".join(struct.pack("<e", 0.5 * (block + 1)) + codes for block in range(count // 32))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return weights_file(tmp_path / "tiny.bin")


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled encoder, in KB_MODELS when that is set."""
    models = os.environ.get("KB_MODELS")
    return rebuild((Path(models) if models else tmp_path_factory.mktemp("models")) / BUNDLED_NAME)


@pytest.fixture(scope="session")
def encoder(checkpoint: Path) -> SentenceEncoder:
    return SentenceEncoder.load(checkpoint)
