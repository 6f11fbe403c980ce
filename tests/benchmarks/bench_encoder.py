"""How fast the product's encoder is beside plain sentence-transformers, with the same weights and the same texts.

    python tests/benchmarks/bench_encoder.py [TEXTS]

Each is measured in a process of its own. Exits with 1 where the processor has bfloat16 and the encoder is less than
three times as fast, or where its vectors differ: of passages they are those of sentence-transformers, those of queries
may be rounded.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from index.bundled import BUNDLED_NAME, rebuild  # noqa: E402 -- the script runs without being installed
from kb.protocols import Vectors  # noqa: E402
from tests.benchmarks.memory import own_peak_mb  # noqa: E402

COUNT = 128
MOST_WORDS = 110
"""Words of a text at most: about 169 tokens on average."""
QUERIES, QUERY_WORDS = 60, 12
"""Queries, and words of each: about 20 tokens. No one is asked twice, for the encoder knows the last ones."""
LEAST_RATIO, LEAST_COSINE, LEAST_OF_QUERIES = 3.0, 0.999, 0.998


def main() -> int:
    """Run both and print what was found; the exit code says whether it is what the product promises."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    models = Path(os.environ.get("KB_MODELS") or Path(tempfile.gettempdir()) / "kb-bench-models")
    folder = rebuild(models / BUNDLED_NAME)
    with tempfile.TemporaryDirectory() as work:
        _run("product", folder, count, Path(work))  # converts for OpenVINO where that was not done yet
        plain = _run("plain", folder, count, Path(work))
        product = _run("product", folder, count, Path(work))
        cosines, of_queries = (
            (np.load(Path(work) / f"plain{what}.npy") * np.load(Path(work) / f"product{what}.npy")).sum(axis=1)
            for what in ("", "-queries")
        )
    ratio = product["rate"] / plain["rate"]
    bfloat16 = bool(product["bfloat16"])
    print(f"processor has bfloat16: {'yes' if bfloat16 else 'no'}; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"texts: {count}, tokens on average {product['tokens']:.0f}")
    for name, found in (("plain sentence-transformers", plain), ("product", product)):
        print(
            f"{name:28} {found['rate']:6.1f} passages/s ({found['cpu']:.1f} a processor second)  "
            f"query {found['query'] * 1000:5.1f} ms  "
            f"load {found['load']:4.1f} s  peak memory {found['memory']:5.0f} MB"
        )
    print(f"ratio {ratio:.2f}; cosine least {cosines.min():.6f}, mean {cosines.mean():.6f}")
    print(f"queries: cosine least {of_queries.min():.6f}, mean {of_queries.mean():.6f}")
    slow = bfloat16 and ratio < LEAST_RATIO
    return int(slow or bool(cosines.min() < LEAST_COSINE or of_queries.min() < LEAST_OF_QUERIES))


def texts(count: int) -> list[str]:
    """Paragraphs in several languages, from the shared sets where they are, else from the sample that ships."""
    corpora = sorted((ROOT.parent / "shared" / "eval").glob("*/corpus.jsonl"))
    corpora = corpora or sorted((ROOT / "data" / "sample").rglob("*.jsonl"))
    found: list[str] = []
    for corpus in corpora:
        with corpus.open(encoding="utf-8") as lines:
            found += [_text(json.loads(line)) for line in lines]
    long = [" ".join(text.split()[:MOST_WORDS]) for text in found if len(text.split()) > MOST_WORDS // 2]
    if not long:
        raise SystemExit("There are no texts to encode: data/sample is missing.")
    step = max(1, len(long) // count)
    return (long[::step] * count)[:count]


def _text(row: dict[str, object]) -> str:
    return " ".join(value for value in row.values() if isinstance(value, str))


def _run(name: str, folder: Path, count: int, work: Path) -> dict[str, float]:
    """Measure one encoder in a fresh process."""
    command = [sys.executable, __file__, "--measure", name, str(folder), str(count), str(work)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]))


def _measure(name: str, folder: Path, count: int, work: Path) -> None:
    started = time.perf_counter()
    embed, query, facts = (_product if name == "product" else _plain)(folder)
    loaded = time.perf_counter() - started
    passages = texts(count)
    queries = [" ".join(text.split()[:QUERY_WORDS]) for text in texts(QUERIES)]
    embed(passages[:4])
    query("acqua")
    seconds, of_queries = zip(*(_timed(query, text) for text in queries), strict=True)
    started, started_cpu = time.perf_counter(), time.process_time()
    vectors = embed(passages)
    facts |= {
        "rate": count / (time.perf_counter() - started),
        "cpu": count / (time.process_time() - started_cpu),
        "query": statistics.median(seconds),
        "load": loaded,
        "memory": own_peak_mb(),
        "tokens": facts["count"](passages) if "count" in facts else 0,
    }
    facts.pop("count", None)
    np.save(work / name, vectors)
    np.save(work / f"{name}-queries", np.concatenate(of_queries))
    print(json.dumps(facts))


def _product(folder: Path) -> tuple[Callable[[list[str]], Vectors], Callable[[str], Vectors], dict]:
    from index.encoder import SentenceEncoder
    from index.runtime import has_bfloat16

    encoder = SentenceEncoder.load(folder)
    facts = {"bfloat16": has_bfloat16(), "count": lambda passages: float(np.mean(encoder.count_tokens(passages)))}
    return encoder.embed_passages, encoder.embed_query, facts


def _plain(folder: Path) -> tuple[Callable[[list[str]], Vectors], Callable[[str], Vectors], dict]:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    return (
        lambda passages: model.encode(passages, prompt_name="passage"),
        lambda text: model.encode([text], prompt_name="query"),
        {},
    )


def _timed(call: Callable[[str], Vectors], text: str) -> tuple[float, Vectors]:
    started = time.perf_counter()
    vector = call(text)
    return time.perf_counter() - started, vector


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        _measure(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
    else:
        sys.exit(main())
