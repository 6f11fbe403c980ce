"""The command `kb`: parse, call a service, print; heavy imports happen inside the command that needs them."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kb import console, errors, exporting, log_commands, narrowed, sentences, user_commands
from kb.command import Commands, json_option, opened
from kb.errors import KbError
from kb.values import OPERATOR

if TYPE_CHECKING:
    from kb.bootstrap import Kb
    from kb.values import Outcome, Query, Results

EXIT_CODES: tuple[tuple[type[KbError], int], ...] = (
    (errors.InvalidInput, 2),
    (errors.NotFound, 3),
    (errors.NotAllowed, 4),
    (errors.Outdated, 4),
    (errors.NotReady, 5),
    (errors.IngestError, 6),
    (KbError, 1),
)
"""Class of error → exit code; the first that fits counts. 0 is success, 130 an interruption."""

LANGUAGE = "agora21.language"
"""Where a command's context keeps the language of its sentences."""

PARTLY = 6
"""Exit code when some of what was handed in could not be read."""


def main(argv: Sequence[str] | None = None, shelf: Callable[..., Any] | None = None) -> None:
    """Run the command line and end the process with the documented exit code."""
    try:
        code = commands.main(args=argv, prog_name="kb", standalone_mode=False, obj=shelf)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted; running the same command again goes on from here.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KbError as error:
        click.echo(f"Error: {error.message}", err=True)
        sys.exit(exit_code(error))


def exit_code(error: KbError) -> int:
    """The exit code of an error's class."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


state_option = click.option(
    "--state",
    type=click.Choice(["draft", "submitted", "published"]),
    default="published",
    show_default=True,
    help="State in which records enter; only published ones are found.",
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="agora21", prog_name="kb")
@click.option(
    "--language",
    type=click.Choice(sentences.LANGUAGES),
    help="Language in which it is said what became of documents (KB_LANGUAGE, LANG).",
)
@click.pass_context
def commands(ctx: click.Context, language: str | None) -> None:
    """Agorà 21: find the place that solved it, in whatever language it wrote.

    Exit codes: 0 done, 2 the request cannot be understood, 3 not found, 4 not allowed, 5 something must be made ready
    first, 6 some documents could not be read, 1 any other error, 130 interrupted.
    """

    ctx.meta[LANGUAGE] = language


def _language(configured: str) -> str:
    """The language of sentences: the option has the first word, then the setting, then the environment."""
    asked = click.get_current_context().meta.get(LANGUAGE)
    locale = [os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)]
    return sentences.preferred(asked or configured or next(iter(locale), ""))


@commands.command()
def init() -> None:
    """Create the database and build the bundled encoder, or bring both up to date."""
    with opened(fresh=True) as kb:
        _initialise(kb)


def _initialise(kb: Kb) -> None:
    from index.bundled import BUNDLED_NAME

    kb.database.upgrade()
    models = kb.models.overview()
    if not any(model.in_use for model in models):
        names = [model.name for model in models]
        with console.progress() as stage:
            kb.models.add(BUNDLED_NAME if BUNDLED_NAME in names else names[0], stage("Building the encoder"))


@commands.command()
@click.option("--serve/--no-serve", default=True, show_default=True, help="Serve the collection afterwards.")
def demo(serve: bool) -> None:
    """Load the sample, 120 records told in twenty languages and ten collections of them, and serve it."""
    from kb import imports, resources

    with opened(fresh=True) as kb:
        _initialise(kb)
        with console.progress() as stage:
            outcomes = imports.run(kb, resources.SAMPLE / "records.jsonl", "published", stage)
        if failed := [one for one in outcomes if one.status in ("failed", "rejected")]:
            console.say_outcomes(failed, _language(kb.config.language))
        kb.shelving.take_in(resources.SAMPLE / "collections.jsonl", OPERATOR)
        if serve:
            _serve(kb, worker=kb.config.worker)


@commands.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@state_option
@json_option
@click.pass_context
def add(ctx: click.Context, files: tuple[Path, ...], state: Any, as_json: bool) -> None:
    """Add FILES, each as a record of its own, and make them searchable.

    The files in an archive (ZIP) and those attached to a letter (EML) become documents of its record, each with an
    outcome of its own. A file that cannot be read is named with the reason, and nothing of it stays.
    """
    from kb import imports

    with opened() as kb:
        with console.progress() as stage:
            outcomes = imports.add(kb, files, state, stage)
        _report(ctx, outcomes, kb.config.language, as_json)


@commands.command(name="import")
@click.argument("manifest", type=click.Path(path_type=Path))
@state_option
@json_option
@click.pass_context
def import_(ctx: click.Context, manifest: Path, state: Any, as_json: bool) -> None:
    """Import a folder of files, or a CSV or JSON Lines MANIFEST with one row a record.

    A row's column 'file' names its files (several with ';' between), relative to the manifest. The other columns are
    the fields of a record: key, kind, title (required), summary, language, keywords, country, region, nuts,
    municipality, lau, lat, lon, population, scale, territory, promoter, promoter_kind, partners ("name: what it gave"),
    beneficiaries, contact_name, contact_email, contact_phone, contact_consent, challenge, objectives, solution,
    innovation, participation, results, indicators ("name|value|unit|baseline"), success_factors, limiting_factors,
    lessons, transferability, cost, funding, programme, legal_background, abstract, themes, sdgs, aalborg, instruments,
    status, start, end, lifetime, authors, publisher, year, doi, study_type, licence, source_url, third_party, photo,
    photo_credit.

    An interrupted import goes on when the same command is run again.
    """
    from kb import imports

    with opened() as kb:
        with console.progress() as stage:
            outcomes = imports.run(kb, manifest, state, stage)
        _report(ctx, outcomes, kb.config.language, as_json)


def _report(ctx: click.Context, outcomes: Sequence[Outcome], language: str, as_json: bool) -> None:
    if as_json:
        console.say_json({"outcomes": [asdict(one) for one in outcomes], **console.summary(outcomes)})
    else:
        console.say_outcomes(outcomes, _language(language))
    if any(one.status in ("failed", "rejected") for one in outcomes):
        ctx.exit(PARTLY)


@commands.command()
@click.argument("text", nargs=-1, required=True)
@narrowed.options
@json_option
def search(text: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Find the records that answer TEXT, in whatever language they are written.

    Values of one option are alternatives, options are all required; both act before ranking.
    """
    with opened() as kb:
        results = kb.search.search(narrowed.query(kb, " ".join(text), given), OPERATOR)
        kb.models.save()
        if as_json:
            console.say_json(console.results_json(results, f"http://{kb.config.host}:{kb.config.port}"))
        else:
            console.say_results(results)


