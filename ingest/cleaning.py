"""Text cleaning that all extractors share: pure functions over strings."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

SOFT_HYPHEN = "\u00ad"

# Only these seven: NFKC over everything would turn CO₂ into CO2 and m² into m2.
_LIGATURES = {cp: unicodedata.normalize("NFKC", chr(cp)) for cp in range(0xFB00, 0xFB07)}
# Zero-width joiners (200C, 200D) stay, because they change the letters of some scripts.
_INVISIBLE = (SOFT_HYPHEN, *map(chr, (0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF)))
_BIDI_CONTROLS = tuple(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_KEPT_BREAKS = {0x09: " ", 0x0A: "\n", 0x0B: "\n", 0x0C: "\n", 0x0D: "\n", 0x85: "\n"}
_TABLE: dict[int, str | None] = {
    **dict.fromkeys(_CONTROLS, ""),
    **_KEPT_BREAKS,
    **dict.fromkeys(map(ord, (*_INVISIBLE, *_BIDI_CONTROLS)), None),
    **_LIGATURES,
    0x2028: "\n",
    0x2029: "\n",
}
# Icon fonts and Symbol bullets live in the private use areas and mean nothing outside their font.
_MEANINGLESS = re.compile("[\ue000-\uf8ff\ud800-\udfff\U000f0000-\U0010ffff]+")
_LEADERS = re.compile(r"(?:\s?[.…_·]){5,}|…{2,}")
_SPACES = re.compile(r"\s+")

_WORD = re.compile(r"[^\W_]+(?:[-\u2010][^\W_]+)*")
_BROKEN = re.compile(r"([^\W_]+)[-\u2010]$")
_HEAD_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"(?:://|www\.|@)\S*$")
# "Stadt- und Raumplanung": the hyphen stands for the rest of the second word.
_AFTER_SUSPENDED = frozenset(
    ("und", "oder", "bzw", "sowie", "bis", "als", "and", "or", "to", "en", "of", "och", "eller", "og")
)


def characters(text: str) -> str:
    """Replace or drop characters that only concern rendering, keeping line breaks."""
    text = text.replace("\r\n", "\n").translate(_TABLE)
    return unicodedata.normalize("NFC", _MEANINGLESS.sub(" ", text))


def clean(text: str) -> str:
    """Clean one block: rendering characters gone, dot leaders shortened, all white space single spaces."""
    return _SPACES.sub(" ", _LEADERS.sub(" … ", characters(text))).strip()


@dataclass(frozen=True, slots=True)
class Lexicon:
    """How often each word form occurs in a document, as evidence for or against a hyphen."""

    counts: Counter[str]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Lexicon:
        """Count the words of all lines; of hyphenated ones each pair of neighbours."""
        counts: Counter[str] = Counter()
        for line in lines:
            for word in _WORD.findall(line):
                parts = re.split("[-\u2010]", _folded(word))
                counts.update(map("-".join, pairwise(parts)) if len(parts) > 1 else parts)
        return cls(counts)

    def seen(self, word: str) -> int:
        return self.counts[_folded(word)]


def _folded(word: str) -> str:
    """A word without case and accents, which capitals often lose."""
    if word.isascii():
        return word.lower()
    return "".join(char for char in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(char))


NO_LEXICON = Lexicon(Counter())


def join_lines(left: str, right: str, lexicon: Lexicon = NO_LEXICON) -> str:
    """Join two lines of a paragraph, mending a word that was divided between them."""
    return "".join(_seam(left, right, lexicon))


def _seam(left: str, right: str, lexicon: Lexicon) -> tuple[str, str]:
    """Both lines so that one directly follows the other, with the space or the hyphen in the left one."""
    left, right = left.rstrip(), right.lstrip()
    if left.endswith(SOFT_HYPHEN):
        return left[:-1], right
    broken, tail = _BROKEN.search(left), _HEAD_WORD.match(right)
    if not broken or not tail:
        return (f"{left} " if left and right else left), right
    if _ADDRESS.search(left):
        return left, right
    return left[: broken.end(1)] + _hyphen(broken[1], tail[0], lexicon), right


def _hyphen(head: str, tail: str, lexicon: Lexicon) -> str:
    """What stands between two halves of a divided word: nothing, a hyphen, or a hyphen and a space."""
    joined, hyphenated = lexicon.seen(head + tail), lexicon.seen(f"{head}-{tail}")
    if joined != hyphenated:
        return "-" if hyphenated > joined else ""
    if tail.casefold() in _AFTER_SUSPENDED:
        return "- "
    if len(head) == 1 or head[-1].isdigit() or tail[0].isdigit():
        return "-"
    return "-" if tail[0].isupper() and not (head.isupper() and tail.isupper()) else ""


def unwrap(lines: Sequence[str], lexicon: Lexicon = NO_LEXICON) -> str:
    """Make one clean paragraph of its lines."""
    return clean("".join(seams(lines, lexicon)))


def seams(lines: Iterable[str], lexicon: Lexicon = NO_LEXICON) -> Iterator[str]:
    """The lines of a paragraph mended so that they can be put one after the other; one for one."""
    previous: str | None = None
    for line in lines:
        if previous is None:
            previous = line
        else:
            # Only neighbours are looked at: a paragraph may have a hundred thousand lines.
            mended, previous = _seam(previous, line, lexicon)
            yield mended
    if previous is not None:
        yield previous
