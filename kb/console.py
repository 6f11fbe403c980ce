"""What the command line prints: tables, progress bars for a person who watches, and JSON for programs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kb import sentences

if TYPE_CHECKING:
    from kb.protocols import Progress
    from kb.values import DocumentView, Duplicate, Hit, Listing, Outcome, PassageHit, RecordView, Results, Suggested

LOOKS = {"ok": "green", "warning": "yellow", "error": "red"}


def say(text: str = "") -> None:
    """One line to standard output."""
    sys.stdout.write(text + "\n")


def say_json(value: object) -> None:
    """A value as JSON to standard output; moments as text."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table to standard output, as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title, title_justify="left")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(_plain(cell) for cell in row))
    Console(width=None if sys.stdout.isatty() else 120).print(shown)


def _plain(cell: object) -> Any:
    from rich.text import Text

    return Text("" if cell is None else str(cell))


@contextmanager
def progress() -> Iterator[Callable[[str], Progress]]:
    """Bars on standard error while somebody watches; `progress(title)` gives each stage its reporter."""
    if not sys.stderr.isatty():
        yield lambda _title: lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:

        def stage(title: str) -> Callable[[int, int], None]:
            task = bars.add_task(title, total=None)
            return lambda done, total: bars.update(task, completed=done, total=total)

        yield stage


# --- search ----------------------------------------------------------------------------------------


def results_json(results: Results, base_url: str) -> dict[str, Any]:
    """The documented JSON of a search."""
    return {
        "query": results.query.text,
        "language": results.language,
        "total": results.total,
        "answered": results.answered,
        "hits": [_hit_json(hit, passage, base_url) for hit in results.hits for passage in hit.passages[:1]],
        "facets": {name: dict(counts) for name, counts in results.facets.items()},
    }


def _hit_json(hit: Hit, passage: PassageHit, base_url: str) -> dict[str, Any]:
    return {
        "record": hit.record_id,
        "document": passage.document_id,
        "title": hit.title,
        "language": passage.language,
        "place": str(hit.place),
        "score": round(hit.score, 4),
        "probability": round(hit.probability, 4),
        "passage": passage.text,
        "pages": [page for page in (passage.page_from, passage.page_to) if page is not None],
        "heading": list(passage.heading),
        "url": f"{base_url}/records/{hit.record_id}#passage-{passage.passage_id}",
    }


def say_results(results: Results) -> None:
    """Hits as a person reads them in a terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    if results.total and not results.hits:
        console.print(f"There are no more: the results end at {results.total}.")
    elif not results.hits:
        console.print("Nothing in the collection answers this.")
    elif not results.answered:
        console.print("Nothing in the collection is likely to answer this; the nearest are:")
    for rank, hit in enumerate(results.hits, start=results.query.offset + 1):
        best = hit.passages[0]
        facts = [hit.kind, str(hit.place), str(hit.year or ""), best.language, pages(best), f"record {hit.record_id}"]
        console.print(Text.assemble(f"{rank}. ", (hit.title, "bold")))
        console.print(Text("   " + " · ".join(fact for fact in facts if fact), style="dim"))
        marked = [(span.text, "bold yellow" if span.marked else "") for span in best.snippet]
        console.print(Text.assemble("   ", *marked))


def pages(passage: PassageHit) -> str:
    """Where a passage stands, as it is cited."""
    if passage.page_from is None:
        return ""
    if passage.page_to in (None, passage.page_from):
        return f"p. {passage.page_from}"
    return f"pp. {passage.page_from}–{passage.page_to}"


def listing_json(listing: Listing, base_url: str) -> dict[str, Any]:
    """The documented JSON of a list."""
    return {
        "total": listing.total,
        "records": [_record_json(record, base_url) for record in listing.records],
        "facets": {name: dict(counts) for name, counts in listing.facets.items()},
    }


def _record_json(record: RecordView, base_url: str) -> dict[str, Any]:
    return {
        "record": record.record_id,
        "key": record.key,
        "kind": record.kind,
        "state": record.state,
        "title": record.title,
        "summary": record.summary,
        "language": record.language,
        "place": str(record.place),
        "year": record.year,
        "url": f"{base_url}/records/{record.record_id}",
    }


def say_listing(listing: Listing) -> None:
    """The records of a page, a line each, and how many there are."""
    rows = [
        (one.record_id, one.title, one.kind, str(one.place), one.language, one.year or "") for one in listing.records
    ]
    table("", ("record", "title", "kind", "place", "language", "year"), rows)
    say(f"{len(listing.records)} of {listing.total} records")


# --- records and outcomes --------------------------------------------------------------------------


def say_record(record: RecordView, language: str) -> None:
    """A record with its documents and passages, what is wrong with them told in `language`."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(record.title, style="bold"))
    facts = [record.kind, record.state, record.language, str(record.place), str(record.year or "")]
    console.print(Text(" · ".join(fact for fact in facts if fact), style="dim"))
    if record.summary:
        console.print(Text(record.summary))
    names = {document.document_id: document.name for document in record.documents}
    for document in record.documents:
        state = f"({document.media_type or 'not read yet'}, {document.status})"
        console.print(Text(f"\n{document.document_id}: {document.name} {state}", style="bold"))
        if document.container_id is not None:
            console.print(Text(f"out of {names.get(document.container_id, 'another document')}", style="dim"))
        for told, style in _condition(document, language):
            console.print(Text(told, style=style))
        for member in document.left_out:
            console.print(Text(f"{member.name}: {member.message}", style="yellow"))
        for passage_id, passage in document.passages:
            where = " › ".join(passage.heading)
            page = f"p. {passage.page_from}" if passage.page_from else ""
            console.print(Text(f"[{passage_id}] {where} {page} ({passage.language})", style="dim"))
            console.print(Text(passage.text))