@commands.command(name="list")
@narrowed.options
@json_option
def list_records(as_json: bool, **given: Any) -> None:
    """List the records that pass the options, newest first, with counts for each facet."""
    with opened() as kb:
        listing = kb.browsing.browse(narrowed.query(kb, "", given), OPERATOR)
        if as_json:
            console.say_json(console.listing_json(listing, f"http://{kb.config.host}:{kb.config.port}"))
        else:
            console.say_listing(listing)


@commands.command()
@click.argument("of", metavar="ID|FILE|-", required=False)
@click.option("--text", help="A text that others are to be like, instead of a record or a file.")
@click.option("--limit", default=10, show_default=True, help="How many records.")
@json_option
def similar(of: str | None, text: str | None, limit: int, as_json: bool) -> None:
    """Find the records most like another one, a file or a text ('-' reads it), in whatever language they are written.

    A whole number is the ID of a record. Nothing of a file or a text is stored.
    """
    from kb.values import Query

    if (of is None) == (text is None):
        raise click.UsageError("Name a record or a file, or give a text with --text.")
    with opened() as kb:
        if of == "-":
            text = sys.stdin.buffer.read().decode("utf-8", "replace")
        results = _similar(kb, of or "", text, Query(text="", limit=limit))
        kb.models.save()
        if as_json:
            console.say_json(console.results_json(results, f"http://{kb.config.host}:{kb.config.port}"))
        else:
            console.say_results(results)


def _similar(kb: Kb, of: str, text: str | None, page: Query) -> Results:
    """The records like a text where there is one, else like the record or the file of that name."""
    from kb.values import OPERATOR

    if text is not None:
        return kb.similar.to_text(text, OPERATOR, page)
    if of.isdecimal():
        return kb.similar.to_record(int(of), OPERATOR, page)
    return kb.similar.to_file(Path(of), Path(of).name, OPERATOR, page)


