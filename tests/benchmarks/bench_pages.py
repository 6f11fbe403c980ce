"""How long each page of the site takes to make with ten thousand records, as a visitor and as an administrator sees it.

    python -m tests.benchmarks.bench_pages [--records N] [--times N] [--keep FOLDER] [--only PART]

The collection is that of `bench_search`: five passages to a record, spread over Europe. Every address that can be
read is asked for with other records and questions each time, first once to warm up. What is sent while it is written
counts until it begins. Exits with 1 when 95 of 100 answers of any page take longer than 200 ms.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.routing import Rule

from kb.bootstrap import Kb
from kb.db.entities import Record
from kb.places import on_sphere
from kb.settling import settle
from kb.values import Point
from tests.benchmarks.bench_search import FILLED, PER_RECORD, ROOT, fill, opened, questions
from tests.support import people
from webui.app import create_app

SLOWEST = 0.200
"""Seconds that 95 of 100 answers may take."""

EVAL = ROOT.parent / "shared" / "eval"
QUERY = "search.results"


def main() -> int:
    """Fill a knowledge base, ask for every page, print what was found."""
    options = _options()
    with tempfile.TemporaryDirectory() as aside:
        folder = options.keep or Path(aside)
        kb = opened(folder)
        if not (folder / FILLED).exists():
            _fill(kb, options.records)
            (folder / FILLED).touch()
        app = create_app(kb)
        app.config.update(RATELIMIT_ENABLED=False)
        slow = [_report(app, who, options) for who in ("visitor", "administrator")]
        kb.close()
    return int(any(slow))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=40, help="How often each page is asked for.")
    parser.add_argument("--keep", type=Path, help="A folder to fill, or to ask again once it is filled.")
    parser.add_argument("--only", default="", help="Ask only for addresses that have this in them.")
    return parser.parse_args()


def _fill(kb: Kb, records: int) -> None:
    kb.database.upgrade()
    kb.models.add("multilingual-e5-small-q4")
    fill(kb, records * PER_RECORD, EVAL)
    published = func.coalesce(Record.published_at, Record.created_at)
    with kb.database.write() as session:
        session.execute(update(Record).values(published_at=published))
        session.execute(update(Record), [_somewhere(number) for number in range(1, records + 1)])
        assert session.execute(select(func.count()).select_from(Record)).scalar_one() == records
    people.add(kb, "administrator")


def _somewhere(number: int) -> dict[str, float]:
    """A place in Europe for a record."""
    point = Point(lat=36 + number * 7919 % 3000 / 100, lon=-9 + number * 104_729 % 3500 / 100)
    x, y, z = on_sphere(point)
    return {"id": number, "lat": point.lat, "lon": point.lon, "x": x, "y": y, "z": z}


def _report(app: Flask, who: str, options: argparse.Namespace) -> bool:
    kb: Kb = app.extensions["kb"]
    client = people.client(app, people.add(kb, "administrator") if who == "administrator" else None)
    rng, worst = random.Random(21), 0.0
    print(f"as {who}, {options.records} records")
    client.get("/search?q=raccolta+porta+a+porta")
    settle()  # As the server does once it is warm.
    for rule in sorted(app.url_map.iter_rules(), key=str):
        if "GET" not in (rule.methods or ()) or options.only not in str(rule):
            continue
        addresses = _addresses(app, rule, rng, options.records)
        took = _times(client, itertools.islice(addresses, options.times + 1))
        if took:
            slowest = sorted(took)[min(len(took) - 1, int(0.95 * len(took)))]
            worst = max(worst, slowest)
            mark = "  <-- too slow" if slowest > SLOWEST else ""
            print(f"{rule!s:60} median {1e3 * statistics.median(took):6.0f} ms, 95th {1e3 * slowest:6.0f} ms{mark}")
    return worst > SLOWEST


def _addresses(app: Flask, rule: Rule, rng: random.Random, records: int) -> Iterator[str]:
    """Addresses of a rule, each with other values; none for a rule whose values cannot be made up."""
    asked = itertools.cycle(questions(EVAL))
    while True:
        values: dict[str, object] = {}
        for name in rule.arguments:
            if not name.endswith("_id") or name in ("account_id", "search_id"):
                return
            values[name] = rng.randint(1, records)
        if rule.endpoint == QUERY or "suggest" in rule.endpoint:
            values["q"] = next(asked)
        with app.test_request_context():
            yield app.url_map.bind("localhost").build(rule.endpoint, values)


def _times(client: FlaskClient, addresses: Iterator[str]) -> list[float]:
    """Seconds that each answer took, but for the first; empty where the pages are not this person's to read."""
    took: list[float] = []
    for address in addresses:
        began = time.perf_counter()
        answer = client.get(address)
        if not answer.is_streamed:
            _ = answer.data
        took.append(time.perf_counter() - began)
        answer.close()
        if answer.status_code >= 500:
            raise RuntimeError(f"{address}: {answer.status_code}")
        if answer.status_code >= 300:
            return []
    return took[1:]


if __name__ == "__main__":
    sys.exit(main())
