"""A mail server on this machine for tests: it speaks enough SMTP to take letters, refuse them, and ask for TLS."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.support.certificate import certificate


@dataclass
class Mailbox:
    """What the server took, and how it answers: `refuse` maps the beginning of a command to its answer."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None


class _Session(socketserver.StreamRequestHandler):
    box: Mailbox
    secure = False

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 mail.example ESMTP")
        while line := self.rfile.readline().decode().strip():
            self.box.commands.append(line)
            answer = next((told for start, told in self.box.refuse.items() if line.upper().startswith(start)), "")
            if answer == "hang up":
                return
            if answer:
                self.say(answer)
            elif not self.answer(line):
                return

    def answer(self, line: str) -> bool:
        word = line.split(maxsplit=1)[0].upper()
        if word in ("EHLO", "HELO"):
            offered = ["AUTH PLAIN"] if self.secure else ["STARTTLS"] if self.box.tls else []
            for one in ("mail.example", *offered):
                self.say(f"250-{one}")
            self.say("250 HELP")
        elif word == "STARTTLS":
            return self.encrypt()
        elif word == "AUTH":
            self.box.logins.append(base64.b64decode(line.split()[2]).decode())
            self.say("235 welcome")
        elif word == "DATA":
            return self.take()
        else:
            self.say("221 bye" if word == "QUIT" else "250 ok")
        return word != "QUIT"

    def encrypt(self) -> bool:
        self.say("220 go ahead")
        assert self.box.tls is not None
        try:
            self.connection = self.box.tls.wrap_socket(self.connection, server_side=True)
        except OSError:
            return False
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.secure = True
        return True

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def take(self) -> bool:
        self.say("354 go ahead")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".").replace(b"\r\n", b"\n"))
        answer = self.box.refuse.get("(letter)", "250 taken")
        if not answer.startswith("5"):
            self.box.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))  # type: ignore[arg-type]
        if answer == "hang up":
            return False
        self.say(answer)
        return True


@contextmanager
def mail_server(tls: Path | None = None) -> Iterator[Mailbox]:
    """A server that takes letters on 127.0.0.1; with a folder `tls`, one that offers STARTTLS by `tls/ca.pem`."""
    box = Mailbox()
    if tls is not None:
        box.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        box.tls.load_cert_chain(certificate(tls))
    handler: Any = type("Session", (_Session,), {"box": box})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join(5)
