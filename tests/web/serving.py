"""The production server in a thread, for tests that need a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from kb.bootstrap import Kb
from webui.server import serve


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def served(kb: Kb) -> Iterator[tuple[str, int, threading.Event]]:
    """A server that has answered: its host, its port, and the event that stops it."""
    stop, announced = threading.Event(), threading.Event()
    kb = replace(kb, config=kb.config.model_copy(update={"port": free_port()}))
    thread = threading.Thread(target=serve, args=(kb,), kwargs={"on_ready": lambda _: announced.set(), "stop": stop})
    thread.start()
    try:
        assert announced.wait(10)
        yield kb.config.host, kb.config.port, stop
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()
