"""Kill a working process at random moments, hundreds of times, and look each time whether anything was lost or doubled.

    python -m tests.crash.campaign [--kills N] [--seed N] [--plant DEFECT]

Each life is a process forked from one that has everything imported, so that its time goes into work. A kill aims at a
phase: it waits until the process is in it, and a random moment more. At the end of each round, when every file has been
read, the folder must be equal to one that was left in peace. Prints one JSON object; exits with 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ingest.extractors import MODULES
from kb import resources
from tests.crash import agreement, defects
from tests.crash.life import PHASES, Log, live, product, settle, watched

PATIENCE_SECONDS = 900
LONGEST_PAUSE = 0.02
LOOK_SECONDS = 0.001
ORPHANED_SECONDS = 30
READING = ("taking in", "extraction", "embedding", "commit", "unpacking")


@dataclass
class Report:
    """What the campaign has seen: where kills hit, what had been done before them, and all that was wrong."""

    kills: int = 0
    survived: int = 0
    rounds: int = 0
    hit: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    progressed: int = 0
    wrong: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        return {**vars(self), "hit": dict(self.hit), "done": dict(self.done)}


class Campaign:
    """Rounds of lives over one folder of files, until there were enough kills."""

    def __init__(self, work: Path, seed: int, plant: str | None) -> None:
        self._work, self._plant = work, plant
        self._chance = random.Random(seed)
        self._log = Log()
        self._folder = _files(work / "files")
        self._empty, self._calm = work / "empty", work / "calm"
        self.report = Report()

    def run(self, kills: int) -> Report:
        """Kill so many times, or stop at the first thing that is wrong."""
        _forked(lambda: _initialise(self._empty))
        shutil.copytree(self._empty, self._calm)
        _forked(lambda: settle(self._calm, self._folder))
        while self.report.kills < kills and not self.report.wrong:
            self._round(kills)
        return self.report

    def _round(self, kills: int) -> None:
        """Kill and start again until all is read, and compare with what was left in peace."""
        self.report.rounds += 1
        data = self._work / f"round-{self.report.rounds}"
        shutil.copytree(self._empty, data)
        wanted = agreement.progress(self._calm).searchable
        after = self._chance.randrange(2, 7)
        while self.report.kills < kills and not self.report.wrong and after:
            finished = agreement.progress(data).searchable == wanted
            after -= finished
            self._life(data, [phase for phase in PHASES if not finished or phase not in READING])
        if not self.report.wrong:
            _forked(lambda: settle(data, self._folder))
            self._compare(data)
        if not self.report.wrong:
            shutil.rmtree(data)
        told = self.report.wrong or "all well"
        sys.stderr.write(f"round {self.report.rounds}: {self.report.kills} kills, {told}\n")

    def _life(self, data: Path, phases: list[str]) -> None:
        before = agreement.progress(data)
        phase, nth = self._chance.choice(phases), self._chance.randrange(1, 4)
        seed = self._chance.random()
        # Half of the kills come at once, for some phases are over in a few milliseconds.
        pause = max(0, self._chance.uniform(-LONGEST_PAUSE, LONGEST_PAUSE))
        self._log.clear()
        pid = _fork(lambda: self._live(data, random.Random(seed)))
        self._await(pid, phase, nth)
        time.sleep(pause)
        killed = _kill(pid)
        self._note(killed)
        self._look(data, before, f"kill {self.report.kills}, aimed at {phase} {nth}")

    def _live(self, data: Path, chance: random.Random) -> None:
        watched(self._log)
        if self._plant:
            defects.plant(self._plant)
        live(data, self._folder, chance)

    def _await(self, pid: int, phase: str, nth: int) -> None:
        """Wait until the process is in its phase for the nth time, or has ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._log.counts(phase)[0] < nth and not _ended(pid):
            if time.monotonic() > deadline:
                self.report.wrong.append(f"the process did not come to {phase}")
                return
            time.sleep(LOOK_SECONDS)

    def _note(self, killed: bool) -> None:
        if not killed:
            self.report.survived += 1
            return
        self.report.kills += 1
        self.report.hit.update(self._log.under_way() or ["between"])
        self.report.done.update({phase: self._log.counts(phase)[1] for phase in PHASES})

    def _look(self, data: Path, before: agreement.Progress, where: str) -> None:
        if self._log.counts("commit")[1]:
            self.report.progressed += agreement.progress(data).searchable > before.searchable
        if not before.kept_by(agreement.progress(data)):
            self.report.wrong.append(f"{where}: something was lost")
        if left := _orphans(data):
            self.report.wrong.append(f"{where}: readers live on: {left}")
        found = _answer(lambda: agreement.troubles(data))
        self.report.wrong += [f"{where}: {one}" for one in found]

    def _compare(self, data: Path) -> None:
        rough, calm = agreement.state(data), agreement.state(self._calm)
        for part in calm:
            if rough[part] != calm[part]:
                self.report.wrong.append(
                    f"round {self.report.rounds}: other {part}: {_first_other(rough[part], calm[part])}"
                )


