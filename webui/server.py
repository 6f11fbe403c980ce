"""The production server: bound before it is announced, drained before it ends."""

from __future__ import annotations

import errno
import http.client
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import Any

from waitress import create_server, wasyncore

from kb.bootstrap import Kb
from kb.errors import Busy, InvalidSetting
from webui.app import create_app
from webui.similar import most_bytes

LOOP_SECONDS = 0.5
ANSWER_SECONDS = 30.0
DRAIN_SECONDS = 10.0


def serve(kb: Kb, *, on_ready: Callable[[str], None], stop: threading.Event | None = None) -> None:
    """Serve until SIGTERM, SIGINT or `stop`; `on_ready(address)` is called once the server has answered.

    Raises:
        Busy: the port is in use.
        InvalidSetting: the host or the port cannot be listened on.
    """
    app = create_app(kb)
    listener = listen(kb.config.host, kb.config.port)
    server = create_server(
        app,
        sockets=[listener],
        threads=kb.config.web_threads,
        ident=None,
        # Twice what is taken in: the page that says so in a sentence is ours, beyond that it is the server's.
        max_request_body_size=2 * most_bytes(kb.config),
        # Behind proxies the application reads their headers itself, as many as it was told to believe.
        clear_untrusted_proxy_headers=kb.config.proxies == 0,
    )
    try:
        with _stopped_by_signals(stop or threading.Event(), server) as stopping:
            _run(server, stopping, address(kb.config.host, listener.getsockname()[1]), on_ready)
    finally:
        server.task_dispatcher.shutdown()
        wasyncore.close_all(server._map)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to host and port, the first address of the name."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(place[:2], family=family, backlog=1024)
    except socket.gaierror as error:
        raise InvalidSetting(f"There is no address '{host}'; set KB_HOST to another.", setting="KB_HOST") from error
    except OSError as error:
        raise _refusal(error, host, port) from error


def _refusal(error: OSError, host: str, port: int) -> Busy | InvalidSetting:
    if error.errno == errno.EADDRINUSE:
        return Busy(f"Port {port} is in use by another program; set KB_PORT to a free one.", port=port)
    if error.errno == errno.EACCES:
        return InvalidSetting(f"Port {port} is reserved for the system; set KB_PORT above 1023.", setting="KB_PORT")
    return InvalidSetting(f"'{host}' is no address of this machine; set KB_HOST to one.", setting="KB_HOST")


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds the server."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not bound, only translated
    return f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{port}/"


def _run(server: Any, stopping: threading.Event, url: str, on_ready: Callable[[str], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        answered = pool.submit(_await_answer, url)
        answered.add_done_callback(lambda _: server.pull_trigger())
        announced = False
        while not stopping.is_set():
            _turn(server)
            if answered.done() and not announced:
                answered.result()
                on_ready(url)
                announced = True
        _drain(server)


def _turn(server: Any) -> None:
    wasyncore.loop(timeout=LOOP_SECONDS, use_poll=True, map=server._map, count=1)


def _await_answer(url: str) -> None:
    """Ask the server for its smallest file until it answers."""
    host, _, port = url.removeprefix("http://").rstrip("/").rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/favicon.svg")
        connection.getresponse().read()
    finally:
        connection.close()


def _drain(server: Any) -> None:
    """Take no new connections, and let what was asked be answered."""
    server.accepting = False
    deadline = time.monotonic() + DRAIN_SECONDS
    while _busy(server) and time.monotonic() < deadline:
        _turn(server)


def _busy(server: Any) -> bool:
    return any(channel.requests or channel.total_outbufs_len for channel in server.active_channels.values())


@contextmanager
def _stopped_by_signals(stopping: threading.Event, server: Any) -> Iterator[threading.Event]:
    """Set `stopping` at the first SIGTERM or SIGINT; a second one ends the process as it always would."""
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = {name: signal.getsignal(name) for name in (signal.SIGTERM, signal.SIGINT)}

    def restore() -> None:
        for name, handler in before.items():
            signal.signal(name, handler)

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()
        restore()
        server.pull_trigger()

    for name in before:
        signal.signal(name, stop)
    try:
        yield stopping
    finally:
        restore()