@commands.command()
@click.argument("record", type=int)
@json_option
def show(record: int, as_json: bool) -> None:
    """Show a RECORD with its documents and passages, what resembles it, and what its documents suggest of it."""
    with opened() as kb:
        view = kb.catalog.record(record, OPERATOR)
        found = kb.duplicates.of_record(record, OPERATOR)
        versions = kb.duplicates.versions(record, OPERATOR)
        suggested = kb.proposals.of_record(record, OPERATOR)
    if as_json:
        alike = {"resembles": [asdict(one) for one in found], "versions": [asdict(one) for one in versions]}
        proposals = [asdict(one) for one in suggested]
        console.say_json({**asdict(view), "details": dict(view.details), **alike, "proposals": proposals})
    else:
        console.say_record(view, _language(kb.config.language))
        console.say_resembling(found)
        console.say_versions(versions)
        console.say_proposals(suggested)


@commands.command()
@click.argument("record", type=int, required=False)
@click.option("--dismiss", type=int, metavar="OTHER", help="Keep that RECORD and OTHER are no duplicates.")
@click.option("--restore", type=int, metavar="OTHER", help="Offer RECORD and OTHER again.")
@json_option
def duplicates(record: int | None, dismiss: int | None, restore: int | None, as_json: bool) -> None:
    """List the records that resemble RECORD, or all pairs that do, the most alike first.

    The percentage is the share of the shorter document that is found in the other. Nothing follows from it by itself.
    """
    if record is None and (dismiss, restore) != (None, None):
        raise click.UsageError("Name the RECORD whose likeness to the other you decide on.")
    with opened() as kb:
        if record is not None and dismiss is not None:
            kb.duplicates.dismiss(record, dismiss, OPERATOR)
        if record is not None and restore is not None:
            kb.duplicates.restore(record, restore, OPERATOR)
        if record is None:
            pairs = kb.duplicates.everything(OPERATOR)
        else:
            pairs = tuple((record, one) for one in kb.duplicates.of_record(record, OPERATOR))
    if as_json:
        console.say_json([{"of_record": own, **asdict(one)} for own, one in pairs])
    else:
        rows = [(own, f"{one.percent} %", one.relation, one.record, one.title) for own, one in pairs]
        console.table("", ("record", "alike", "how", "other", "title"), rows)


@commands.command()
@click.option("--once", is_flag=True, help="End when nothing is left to do.")
def worker(once: bool) -> None:
    """Read what waits to be read, and embed what a new model lacks; several workers share the work."""
    from kb.worker import Worker

    with opened() as kb, console.progress() as stage:
        loop = Worker(kb, progress=stage("Embedding"))
        if once:
            loop.drain()
        else:
            loop.run()


@commands.command()
@click.option("--host", help="Address to listen on (KB_HOST).")
@click.option("--port", type=int, help="Port to listen on (KB_PORT).")
@click.option("--worker/--no-worker", default=None, help="Run a worker beside the web server (KB_WORKER).")
def serve(host: str | None, port: int | None, worker: bool | None) -> None:
    """Serve the web pages until interrupted."""
    given: dict[str, Any] = {"host": host, "port": port, "worker": worker}
    with opened(**{name: value for name, value in given.items() if value is not None}) as kb:
        _serve(kb, worker=kb.config.worker)


def _serve(kb: Kb, *, worker: bool) -> None:
    import threading

    from kb.beside import Beside
    from webui.server import serve as serve_pages

    kb.models.in_use_id()
    # Pages answer at once; the encoder takes some seconds to load, which the first search need not wait for.
    threading.Thread(target=_warm_up, args=(kb,), name="warm-up", daemon=True).start()
    beside = Beside(kb.config, click.get_current_context().obj)
    if worker:
        beside.start()
    try:
        serve_pages(kb, on_ready=lambda address: console.say(f"Agorà 21 answers at {address} (Ctrl+C ends it)"))
    finally:
        beside.stop()
        kb.models.save(always=True)


