"""Imports the whole shared corpus with the tiny encoder and writes what became of it as a table for `docs/ingest.md`.

    python -m tests.support.corpus_table [FOLDER]

Exits with 1 when a file is not told of, or is `crashed`, or when the self-check finds an error.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from kb import imports
from kb.errors import Crashed
from kb.values import Outcome
from tests.support.tiny import tiny_kb

CORPUS = Path(__file__).parents[3] / "shared" / "docs"
READ = ("searchable", "unchanged", "duplicate")


def main() -> int:
    """Print the table, then every file that was not read and why; the exit code says whether anything is wrong."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    with tempfile.TemporaryDirectory() as work:
        kb = tiny_kb(Path(work))
        outcomes = imports.run(kb, folder, "published", _stage)
        errors = [one.message for one in kb.checks.everything() if one.level == "error"]
        kb.close()
    lines = [*table(outcomes), "", *_others(outcomes), *errors]
    sys.stdout.write("\n".join(lines) + "\n")
    crashed = any(one.code == Crashed.code for one in outcomes)
    unfinished = any(one.status == "waiting" for one in outcomes)
    return int(crashed or unfinished or bool(errors) or not outcomes)


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """One row a state and code, one column a folder of the corpus."""
    groups = sorted({_group(one) for one in outcomes})
    counts = Counter((one.status, one.code or "", _group(one)) for one in outcomes)
    yield "| state | code | " + " | ".join(groups) + " | all |"
    yield "|---|---|" + "---:|" * (len(groups) + 1)
    for status, code in sorted({key[:2] for key in counts}, key=lambda key: (key[0] not in READ, key)):
        row = [counts[status, code, group] for group in groups]
        shown = " | ".join(str(count or "") for count in row)
        yield f"| {status} | {f'`{code}`' if code else ''} | {shown} | {sum(row)} |"


def _group(one: Outcome) -> str:
    """The folder a file is in; of the difficult ones, which kind."""
    folders = Path(one.source).parts[:-1]
    return "/".join(folders[: 2 if folders[:1] == ("difficult",) else 1]) or "."


def _others(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for one in sorted(outcomes, key=lambda one: (one.code or "", one.source)):
        if one.status not in READ:
            yield f"{one.code}: {one.source}: {one.message}"


def _stage(title: str) -> imports.Progress:
    def report(done: int, total: int) -> None:
        if done % 25 == 0 or done == total:
            sys.stderr.write(f"{title}: {done} of {total}\n")

    return report


if __name__ == "__main__":
    sys.exit(main())
