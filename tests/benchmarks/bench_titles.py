"""How near proposed titles are to those that files name: `python -m tests.benchmarks.bench_titles FOLDER`.

A file's reference title is the one its metadata name: a PDF's or office file's title property, a page's `og:title` or
else its `<title>` without the site's name, a Markdown file's front matter; not a program's default, a file's name or
empty. As a proposal may come from the same place, each file is read a second time with that metadata hidden, by its
looks alone.
"""

from __future__ import annotations

import logging
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

import docx
from bs4 import BeautifulSoup
from pypdf import PdfWriter

from ingest.cleaning import clean
from ingest.extractors import extract
from ingest.extractors.pdf_facts import read_facts
from ingest.extractors.proposals import good_title

FEWEST_LETTERS = 300
RIGHT = 0.8
_SITE = re.compile(r"\s+[|–—»·-]\s+[^|–—»·]{2,40}$")


@dataclass(frozen=True, slots=True)
class Case:
    """A file that names its title, what is proposed, and what is proposed by its looks alone."""

    path: Path
    reference: str
    proposed: str | None
    by_looks: str | None


def similarity(one: str, other: str | None) -> float:
    """Share of letters and digits that stand in both in the same order (Ratcliff and Obershelp), without case."""
    texts = [" ".join(re.findall(r"\w+", (text or "").casefold())) for text in (one, other)]
    return SequenceMatcher(None, *texts, autojunk=False).ratio()


def pdf_title(path: Path) -> str | None:
    return read_facts(path).title


def hide_pdf(path: Path, copy: Path) -> None:
    writer = PdfWriter(clone_from=path)
    writer.metadata = None
    writer.root_object.pop("/Metadata", None)
    writer.write(copy)


def html_title(path: Path) -> str | None:
    soup = BeautifulSoup(path.read_text("utf-8", errors="replace"), "lxml")
    named = soup.find("meta", property="og:title")
    return str(named.get("content") or "") if named else _SITE.sub("", clean(soup.title.text)) if soup.title else None


def hide_html(path: Path, copy: Path) -> None:
    soup = BeautifulSoup(path.read_text("utf-8", errors="replace"), "lxml")
    for element in soup(["title", "meta", "script"]):
        element.decompose()
    copy.write_text(str(soup), "utf-8")


def docx_title(path: Path) -> str | None:
    return str(docx.Document(str(path)).core_properties.title)


def hide_docx(path: Path, copy: Path) -> None:
    document = docx.Document(str(path))
    document.core_properties.title = ""
    document.save(str(copy))


def markdown_title(path: Path) -> str | None:
    named = re.match(r"---\n(?:.*\n)*?title:\s*[\"']?(.+?)[\"']?\n", path.read_text("utf-8"))
    return named[1] if named else None


def hide_markdown(path: Path, copy: Path) -> None:
    copy.write_text(re.sub(r"\A---\n(?:.*\n)*?---\n", "", path.read_text("utf-8")), "utf-8")


KINDS = {
    ".pdf": (pdf_title, hide_pdf),
    ".html": (html_title, hide_html),
    ".docx": (docx_title, hide_docx),
    ".md": (markdown_title, hide_markdown),
}


def cases(folder: Path) -> Iterator[Case]:
    """All files below a folder that name their title and have text to be titled."""
    for path in sorted(path for path in folder.rglob("*") if path.suffix in KINDS):
        try:
            case = case_of(path)
        except Exception as error:
            # Damaged files are among them on purpose, and a library that copies them may raise anything.
            print(f"{path.name} was left out ({type(error).__name__}).", file=sys.stderr)
            continue
        if case:
            yield case


def case_of(path: Path) -> Case | None:
    """A file's titles, None when its metadata name none or it has next to no text."""
    name, hide = KINDS[path.suffix]
    extraction = extract(path, path.name)
    reference = good_title(name(path))
    if not reference or sum(len(block.text) for block in extraction.blocks) < FEWEST_LETTERS:
        return None
    with TemporaryDirectory() as folder:
        copy = Path(folder) / f"copy{path.suffix}"
        hide(path, copy)
        return Case(path, reference, extraction.proposal.title, extract(copy, copy.name).proposal.title)


def main() -> None:
    logging.disable(logging.CRITICAL)
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases(Path(sys.argv[1])):
        groups[case.path.suffix].append(case)
        if "-v" in sys.argv and similarity(case.reference, case.by_looks) < RIGHT:
            print(f"{case.path.name[:40]}\n    {case.reference}\n    {case.proposed}\n    {case.by_looks}")
    for suffix, found in groups.items():
        for what in ("proposed", "by_looks"):
            right = sum(similarity(case.reference, getattr(case, what)) >= RIGHT for case in found)
            print(f"{suffix} {what}: {right} of {len(found)} ({right / len(found):.3f})")


if __name__ == "__main__":
    main()
