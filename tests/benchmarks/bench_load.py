"""Fifty people read while five upload: errors, waiting times and memory of the real server over some minutes.

    python -m tests.benchmarks.bench_load [--minutes M] [--readers N] [--uploaders N] [--pause SECONDS] [--data FOLDER]

The server is `kb serve` with its worker, on loopback, with the sample collection unless a folder is given. A
reader asks, looks at a record, goes through a list, and thinks in between, as long as `--pause` says on average; an
uploader hands in files of her own. Exits with 1 on any error, when 95 of 100 searches take longer than 300 ms, or when
the server's memory still grows after the first third.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests

from kb.bootstrap import build
from kb.config import load
from kb.values import NewAccount
from tests.support.people import PASSWORD

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("kb")
SLOWEST = 0.300
"""Seconds that 95 of 100 searches may take."""

GROWTH = 1.10
"""How much more the last third may take than the second one, in memory."""

WORDS = (
    "raccolta differenziata porta a porta",
    "mense scolastiche biologiche",
    "energia rinnovabile per un paese",
    "piste ciclabili sicure per la scuola",
    "how to cool a city in summer",
    "car-free town centre",
    "community owned wind power",
    "Abfall vermeiden im Dorf",
    "Bürgerbeteiligung bei der Planung",
    "rénovation énergétique des bâtiments publics",
    "gestion de l'eau de pluie",
    "participación ciudadana presupuesto",
    "zmniejszenie emisji w gminie",
    "orti urbani condivisi",
    "ridurre il traffico davanti alle scuole",
    "turismo sostenibile nei parchi",
    "acqua pubblica risparmio idrico",
)


@dataclass
class Seen:
    """What the readers and uploaders met with."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, kind: str, ask: Callable[[], requests.Response]) -> requests.Response | None:
        """Ask, and note how long it took and what came of it."""
        began = time.perf_counter()
        try:
            answer = ask()
        except requests.RequestException as error:
            with self.lock:
                self.failures.append(f"{kind}: {type(error).__name__}")
            return None
        with self.lock:
            self.seconds[kind].append(time.perf_counter() - began)
            self.statuses[kind, answer.status_code] += 1
            if answer.status_code >= 400:
                self.failures.append(f"{kind}: {answer.status_code}")
        return answer


