"""How much longer ingest takes than embedding alone, and how much memory it takes; a 2,000-page PDF too.

    python -m tests.benchmarks.bench_ingest [--folder FOLDER] [--every N] [--pages N] [--whole]

Files are ingested from an empty knowledge base until a search finds them. Then a process of its own embeds the passages
that came of them, and their sentences, with the same encoder in the same batches, and nothing else. The long PDF is
ingested with the real encoder for its first portions and with vectors of noise for the rest, which take the same room
and no time; `--whole` embeds all of it. Exits with 1 when ingest takes more than 1.4 times the embedding, or 1.5 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sqlalchemy import select

from ingest.sentences import Span
from kb import imports
from kb.bootstrap import Kb, build
from kb.config import load
from kb.db.entities import Passage
from kb.protocols import Embedder, Progress, Vectors
from kb.services.embedding import PORTION, embed_together
from kb.shelf import FolderShelf
from kb.values import OPERATOR, Query
from tests.benchmarks.memory import Watch

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT.parent / "shared" / "docs" / "domain"
SAMPLE = ROOT / "data" / "sample" / "files"
MOST_RATIO, MOST_MB, PAGES = 1.4, 1500, 2000


def main() -> int:
    """Run both parts and print what was found; the exit code says whether it is what the product promises."""
    options = _options()
    with tempfile.TemporaryDirectory() as work:
        found = [_compared(Path(work), options), _long(Path(work), options)]
    return int(any(found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--folder", type=Path, default=DOMAIN if DOMAIN.is_dir() else ROOT / "data" / "sample" / "files"
    )
    parser.add_argument("--every", type=int, default=1, help="Take every Nth file only.")
    parser.add_argument("--pages", type=int, default=PAGES, help="Pages of the long PDF; 0 leaves it out.")
    parser.add_argument("--whole", action="store_true", help="Embed all of the long PDF.")
    return parser.parse_args()


def _compared(work: Path, options: argparse.Namespace) -> bool:
    """Whether ingest of the folder takes too long beside its embedding, or too much memory."""
    files = sorted(path for path in options.folder.rglob("*") if path.is_file())[:: options.every]
    listed, data = work / "files.json", work / "data"
    listed.write_text(json.dumps([str(path) for path in files]))
    ingest = _run("ingest", data, listed)
    embed = _run("embed", data, listed)
    ratio, by_processor = ingest["seconds"] / embed["seconds"], ingest["processor"] / embed["processor"]
    print(f"load of the machine {os.getloadavg()[0]:.1f}; {len(files)} files, {ingest['passages']:.0f} passages")
    for name, one in (("ingest", ingest), ("embedding alone", embed)):
        print(
            f"{name:18} {one['seconds']:7.1f} s, {one['processor']:7.1f} s of processors, "
            f"peak {one['peak_mb']:5.0f} MB in {one['processes']:.0f} processes"
        )
    print(
        f"ratio {ratio:.2f} (of processor time {by_processor:.2f}), at most {MOST_RATIO}; memory at most {MOST_MB} MB"
    )
    return ratio > MOST_RATIO or ingest["peak_mb"] > MOST_MB


def _long(work: Path, options: argparse.Namespace) -> bool:
    """Whether a long PDF takes too much memory."""
    if not options.pages:
        return False
    path, listed = work / "long.pdf", work / "long.json"
    _write_pdf(path, options.pages)
    listed.write_text(json.dumps([str(path)]))
    found = _run("ingest" if options.whole else "noise", work / "long", listed)
    print(
        f"{options.pages} pages: {found['passages']:.0f} passages, {found['seconds']:.1f} s"
        f"{'' if options.whole else ' (vectors of noise but for the first)'}, peak {found['peak_mb']:.0f} MB "
        f"in {found['processes']:.0f} processes"
    )
    return found["peak_mb"] > MOST_MB


def _run(what: str, data: Path, listed: Path) -> dict[str, float]:
    """Do one thing in a process of its own, whose memory is watched together with that of its children."""
    environment = {**os.environ, "KB_DATA": str(data), "KB_MODELS": str(_models())}
    command = [sys.executable, "-m", "tests.benchmarks.bench_ingest", "--measure", what, str(listed)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    with process, Watch(process.pid) as watch:
        out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"The measurement of '{what}' ended with {process.returncode}.")
    return {**json.loads(out.splitlines()[-1]), "peak_mb": watch.peak_mb, "processes": watch.most_processes}


def _models() -> Path:
    return Path(os.environ.get("KB_MODELS") or Path(tempfile.gettempdir()) / "kb-bench-models")


# --- what is measured, each in its own process --------------------------------------------------------


def _measure(what: str, listed: Path) -> None:
    config = load()
    kb = build(config, shelf=NoisyShelf(config) if what == "noise" else None)
    kb.database.upgrade()
    _first_encoder(kb)
    (_embed if what == "embed" else _ingest)(kb, [Path(name) for name in json.loads(listed.read_text())])


def _first_encoder(kb: Kb) -> None:
    """Make the encoder known where it is not, and load it, which both that are compared need."""
    if not any(model.in_use for model in kb.models.overview()):
        kb.models.add(kb.models.overview()[0].name)
    kb.models.current()[1].embed_passages(["A first text, so that everything is loaded."])


def _ingest(kb: Kb, files: Sequence[Path]) -> None:
    started, processor = time.perf_counter(), _processor()
    outcomes = imports.add(kb, files, "published", lambda _title: lambda _done, _total: None)
    results = kb.search.search(Query(text="Klimaschutz, énergie, pianificazione urbana"), OPERATOR)
    if not results.total:
        raise SystemExit("Nothing can be found of what was ingested.")
    _tell(started, processor, sum(one.passages for one in outcomes))


def _embed(kb: Kb, _files: Sequence[Path]) -> None:
    with kb.database.read() as session:
        chosen = select(Passage.document_id, Passage.text, Passage.sentences).order_by(Passage.id)
        rows = session.execute(chosen).all()
    documents: dict[int, list[Text]] = {}
    for row in rows:
        documents.setdefault(row.document_id, []).append(Text(row.text, row.sentences))
    started, processor = time.perf_counter(), _processor()
    for _ in embed_together(kb.models.current()[1], list(documents.values())):
        continue
    _tell(started, processor, len(rows))


class Text:
    """A passage as the encoder is given it."""

    def __init__(self, text: str, sentences: Sequence[Span]) -> None:
        self.text, self.sentences = text, sentences


def _processor() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _tell(started: float, processor: float, passages: int) -> None:
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "processor": _processor() - processor, "passages": passages}))


class NoisyShelf(FolderShelf):
    """Its encoder computes one portion as it should, and then gives noise, so that only memory is measured."""

    def embedder(self, name: str) -> Embedder:
        return NoisyEmbedder(super().embedder(name))


class NoisyEmbedder:
    def __init__(self, real: Embedder) -> None:
        self._real = real
        self._left = 2
        self.key, self.dimension, self.window = real.key, real.dimension, real.window
        self.count_tokens, self.embed_query = real.count_tokens, real.embed_query
        self.begin_query = real.begin_query

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        if self._left:
            self._left -= 1
            vectors = self._real.embed_passages(texts[:PORTION], progress)
            return vectors[np.arange(len(texts)) % len(vectors)]
        self._real.count_tokens(texts)
        noise = np.random.default_rng(21).normal(size=(len(texts), self.dimension)).astype(np.float32)
        unit: Vectors = noise / np.linalg.norm(noise, axis=1, keepdims=True)
        return unit


def _write_pdf(path: Path, pages: int) -> None:
    """A report of that many pages: a heading on every fifth, forty lines of text on each."""
    from reportlab.pdfgen.canvas import Canvas

    words = (ROOT / "data" / "sample" / "records.jsonl").read_text(encoding="utf-8").split()
    canvas = Canvas(str(path), pagesize=(595, 842))
    for page in range(pages):
        canvas.setFont("Helvetica-Bold", 16)
        if page % 5 == 0:
            canvas.drawString(70, 790, f"{page // 5 + 1} Measures of the year {2000 + page}")
        canvas.setFont("Helvetica", 10)
        for line in range(50):
            start = (page * 571 + line * 17) % (len(words) - 20)
            canvas.drawString(70, 760 - 14 * line, " ".join(words[start : start + 13])[:95])
        canvas.showPage()
    canvas.save()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        _measure(sys.argv[2], Path(sys.argv[3]))
    else:
        sys.exit(main())
