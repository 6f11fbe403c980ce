"""How many passages of PDFs the viewer finds on their pages: `python -m tests.benchmarks.bench_viewer FOLDER`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import Error, Page, sync_playwright

from kb.bootstrap import Kb
from kb.services.fields import parse
from kb.values import OPERATOR, DocumentView
from kb.worker import Worker
from tests.browser.conftest import FLAGS, chromium
from tests.support.tiny import tiny_kb
from tests.web.serving import served

SHARES = """async ({address, document, passages}) => {
  const {letters, find} = await import(`${address}passage.js`);
  const pdfjs = await import(`${address}vendor/pdfjs/pdf.mjs`);
  pdfjs.GlobalWorkerOptions.workerSrc = `${address}vendor/pdfjs/pdf.worker.mjs`;
  const pdf = await pdfjs.getDocument({url: document, verbosity: 0, useWasm: false, isEvalSupported: false,
    cMapUrl: `${address}vendor/pdfjs/cmaps/`}).promise;
  const texts = new Map();
  const textOf = async number => {
    if (!texts.has(number)) {
      const content = await (await pdf.getPage(number)).getTextContent();
      texts.set(number, content.items.map(item => item.str));
    }
    return texts.get(number);
  };
  const shares = [];
  for (const [text, first, last] of passages) {
    const pieces = [];
    for (let number = first; number <= last; number += 1) pieces.push(...await textOf(number));
    const wanted = letters([text]).text, page = letters(pieces).text;
    const found = find(wanted, page).reduce((sum, [from, to]) => sum + to - from, 0);
    shares.push(page.length ? found / wanted.length : -1);
  }
  await pdf.loadingTask.destroy();
  return shares;
}"""
"""Of each passage the letters that would be marked, as a share of its own; -1 where the pages have no text."""


def main(folder: Path) -> None:
    """Print, over all passages, how much of each is found."""
    with tempfile.TemporaryDirectory() as place:
        kb = tiny_kb(Path(place))
        for path in sorted(folder.rglob("*.pdf")):
            row = {"key": path.stem[:150], "title": path.stem[:200], "language": "und"}
            kb.intake.add_record(parse(row, where=path.name), (path,), source="bench")
        Worker(kb).drain()
        with served(kb) as (host, port, _):
            shares = np.concatenate([*_shares(kb, f"http://{host}:{port}")])
        kb.close()
    seen = shares[shares >= 0]
    print(f"{shares.size} passages, {shares.size - seen.size} of them on pages without text")
    for least in (0.95, 0.8, 0.3):
        print(f"at least {least:.0%} of the letters marked: {np.mean(seen >= least):.1%}")
    print(f"more than 1.3 times as many letters marked: {np.mean(seen > 1.3):.1%}")


def _shares(kb: Kb, site: str) -> Iterator[np.ndarray]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page()
        page.goto(site)
        address = page.locator("link[href*='site.css']").get_attribute("href").removesuffix("site.css")  # type: ignore[union-attr]
        for document in _pdfs(kb):
            yield _of(page, site + address, document)
        browser.close()


def _pdfs(kb: Kb) -> Iterator[DocumentView]:
    for record in kb.catalog.latest(OPERATOR, 1000):
        for document in kb.catalog.record(record.record_id, OPERATOR).documents:
            if document.media_type == "application/pdf" and document.passages:
                yield document


def _of(page: Page, address: str, document: DocumentView) -> np.ndarray:
    passages = [(one.text, one.page_from, one.page_to or one.page_from) for _, one in document.passages]
    asked = {"address": address, "document": f"/documents/{document.document_id}/original", "passages": passages}
    try:
        shares = np.array(page.evaluate(SHARES, asked))
    except Error as error:
        print(f"{document.name}: {str(error).splitlines()[0]}")
        return np.array([])
    print(f"{document.name}: {len(passages)} passages, median {np.median(shares):.3f}, least {shares.min():.3f}")
    return shares


if __name__ == "__main__":
    main(Path(sys.argv[1]))