def _first_other(rough: object, calm: object) -> str:
    """Where two lists of rows begin to differ, and in which column."""
    if not (isinstance(rough, list) and isinstance(calm, list)):
        return f"{rough!r:.200} for {calm!r:.200}"
    for number, (one, other) in enumerate(zip(rough, calm, strict=False)):
        if one != other:
            columns = enumerate(zip(one, other, strict=False)) if isinstance(one, tuple) else [(0, (one, other))]
            differing = [f"column {at}: {a!r:.80} for {b!r:.80}" for at, (a, b) in columns if a != b]
            return f"row {number} of {len(rough)}, {one!s:.40}: {'; '.join(differing)}"
    return f"{len(rough)} rows for {len(calm)}"


# --- processes ----------------------------------------------------------------------------------------


def _fork(act: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        act()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _forked(act: Callable[[], None]) -> None:
    """Do something in a process of its own, so that this one stays without threads and may fork."""
    _, status = os.waitpid(_fork(act), 0)
    if status:
        raise SystemExit("The campaign itself failed; its reason is above.")


def _answer(ask: Callable[[], list[str]]) -> list[str]:
    reading, writing = os.pipe()

    def tell() -> None:
        with os.fdopen(writing, "w") as pipe:
            json.dump(ask(), pipe)

    pid = _fork(tell)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(pid, 0)
    return list(json.loads(told)) if told else ["the check itself failed"]


def _ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill(pid: int) -> bool:
    """Kill a process that runs; False when it had ended by itself, which it may only do well."""
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("A life ended with an error; its reason is above.")
    return os.WIFSIGNALED(status)


def _orphans(data: Path) -> list[int]:
    """Readers of this folder's files that outlived the process that started them."""
    # One just started asks after its parent when its interpreter is up, which takes seconds on a busy machine.
    deadline = time.monotonic() + ORPHANED_SECONDS
    while left := [one.pid for one in psutil.process_iter() if _reads_from(one, str(data))]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.01)
    return []


def _reads_from(process: psutil.Process, data: str) -> bool:
    try:
        return process.pid != os.getpid() and any(data in part for part in process.cmdline())
    except psutil.Error:
        return False


# --- what is imported ---------------------------------------------------------------------------------


def _initialise(data: Path) -> None:
    kb = product(data)
    kb.database.upgrade()
    kb.models.add("tiny")
    kb.close()


def _files(folder: Path) -> Path:
    """Real files of several formats, the same bytes twice, and two that cannot be read."""
    folder.mkdir(parents=True)
    for path in sorted((resources.SAMPLE / "files").iterdir())[:5]:
        shutil.copy(path, folder / path.name)
    shutil.copy(folder / "capannori.pdf", folder / "z-copy.pdf")
    text = (resources.SAMPLE / "records.jsonl").read_text(encoding="utf-8").split(". ")
    for number in range(4):
        (folder / f"part-{number}.txt").write_text(". ".join(text[number * 20 : number * 20 + 20]), encoding="utf-8")
    if "application/zip" in MODULES:
        with zipfile.ZipFile(folder / "members.zip", "w") as archive:
            for number in range(4, 7):
                archive.writestr(f"part-{number}.txt", ". ".join(text[number * 20 : number * 20 + 20]))
    (folder / "noise.txt").write_bytes(random.Random(21).randbytes(5000))
    return folder


def main() -> int:
    """Run a campaign as the command line asks; the exit code says whether anything was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--plant", choices=sorted(defects.DEFECTS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="campaign-") as work:
        report = Campaign(Path(work), options.seed, options.plant).run(options.kills)
    json.dump(report.as_dict(), sys.stdout, indent=2)
    return int(bool(report.wrong))


if __name__ == "__main__":
    sys.exit(main())
