"""Fits the curves from leaning to confidence to the sample collection, and says how right they are on records left out.

`python -m tests.benchmarks.bench_proposals`; the curves go into `kb/services/proposing.py` by hand.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sqlalchemy import select

from index import subjects
from kb import imports, resources
from kb.bootstrap import Kb, build
from kb.config import load
from kb.db.entities import Document, Embedding, Passage, Record
from kb.protocols import Vectors
from kb.services.comparing import _neutral
from kb.services.proposing import CURVES

Scores = NDArray[np.float64]
SHOWN = (0.5, 0.6, 0.7, 0.8, 0.9)


def main() -> None:
    """Import the sample into a throw-away knowledge base and print one table a vocabulary."""
    with tempfile.TemporaryDirectory() as aside:
        kb = build(load(data=Path(aside)))
        kb.database.upgrade()
        kb.models.add(kb.models.overview()[0].name)
        imports.run(kb, resources.SAMPLE / "records.jsonl", "published", lambda _: lambda _done, _total: None)
        for vocabulary in CURVES:
            measure(vocabulary, *labelled(kb, vocabulary))
        kb.close()


def labelled(kb: Kb, vocabulary: str) -> tuple[Scores, NDArray[np.bool_]]:
    """The leaning of each record to each term, and whether it has the term."""
    projection = kb.models.projection()
    terms = {
        name.partition("/")[2]: _neutral(projection, rows)
        for name, rows in kb.models.subjects().items()
        if name.startswith(vocabulary)
    }
    scores, right = [], []
    for stated, vectors in passages(kb):
        scores.append([one.score for one in subjects.leanings(_neutral(projection, vectors), terms)])
        right.append([term in {str(value) for value in stated.get(vocabulary, ())} for term in terms])
    return np.array(scores), np.array(right)


def passages(kb: Kb) -> list[tuple[dict[str, list[str]], Vectors]]:
    """What was stated of each record, and the raw vectors of its passages."""
    chosen = select(Record.id, Record.details, Embedding.data).join(Document, Document.record_id == Record.id)
    joined = chosen.join(Passage, Passage.document_id == Document.id).join(
        Embedding, Embedding.passage_id == Passage.id
    )
    stated, data = {}, defaultdict(list)
    with kb.database.read() as session:
        for row in session.execute(joined.order_by(Passage.id)):
            stated[row.id] = row.details
            data[row.id].append(np.frombuffer(row.data, dtype="<f4"))
    return [(stated[id_], np.stack(rows)) for id_, rows in data.items()]


def measure(vocabulary: str, scores: Scores, right: NDArray[np.bool_]) -> None:
    """Print the curve of all records, and precision and recall of the curves that each record was left out of."""
    intercept, slope = fit(scores, right)
    print(f"{vocabulary}: intercept {intercept:.3f}, slope {slope:.1f}")
    left_out = [
        confidences(fit(np.delete(scores, row, 0), np.delete(right, row, 0)), scores[row]) for row in range(len(scores))
    ]
    told = np.array(left_out)
    for shown in SHOWN:
        offered = told >= shown
        precision, recall = right[offered].mean(), (offered & right).sum() / right.sum()
        print(f"  {shown}: {offered.sum()} proposed, precision {precision:.2f}, recall {recall:.2f}")


def confidences(curve: tuple[float, float], scores: Scores) -> Scores:
    return 1 / (1 + np.exp(-(curve[0] + curve[1] * scores)))


def fit(scores: Scores, right: NDArray[np.bool_]) -> tuple[float, float]:
    """Intercept and slope of the logistic curve that makes what is right most likely."""
    # The scores are hundredths, so the slope is sought in hundreds.
    signs, leanings = np.where(right, 1, -1).ravel(), 100 * scores.ravel()

    def loss(curve: Scores) -> float:
        return float(np.logaddexp(0, -signs * (curve[0] + curve[1] * leanings)).sum())

    found = minimize(loss, np.array([0.0, 1.0])).x
    return float(found[0]), float(100 * found[1])


if __name__ == "__main__":
    main()
