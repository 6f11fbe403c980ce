"""Hands letters over to a mail server."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from kb.errors import Undelivered

SECONDS = 20
"""How long the server may be silent."""

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class Smtp:
    """A mail server, by its address: `smtp+starttls://user:password@host:587`, `smtps://…` or `smtp://…`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host, self._port = parts.hostname or "localhost", parts.port or PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    def deliver(self, message: EmailMessage) -> None:
        """Hand one letter over.

        Raises:
            Undelivered: it was not taken; `for_ever` says that trying again is of no use, `server` that the next
                letter would fare no better.
        """
        try:
            with self._connected() as connection:
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise _refused(code, reason, server=False) from error
        except smtplib.SMTPResponseException as error:
            login = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError)
            raise _refused(error.smtp_code, error.smtp_error, server=login) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(f"The mail server cannot be used: {error}", for_ever=False, server=True) from error

    def _connected(self) -> smtplib.SMTP:
        secure = ssl.create_default_context()
        if self._scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=SECONDS, context=secure)
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=SECONDS)
        try:
            if self._scheme == "smtp+starttls":
                connection.starttls(context=secure)
            if self._user:
                connection.login(self._user, self._password)
        except BaseException:
            connection.close()
            raise
        return connection


def _refused(code: int, reason: bytes | str, *, server: bool) -> Undelivered:
    told = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    # Where it is the server that refuses us, the letter itself is not at fault.
    for_ever = 500 <= code < 600 and not server
    return Undelivered(f"{code} {' '.join(told.split())[:500]}", for_ever=for_ever, server=server)
