"""The production server over real sockets, and as a process that is signalled."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kb.bootstrap import Kb
from kb.errors import Busy, InvalidSetting
from kb.services.fields import parse
from tests.support.tiny import tiny_kb
from tests.web.serving import free_port, served
from webui.server import address, serve

ROOT = Path(__file__).parents[2]
LARGE = 24 << 20


def test_the_server_answers_when_it_is_announced_and_ends_when_told(kb: Kb) -> None:
    with served(kb) as (host, port, _):
        connection = http.client.HTTPConnection(host, port, timeout=5)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Server") is None or "waitress" not in str(answer.getheader("Server"))
        connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port), timeout=2)


def test_a_port_in_use_is_one_clear_sentence(kb: Kb) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        busy = replace(kb, config=kb.config.model_copy(update={"port": port}))
        with pytest.raises(Busy, match=rf"{port}.*KB_PORT"):
            serve(busy, on_ready=lambda _: None)


def test_an_address_of_another_machine_is_one_clear_sentence(kb: Kb) -> None:
    elsewhere = replace(kb, config=kb.config.model_copy(update={"host": "192.0.2.1", "port": free_port()}))
    with pytest.raises(InvalidSetting, match="KB_HOST"):
        serve(elsewhere, on_ready=lambda _: None)


def test_what_was_asked_is_answered_before_the_end(tmp_path: Path) -> None:
    kb = tiny_kb(tmp_path)
    path = tmp_path / "grande.bin"
    path.write_bytes(bytes(LARGE))
    outcome = kb.intake.add_record(parse({"title": "Grande"}, where="test"), [path], source="test")[-1]
    with served(kb) as (host, port, stop):
        connection = http.client.HTTPConnection(host, port, timeout=10)
        connection.request("GET", f"/documents/{outcome.document_id}/original")
        answer = connection.getresponse()
        received = len(answer.read(1000))
        stop.set()
        time.sleep(1)
        received += len(answer.read())
        assert received == LARGE
        connection.close()
    kb.close()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_signalled_server_ends_well(tmp_path: Path, name: signal.Signals) -> None:
    program = (
        "import sys, pathlib; from tests.support.tiny import tiny_kb; from webui.server import serve; "
        "kb = tiny_kb(pathlib.Path(sys.argv[1]), port=int(sys.argv[2])); "
        "serve(kb, on_ready=lambda url: print(url, flush=True)); kb.close(); print('ended', flush=True)"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(free_port())]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(name)
        assert process.wait(15) == 0
        assert process.stdout.read() == "ended\n"


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("0.0.0.0", "http://127.0.0.1:80/"),  # noqa: S104 - nothing is bound
        ("::", "http://[::1]:80/"),
        ("localhost", "http://localhost:80/"),
    ],
)
def test_the_address_is_one_a_browser_can_open(host: str, shown: str) -> None:
    assert address(host, 80) == shown