def _warm_up(kb: Kb) -> None:
    """Load all that a search needs by searching, the dictionary that takes a long word apart among it."""
    from kb.settling import settle
    from kb.values import VISITOR, Query

    try:
        kb.search.search(Query(text="Agorà 21: Nachhaltigkeit"), VISITOR)
    except KbError as error:
        logging.getLogger(__name__).warning("%s", error)
    settle()


@commands.command()
@click.option("--sweep", is_flag=True, help="Also delete orphaned files and the news of old removals.")
@json_option
@click.pass_context
def check(ctx: click.Context, sweep: bool, as_json: bool) -> None:
    """Check that database, originals and indexes agree; exit code 1 when they do not."""
    with opened() as kb:
        findings = kb.checks.everything()
        swept = kb.checks.sweep() if sweep else None
    if as_json:
        console.say_json({"findings": [asdict(one) for one in findings], "swept": swept})
    else:
        console.table("", ("", "what", "finding"), [(one.level, one.subject, one.message) for one in findings])
    if any(one.level == "error" for one in findings):
        ctx.exit(1)


@commands.command(name="eval")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--foreign",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Another set, whose queries FOLDER cannot answer; may be given several times.",
)
@json_option
def eval_(folder: Path, foreign: tuple[Path, ...], as_json: bool) -> None:
    """Measure retrieval on FOLDER (corpus.jsonl, queries.jsonl, qrels.tsv) in a throw-away index."""
    from kb.services import evaluation

    with _throw_away() as kb:
        bench = evaluation.Bench(kb.database, kb.models, kb.search, kb.tools)
        with console.progress() as stage:
            report = evaluation.evaluate(folder, bench, stage, foreign)
    if as_json:
        console.say_json(report)
    else:
        rows = [
            (name, *(report[name][metric] for metric in evaluation.METRICS)) for name in ("dense", "lexical", "search")
        ]
        console.table(f"{report['set']}: {report['queries']} queries", ("method", *evaluation.METRICS), rows)
        console.table("told that nothing answers", ("queries", "part"), list(report["refused"].items()))


@contextmanager
def _throw_away() -> Iterator[Kb]:
    """A knowledge base that is gone afterwards, with the encoders of this machine."""
    with tempfile.TemporaryDirectory(prefix="kb-eval-") as aside, opened(fresh=True, data=Path(aside)) as kb:
        _initialise(kb)
        yield kb


@commands.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), help="Where to write; where the weights are read."
)
@json_option
def fit(folders: tuple[Path, ...], to: Path | None, as_json: bool) -> None:
    """Fit the search's weights and its probability to labelled sets, two or more, and write them with the evidence."""
    from kb import fitting, resources
    from kb.services import evaluation

    fitting.check(folders)
    target = to or resources.SEARCH
    with console.progress() as stage:
        asked = fitting.gather(folders, evaluation.nonsense(), _throw_away, stage)
    with _throw_away() as kb:
        model = kb.models.in_use_name()
    evidence = fitting.write(target, asked, model)
    if as_json:
        console.say_json(evidence)
        return
    rows = [
        (name, part, *(found[part][metric] for metric in ("MRR@10", "nDCG@10")), *found[part]["refused"].values())
        for name, found in evidence["sets"].items()
        for part in ("fitted", "held_out")
    ]
    title = f"threshold {evidence['threshold']}; refused: own, foreign, nonsense"
    console.table(title, ("set", "weights", "MRR@10", "nDCG@10", "own", "foreign", "nonsense"), rows)


@commands.command(name="config")
@json_option
def config_(as_json: bool) -> None:
    """Show every setting with its value and where it comes from; secrets are masked."""
    from kb import config

    rows = config.describe(config.load())
    if as_json:
        console.say_json(rows)
    else:
        console.table("", ("setting", "value", "source", "meaning"), [tuple(row.values()) for row in rows])


commands.add_command(exporting.export)


@commands.group(cls=Commands)
def collection() -> None:
    """Collections: chosen records under a title, to narrow by."""


@collection.command(name="list")
@json_option
def list_collections(as_json: bool) -> None:
    """List the collections and how many records each holds."""
    with opened() as kb:
        collections = kb.collections.list(OPERATOR)
    if as_json:
        shown = ("key", "title", "visibility", "records")
        console.say_json([{name: getattr(one, name) for name in shown} for one in collections])
    else:
        rows = [(one.key, one.title, one.visibility, one.records) for one in collections]
        console.table("", ("key", "title", "visibility", "records"), rows)