def _condition(document: DocumentView, language: str) -> Iterator[tuple[str, str]]:
    """What a reader has to know of a document's text, each with its look."""
    if document.failure_message:
        yield _told(document.failure_code, document.failure_message, language), "red"
    elif document.lacking:
        yield _told("partly-needs-ocr", "", language), "red"
    if pages := document.recognised:
        percent = round(100 * sum(page.confidence for page in pages) / len(pages))
        yield sentences.tell("recognised", language, count=len(pages), percent=percent) or "", "yellow"
    for notice in document.notices:
        yield sentences.tell(notice.code, language, **notice.facts) or notice.message, "yellow"


def _told(code: str | None, message: str, language: str) -> str:
    """The English message, which is the more exact one, or the sentence of its code in another language."""
    if language == "en" and message:
        return message
    return sentences.tell(code or "", language) or message


def say_resembling(found: Sequence[Duplicate]) -> None:
    """What resembles a record, where anything does."""
    if found:
        rows = [(f"{one.percent} %", one.relation, one.record, one.title) for one in found]
        table("Resembles", ("alike", "how", "record", "title"), rows)


def say_versions(found: Sequence[Duplicate]) -> None:
    """The documents that tell the same in another language, where there are any."""
    if found:
        rows = [(f"{one.percent} %", one.language, one.document, one.record, one.title) for one in found]
        table("Language versions", ("alike", "language", "document", "record", "title"), rows)


def say_proposals(suggested: Sequence[Suggested]) -> None:
    """What a record's documents suggest of it, where they suggest anything."""
    if suggested:
        rows = [(one.field, one.value, f"{one.confidence:.2f}", one.passage_id, one.snippet) for one in suggested]
        table("Proposed, stated by nobody", ("field", "value", "confidence", "passage", "where"), rows)


def say_outcomes(outcomes: Sequence[Outcome], language: str) -> None:
    """What became of each file, told in `language`, and how many of each."""
    rows = [(one.source, one.status, one.code, one.passages or "", _outcome(one, language)) for one in outcomes]
    table("What became of each", ("source", "outcome", "code", "passages", "what to do"), rows)
    say(", ".join(f"{count} {status}" for status, count in tally(one.status for one in outcomes).items()))
    if codes := tally(one.code for one in outcomes if one.code):
        say("of these " + ", ".join(f"{count} {code}" for code, count in codes.items()))


def _outcome(one: Outcome, language: str) -> str:
    """What an outcome says, and what its document resembles most."""
    code = "partly-needs-ocr" if one.code and one.status in ("searchable", "unchanged") else one.code
    alike = [f"Resembles record {like.record}: {like.relation}, {like.percent} %." for like in one.resembles[:1]]
    return " ".join(filter(None, [_told(code, one.message, language), *alike]))


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How many of each status, and how many of each code among those that have one."""
    return {
        "summary": tally(one.status for one in outcomes),
        "codes": tally(one.code for one in outcomes if one.code),
    }


def tally(names: Iterable[str]) -> dict[str, int]:
    """How often each name occurs, in alphabetical order."""
    return dict(sorted(Counter(names).items()))