def main() -> int:
    """Run the load and print what was found; the exit code says whether it is what the product promises."""
    options = _options()
    with tempfile.TemporaryDirectory() as work:
        data = options.data or Path(work) / "data"
        people = _prepare(data, options)
        server, url = _serve(data)
        try:
            seen, memory = _load(url, server.pid, people, options)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    return _report(seen, memory, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--uploaders", type=int, default=5)
    parser.add_argument("--pause", type=float, default=8.0, help="Seconds a person thinks between two pages.")
    parser.add_argument("--data", type=Path, help="A data folder to serve; the sample collection without it.")
    return parser.parse_args()


def _prepare(data: Path, options: argparse.Namespace) -> list[str]:
    """A knowledge base with the sample in it, and one contributor for each uploader."""
    environment = {**os.environ, "KB_DATA": str(data)}
    kb_command = [str(COMMAND)]
    subprocess.run([*kb_command, "init"], env=environment, check=True)
    if options.data is None:
        subprocess.run(
            [*kb_command, "import", str(ROOT / "data" / "sample" / "records.jsonl")], env=environment, check=True
        )
    kb = build(load(data=data))
    emails = [f"uploader{number}@comune.example" for number in range(options.uploaders)]
    known = {account.email for account in kb.accounts.list()}
    for email in emails:
        if email not in known:
            kb.accounts.add(NewAccount(email=email, role="contributor", password=PASSWORD, verified=True))
    kb.close()
    return emails


def _serve(data: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "KB_DATA": str(data), "KB_PORT": str(port), "KB_LIMITS": "false"}
    server = subprocess.Popen([str(COMMAND), "serve"], env=environment)
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            # Once around, for dictionaries and templates are loaded when they are first met.
            if all(requests.get(f"{url}/search", params={"q": words}, timeout=60).ok for words in WORDS):
                return server, url
        except requests.RequestException:
            time.sleep(0.5)
    raise TimeoutError("the server did not answer within two minutes")


def _load(url: str, pid: int, people: list[str], options: argparse.Namespace) -> tuple[Seen, list[float]]:
    seen, stop = Seen(), threading.Event()
    threads = [
        threading.Thread(target=_read, args=(url, number, seen, stop, options.pause))
        for number in range(options.readers)
    ]
    threads += [threading.Thread(target=_upload, args=(url, email, seen, stop)) for email in people]
    for thread in threads:
        thread.start()
    memory = _watch(pid, options.minutes * 60)
    stop.set()
    for thread in threads:
        thread.join(60)
    return seen, memory


def _watch(pid: int, seconds: float) -> list[float]:
    """Megabytes of the server and its worker, once a second; what they share counts once."""
    measured: list[float] = []
    server, deadline = psutil.Process(pid), time.monotonic() + seconds
    while time.monotonic() < deadline:
        measured.append(sum(_megabytes(one) for one in (server, *server.children())))
        time.sleep(1)
    return measured


def _megabytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


def _read(url: str, number: int, seen: Seen, stop: threading.Event, pause: float) -> None:
    rng, browser = random.Random(number), requests.Session()
    browser.headers["User-Agent"] = "bench_load"
    stop.wait(rng.expovariate(1 / pause))
    while not stop.is_set():
        query = " ".join(rng.sample(rng.choice(WORDS).split(), k=2)) if rng.random() < 0.5 else rng.choice(WORDS)
        answer = seen.call("search", lambda q=query: browser.get(f"{url}/search", params={"q": q}, timeout=30))
        stop.wait(rng.expovariate(1 / pause))
        records = re.findall(r'href="/records/(\d+)', answer.text) if answer is not None else []
        if records and not stop.is_set():
            id_ = rng.choice(records)
            seen.call("record", lambda id_=id_: browser.get(f"{url}/records/{id_}", timeout=30))
            stop.wait(rng.expovariate(1 / pause))
        if rng.random() < 0.3 and not stop.is_set():
            seen.call("list", lambda: browser.get(f"{url}/records", timeout=30))
            stop.wait(rng.expovariate(1 / pause))


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    return found[1] if found else ""


def _upload(url: str, email: str, seen: Seen, stop: threading.Event) -> None:
    rng, browser = random.Random(email), requests.Session()
    page = browser.get(f"{url}/sign-in", timeout=30).text
    form = {"csrf_token": _token(page), "email": email, "password": PASSWORD}
    seen.call("sign-in", lambda: browser.post(f"{url}/sign-in", data=form, timeout=30))
    number = 0
    while not stop.is_set():
        number += 1
        page = browser.get(f"{url}/submit/files", timeout=30).text
        words = " ".join(" ".join(rng.sample(rng.choice(WORDS).split(), k=2)) for _ in range(400))
        text = f"Relazione {number} di {email}\n\n{words}\n"
        files = {"files": (f"relazione-{number}.txt", text.encode(), "text/plain")}
        data = {"csrf_token": _token(page)}
        seen.call("upload", lambda d=data, f=files: browser.post(f"{url}/submit/files", data=d, files=f, timeout=60))
        stop.wait(rng.uniform(10, 20))


def _report(seen: Seen, memory: list[float], options: argparse.Namespace) -> int:
    for kind, seconds in sorted(seen.seconds.items()):
        times = sorted(1e3 * one for one in seconds)
        print(
            f"{kind:8} {len(times):6} times, median {statistics.median(times):6.0f} ms, "
            f"95th percentile {_percentile(times, 0.95):6.0f} ms, slowest {times[-1]:6.0f} ms"
        )
    thirds = [statistics.fmean(part) for part in _thirds(memory)]
    print(
        f"memory of the server, thirds of {options.minutes:g} minutes: {', '.join(f'{one:.0f} MB' for one in thirds)}"
    )
    print("failures:", dict(Counter(seen.failures)) or "none")
    slow = _percentile(sorted(seen.seconds["search"]), 0.95) > SLOWEST
    grows = thirds[2] > GROWTH * thirds[1]
    print(json.dumps({"slow": slow, "grows": grows, "failures": len(seen.failures)}))
    return int(slow or grows or bool(seen.failures))


def _thirds(values: list[float]) -> list[list[float]]:
    size = max(1, len(values) // 3)
    return [values[:size], values[size : 2 * size] or values, values[2 * size :] or values]


def _percentile(ascending: list[float], share: float) -> float:
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))] if ascending else 0.0


if __name__ == "__main__":
    sys.exit(main())