@collection.command(name="create")
@click.argument("key")
@click.argument("title")
@click.option(
    "--visibility",
    type=click.Choice(["private", "shared", "public"]),
    default="private",
    show_default=True,
    help="For its owner, for everybody with an account, or for all.",
)
def create_collection(key: str, title: str, visibility: Any) -> None:
    """Begin an empty collection with a KEY for addresses and a TITLE for people."""
    with opened() as kb:
        kb.collections.create(key, title, OPERATOR, visibility=visibility)


@collection.command(name="import")
@click.argument("table", type=click.Path(path_type=Path))
def import_collections(table: Path) -> None:
    """Make the collections of a JSON Lines TABLE that are not there yet, records named by their keys."""
    with opened() as kb:
        for key in kb.shelving.take_in(table, OPERATOR):
            click.echo(key)


@collection.command(name="add")
@click.argument("key")
@click.argument("records", nargs=-1, required=True, type=int)
@click.option("--note", default="", help="Why they are in it.")
def add_to_collection(key: str, records: tuple[int, ...], note: str) -> None:
    """Put RECORDS at the end of the collection KEY."""
    with opened() as kb:
        for record in records:
            kb.collections.add(key, record, OPERATOR, note=note)


@collection.command(name="remove")
@click.argument("key")
@click.argument("records", nargs=-1, required=True, type=int)
def remove_from_collection(key: str, records: tuple[int, ...]) -> None:
    """Take RECORDS out of the collection KEY; they stay in the catalogue."""
    with opened() as kb:
        for record in records:
            kb.collections.remove(key, record, OPERATOR)


@collection.command(name="delete")
@click.argument("key")
def delete_collection(key: str) -> None:
    """Delete the collection KEY; its records stay in the catalogue."""
    with opened() as kb:
        kb.collections.delete(key, OPERATOR)


@commands.group(cls=Commands)
def document() -> None:
    """Documents: what a curator states of one, whatever was detected."""


@document.command(name="language")
@click.argument("document_id", metavar="ID", type=int)
@click.argument("code", required=False)
@click.option("--detect", is_flag=True, help="Take back what was stated, and have the document read again.")
def document_language(document_id: int, code: str | None, detect: bool) -> None:
    """State that the document ID, as 'kb show' names it, is in the language CODE, such as 'it'.

    Passages that were found to be in another language keep theirs. Reading the document again keeps what was stated.
    """
    if bool(code) == detect:
        raise click.UsageError("Give the language's code, such as 'it', or --detect.")
    with opened() as kb:
        if code:
            changed = kb.languages.state(document_id, code)
            click.echo(f"Document {document_id} is in '{code}'; {changed} passages are found under it.")
        else:
            kb.languages.detect_again(document_id)
            click.echo(f"The language of document {document_id} is detected when 'kb worker' reads it again.")


@commands.group(cls=Commands)
def model() -> None:
    """Encoders: which there are, and which one is searched with."""


@model.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """List the encoders on this machine and in this knowledge base."""
    with opened() as kb:
        models = kb.models.overview()
    if as_json:
        console.say_json([asdict(one) for one in models])
        return
    rows = [
        (
            one.name,
            "in use" if one.in_use else "added" if one.known else "",
            one.built,
            one.dimension,
            one.passages,
            one.lacking,
        )
        for one in models
    ]
    console.table("", ("encoder", "state", "built", "dimension", "passages", "lacking"), rows)


@model.command(name="add")
@click.argument("name")
def add_model(name: str) -> None:
    """Add the encoder NAME, or the sentence-transformers folder of that path; a worker then fills its vectors."""
    with opened() as kb, console.progress() as stage:
        kb.models.add(name, stage("Preparing the encoder"))


@model.command(name="use")
@click.argument("name")
def use_model(name: str) -> None:
    """Search with the encoder NAME from the next query on; refused while passages lack its vectors."""
    with opened() as kb:
        kb.models.use(name)


@model.command(name="drop")
@click.argument("name")
def drop_model(name: str) -> None:
    """Forget the encoder NAME and its vectors."""
    with opened() as kb:
        kb.models.drop(name)


commands.add_command(user_commands.user)
commands.add_command(log_commands.log)
