"""What the commands that list records share: their options, made from the table of facets, and what these mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from kb import places
from kb.facets import FACETS
from kb.places import Municipality
from kb.values import OPERATOR, Filters, Point, Profile, Query

if TYPE_CHECKING:
    from kb.bootstrap import Kb

Command = Callable[..., Any]

OTHERS = (
    click.option("--collection", multiple=True, metavar="KEY", help="Only records of this collection (repeatable)."),
    click.option("--from", "year_from", type=int, metavar="YEAR", help="Only this year and later ones."),
    click.option("--to", "year_to", type=int, metavar="YEAR", help="Only this year and earlier ones."),
    click.option(
        "--near", metavar="PLACE", help="A municipality's name or ISTAT code, or LAT,LON: see --within, --sort."
    ),
    click.option("--within", type=float, metavar="KM", help="Only records at most so far from --near or --like-place."),
    click.option(
        "--like-place", metavar="PLACE", help="A municipality by name or ISTAT code: records of like ones first."
    ),
    click.option(
        "--same",
        multiple=True,
        metavar="WHAT",
        help="Only the 'region' or 'population' band of --like-place (repeatable).",
    ),
    click.option("--sort", metavar="ORDER", help="relevance, likeness (to --like-place), date or distance."),
    click.option("--limit", default=10, show_default=True, help="How many records."),
    click.option("--offset", default=0, show_default=True, help="How many records to pass over."),
)


def options(command: Command) -> Command:
    """Give a command every option that narrows, orders or pages a list of records."""
    narrowing = [
        click.option(
            f"--{facet.name}",
            multiple=True,
            metavar="VALUE",
            help=f"Only this {facet.what}, such as {facet.example} (repeatable).",
        )
        for facet in FACETS
    ]
    for option in reversed([*narrowing, *OTHERS]):
        command = option(command)
    return command


def query(kb: Kb, text: str, given: dict[str, Any]) -> Query:
    """The query that a command's text and options ask for.

    Raises:
        InvalidInput: a place is unknown or ambiguous, or options that belong together are not.
    """
    home = _municipality(given["like_place"])
    profile = kb.browsing.profile(home, OPERATOR) if home else None
    start = _start(given["near"])
    filters = Filters(
        **{facet.filter: given[facet.name] for facet in FACETS},
        collections=given["collection"],
        year_from=given["year_from"],
        year_to=given["year_to"],
    )
    return Query(
        text=text,
        filters=_around(
            _same(filters, home, given["same"]), start or (profile.point if profile else None), given["within"]
        ),
        sort=given["sort"] or ("likeness" if home else "relevance"),
        place=_place(profile, start),
        limit=given["limit"],
        offset=given["offset"],
    )


def _municipality(given: str | None) -> Municipality | None:
    return places.municipality(given) if given is not None else None


def _start(near: str | None) -> Point | None:
    """The point that `--near` names."""
    if near is None:
        return None
    if numbers := re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*", near):
        lat, lon = float(numbers[1]), float(numbers[2])
        if abs(lat) > 90 or abs(lon) > 180:
            raise click.UsageError(f"{near} lies nowhere: write degrees north, a comma, and degrees east.")
        return Point(lat=lat, lon=lon)
    home = _municipality(near)
    if home is None or home.point is None:
        raise click.UsageError(f"The coordinates of {home} are not known; write them as LAT,LON.")
    return home.point


def _same(filters: Filters, home: Municipality | None, same: tuple[str, ...]) -> Filters:
    from kb.services import comparable

    if not same:
        return filters
    if home is None:
        raise click.UsageError("Name a municipality with --like-place beside --same.")
    return comparable.narrowed(filters, home, same=same)


def _around(filters: Filters, centre: Point | None, km: float | None) -> Filters:
    from kb.services import comparable

    if km is None:
        return filters
    if centre is None:
        raise click.UsageError("Name the place to measure from with --near beside --within.")
    return replace(filters, within=comparable.around(centre, km))


def _place(profile: Profile | None, start: Point | None) -> Profile | None:
    """What records are compared with, and where distances begin: at `--near` where both are given."""
    if start is None:
        return profile
    return replace(profile or Profile(), point=start)
