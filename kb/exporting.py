"""The command `kb export`: the catalogue, or a collection, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from kb.values import OPERATOR, Query

if TYPE_CHECKING:
    from kb.bootstrap import Kb
    from kb.values import RecordView


@click.command()
@click.option("--collection", metavar="KEY", help="Only the records of this collection, in its order.")
@click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True, help="What to print."
)
def export(collection: str | None, form: str) -> None:
    """Print every record, drafts among them, with all its fields: CSV in UTF-8, as `kb import` takes it, or JSON."""
    from kb.command import opened
    from kb.services import exports

    with opened() as kb:
        found = _records(kb, collection)
        if form == "csv":
            written = exports.as_csv((record, _address(kb, record), {}) for record in found)
        else:
            written = exports.as_json(exports.as_data(record, _address(kb, record)) for record in found)
        for part in written:
            click.echo(part, nl=False)


def _records(kb: Kb, collection: str | None) -> Iterator[RecordView]:
    if collection is not None:
        return iter(kb.collections.page(collection, OPERATOR).records)
    return kb.exports.records(Query(sort="date"), OPERATOR, most=10**9)


def _address(kb: Kb, record: RecordView) -> str:
    return f"{kb.config.site}/records/{record.record_id}"
