"""EML → its subject and body, with the standard library's e-mail package; attachments are members."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import policy
from email.errors import HeaderParseError, MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import IO, cast

from ingest.cleaning import clean
from ingest.decoding import decode
from ingest.extractors.markup import blocks_of
from ingest.extractors.proposals import propose
from ingest.extractors.text import paragraphs
from ingest.mediatype import EML
from ingest.members import Found, cleaned, take
from kb.errors import Encrypted, NoText, TooLarge, Unreadable
from kb.values import Block, Extraction

_SEALED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg|r|i|tr|rv|sv|vs|antw|doorst)\s*(?:\[\d+\])?\s*:\s*)+", re.I)
_MOST_PARTS = 5000


def extract(path: Path, name: str) -> Extraction:  # noqa: ARG001 - every extractor has this signature
    """Read an e-mail; who wrote it to whom is personal data and left out.

    Raises:
        IngestError: `Encrypted`, `TooLarge`, `Unreadable` or `NoText`.
    """
    message = parse(path)
    if message.get_content_type() in _SEALED and message.get_param("smime-type") != "signed-data":
        raise Encrypted("The e-mail is encrypted. Save it decrypted, or submit its text and attachments.")
    subject = _REPLY.sub("", clean(_header(message, "subject")))
    body = tuple(block for part in _bodies(message) for block in _text(part))
    members = take(_attachments(message))
    if not body and not members:
        raise NoText("The e-mail was read but holds neither text nor attachments.")
    head = (Block(kind="heading", level=1, text=subject),) if any(map(str.isalnum, subject)) else ()
    blocks = (*head, *body) if body else ()
    written = _date(message)
    proposal = propose(title=subject, authors=(), created=written, modified=None, blocks=blocks)
    return Extraction(media_type=EML, blocks=blocks, proposal=proposal, members=tuple(one.member for one in members))


def contents(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """Name of each attachment that is a document, and what opens it."""
    for one in take(_attachments(parse(path))):
        if one.open is not None:
            yield one.member.name, one.open


def parse(path: Path) -> EmailMessage:
    """A message with all of its parts.

    Raises:
        IngestError: `Unreadable` or `TooLarge`.
    """
    try:
        with path.open("rb") as file:
            message = BytesParser(policy=policy.default.clone(refold_source="none")).parse(file)
        count = sum(1 for _ in message.walk())
    except (MessageError, RecursionError, ValueError, LookupError, AttributeError) as error:
        raise Unreadable("The e-mail is damaged. Save it again from your mail program.") from error
    if count > _MOST_PARTS:
        raise TooLarge(f"The e-mail has {count} parts, which no letter needs. Submit its attachments one by one.")
    return message


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name) or "")
    except (HeaderParseError, ValueError, IndexError, AttributeError, TypeError, LookupError):
        return ""


def _date(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(_header(message, "date")).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# --- the body --------------------------------------------------------------------------------------


def _bodies(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts that are read as the letter: of alternatives the HTML one, which keeps lists and tables."""
    kind = message.get_content_type()
    parts = _parts(message)
    if kind == "multipart/alternative":
        ranked = [part for part in parts if any(True for _ in _bodies(part))]
        best = [part for part in ranked if "html" in "".join(one.get_content_type() for one in _bodies(part))]
        yield from _bodies((best or ranked)[0]) if ranked else ()
    elif kind == "multipart/related":
        yield from _bodies(parts[0]) if parts else ()
    elif parts:
        for part in parts:
            yield from _bodies(part)
    elif kind in ("text/plain", "text/html") and not _is_attached(message):
        yield message


def _parts(message: EmailMessage) -> list[EmailMessage]:
    """Parts of a multipart; a letter forwarded as an attachment has none here, it is a document of its own."""
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        return []
    return [cast(EmailMessage, part) for part in message.iter_parts()]


def _is_attached(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _text(part: EmailMessage) -> Iterator[Block]:
    text = text_of(part)
    yield from blocks_of(text) if part.get_content_type() == "text/html" else paragraphs(text)


def text_of(part: EmailMessage) -> str:
    """Text of a part in the encoding it states, or the one it looks like."""
    data = _payload(part)
    try:
        return data.decode(str(part.get_param("charset") or "utf-8"))
    except (ValueError, LookupError):
        return decode(data) or data.decode("cp1252", errors="replace")


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


# --- attachments -----------------------------------------------------------------------------------


def _attachments(message: EmailMessage) -> Iterator[Found]:
    """Everything that somebody attached; pictures that belong to the letter's own page are not."""
    bodies = {id(part) for part in _bodies(message)}
    for part, is_inside in _leaves(message, is_inside=False):
        kind = part.get_content_type()
        if id(part) in bodies or kind in _SIGNATURES or (is_inside and part.get_content_maintype() == "image"):
            continue
        if kind in ("text/plain", "text/html") and not _is_attached(part):
            continue
        if message is not part:
            yield _found(part)


def _leaves(message: EmailMessage, *, is_inside: bool) -> Iterator[tuple[EmailMessage, bool]]:
    """Parts without parts, and whether each is there for the page beside it."""
    parts = _parts(message)
    inside = is_inside or message.get_content_type() == "multipart/related"
    for part in parts:
        yield from _leaves(part, is_inside=inside)
    if not parts and message.get_content_maintype() != "multipart":
        yield message, is_inside


def _found(part: EmailMessage) -> Found:
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        letter = cast(EmailMessage, part.get_payload(0))
        title = clean(_header(letter, "subject")).replace("/", "-")[:80]
        return Found.of_bytes(cleaned(part.get_filename() or f"{title or 'message'}.eml"), letter.as_bytes())
    return Found.of_bytes(cleaned(part.get_filename() or "") or "attachment", _payload(part))
