"""What a file says of itself, sifted: rubbish titles and empty authors are dropped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ingest.cleaning import clean
from ingest.extractors.dates import iso_date
from kb.values import Block, Proposal

_PROGRAM = re.compile(
    r"^(?:Microsoft (?:Office )?(?:Word|PowerPoint|Excel)|Apple Pages|PowerPoint Presentation)\s*[-–]?\s*", re.I
)
_FILE_NAME = re.compile(r"\S*\.(?:docx?|pdf|odt|rtf|pptx?|xlsx?|indd|qxd|qxp|cdr|tex|dvi|ps|html?|tmp|pub|ai)$", re.I)
_NO_TITLE = re.compile(
    r"(?:untitled|unbenannt|senza (?:titolo|nome)|sans (?:titre|nom)|sin (?:título|nombre)|sem título|ohne titel|"
    r"bez názvu|naamloos|titel|title|titolo|titre|document|documento|dokument|presentazione|präsentation|"
    r"untitled \w+|adobe \w+ (?:pdf|document)|book|mappe|cartel|classeur|libro|tabelle|sheet|model|modello|"
    r"présentation|diapositiv[ao]|folie|slide|template|layout|cover|copertina|start|none|null)[\s_]*\d*",
    re.I,
)
_VERSION = re.compile(r"(?:v|vers?|rev)\.?\d*|vf|vdef|def|final|finale|\d{6,8}", re.I)
_NO_AUTHOR = re.compile(
    r"(?:user|admin\w*|utente\w*|utilisateur|benutzer|unknown|owner|pc|windows user|author|python-docx|anonymous|"
    r"none|null|\W*)\d*",
    re.I,
)
_LOGIN = re.compile(r"[\d_@]|^[a-z]+$")
_AUTHOR_BREAK = re.compile(r"\s*(?:;|\||\band\b|\s&\s|\n)\s*")
_WORD = re.compile(r"[^\W\d]{4}")
_MAX_TITLE = 300


def propose(  # noqa: PLR0913 - one for each thing that a file may say
    *,
    title: str | None,
    authors: Iterable[str],
    created: str | None,
    modified: str | None,
    blocks: Sequence[Block],
    by_looks: str | None = None,
) -> Proposal:
    """Sift what the metadata says; without a usable title what looks like one, or the most prominent early heading."""
    return Proposal(
        title=good_title(title) or by_looks or heading_title(blocks),
        authors=_good_authors(authors),
        created=iso_date(created),
        modified=iso_date(modified),
    )


def good_title(title: str | None) -> str | None:
    """The title, None when it is a program's default, a file's name or no words."""
    text = clean(title or "")
    if _PROGRAM.match(text):
        text = _PROGRAM.sub("", text)
    if _FILE_NAME.fullmatch(text) or (_FILE_NAME.search(text) and len(text.split()) < 4):
        return None
    text = _without_version(text) if " " in text else text
    if _NO_TITLE.fullmatch(text) or sum(map(str.isalpha, text)) < 3 or len(text) > _MAX_TITLE:
        return None
    # One word with underscores or digits is a file's name or a print job's.
    words = text.removesuffix("…").strip()
    return None if " " not in words and re.search(r"[_\d\\/]", words) else text


def _without_version(text: str) -> str:
    """Without what was added to a file's name: underscores, dates in digits, `v01`, `vf`, `final`."""
    if "_" not in text:
        return text
    words = text.replace("_", " ").split()
    while len(words) > 2 and _VERSION.fullmatch(words[-1]):
        words.pop()
    return " ".join(words)


def heading_title(blocks: Sequence[Block]) -> str | None:
    """The highest of the very first headings; a later one is a chapter's, not the document's."""
    early = [
        block for block in blocks[:10] if block.kind == "heading" and block.level <= 2 and _WORD.search(block.text)
    ]
    best = min(early, key=lambda block: block.level, default=None)
    return best.text[:_MAX_TITLE] if best else None


def _good_authors(authors: Iterable[str]) -> tuple[str, ...]:
    names = (clean(name) for author in authors for name in _AUTHOR_BREAK.split(author))
    return tuple(dict.fromkeys(name for name in names if name and not _is_login(name)))


def _is_login(name: str) -> bool:
    is_one_word = " " not in name
    return bool(_NO_AUTHOR.fullmatch(name)) or (is_one_word and bool(_LOGIN.search(name)))
