"""Which of the code pages of Europe a text was saved in, told by whether its letters make an alphabet."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from ingest import language

_ALPHABETS = {  # letters beyond A to Z that a language writes, by CLDR's exemplar characters
    "it": "àèéìòù",
    "fr": "àâçéèêëîïôùûüœæ",
    "de": "äöüß",
    "es": "áéíñóúü¿¡ªº",
    "pt": "ãõáâàçéêíóôúü",
    "ca": "àçèéíïòóúü·",
    "pl": "ąćęłńóśźż",
    "cs": "áčďéěíňóřšťúůýž",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "hu": "áéíóöőúüű",
    "ro": "ăâîșțşţ",
    "hr": "čćđšž",
    "sl": "čšž",
    "tr": "çğıİöşüâî",
    "et": "äõöüšž",
    "lv": "āčēģīķļņšūž",
    "lt": "ąčęėįšųūž",
    "da": "æøåé",
    "nb": "æøåéòô",
    "sv": "åäöé",
    "fi": "äöå",
    "nl": "ëïéèöüá",
    "ga": "áéíóú",
    "mt": "ċġħżàèìòù",
    "is": "áðéíóúýþæö",
    "sq": "çë",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
    "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяё",
    "uk": "абвгдежзийклмнопрстуфхцчшщьюяієїґ",
    "sr": "абвгдежзиклмнопрстуфхцчшђјљњћџ",
    "mk": "абвгдежзиклмнопрстуфхцчшѓѕјљњќџѐѝ",
    "el": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
}
_LETTERS = {code: frozenset(letters + letters.upper()) for code, letters in _ALPHABETS.items()}
_KNOWN = frozenset().union(*_LETTERS.values())
_COMMON = frozenset("оаеинтсрвлкмдпу" + "αοιετσνρπκυλμης")
_TYPOGRAPHIC = frozenset("„“”‘’‚–—…«»§°€·•№²³½×©®™‹›†±¹¼¾µ´\u00a0")
_MIXED = re.compile(r"[A-Za-zÀ-ſ][\u0370-\u04ff]|[\u0370-\u04ff][A-Za-zÀ-ſ]")
_TORN = re.compile(
    r"[^\W\d_][^\w\s\x00-\x7f’‘·\xad–—…][^\W\d_]|(?<!\w)[^\w\s\x00-\x7f„“”‘’«»‚‹›–—…•·§\xad]+[^\W\d_]|[^\W\d_][¹²³¼½¾ªº]"
)

CODE_PAGES = (
    # In order of preference where two read the same.
    *("cp1252", "iso8859_15", "cp1250", "iso8859_2", "cp1251", "cp1253", "iso8859_7", "cp1257", "cp1254"),
    *("iso8859_13", "iso8859_16", "iso8859_3", "iso8859_4", "koi8_u", "iso8859_5", "cp866", "mac_roman", "mac_latin2"),
    *("mac_cyrillic", "mac_greek", "mac_turkish", "cp850", "cp852", "cp737", "cp775", "cp857"),
)
_USUAL = {"cp1252": 1.5, "cp1250": 0.75, "cp1251": 0.75, "cp1253": 0.75}
"""What speaks for a code page before a letter is looked at, which counts where there are few."""
_SAMPLE = 6000
_MOST_READINGS = 6
"""Readings, of those whose letters make some alphabet, whose language is looked at."""
_DOUBTFUL = 0.5
"""Plausibility below which a text is none of Europe's."""


def guess(data: bytes) -> str | None:
    """The code page in which the bytes read best, None where they read badly in all.

    The letters of a text must be those of its language, which the many letters of ASCII tell even where the others
    are wrong; of readings that are equally good the commonest code page counts.
    """
    sample = _telling(data)
    readings = {page: text for page in CODE_PAGES if (text := _decoded(sample, page)) is not None}
    rated = {page: max(_share(text, letters) for letters in _LETTERS.values()) for page, text in readings.items()}
    likely = sorted(rated, key=lambda page: -rated[page])[:_MOST_READINGS]
    few = 1 + sum(1 for byte in sample if byte > 0x7F)
    scores = {page: plausibility(readings[page]) + _USUAL.get(page, 0.0) / few for page in likely}
    best = max(CODE_PAGES, key=lambda page: scores.get(page, -1.0))
    return best if scores.get(best, -1.0) >= _DOUBTFUL else None


def _telling(data: bytes) -> bytes:
    """The lines with characters beyond ASCII, as many as are needed."""
    lines = [line for line in re.split(rb"[\r\n]+", data[: 50 * _SAMPLE]) if not line.isascii()]
    return b"\n".join(lines)[:_SAMPLE]


def _decoded(sample: bytes, page: str) -> str | None:
    try:
        return sample.decode(page)
    except UnicodeDecodeError:
        return None


def plausibility(text: str) -> float:
    """How far the characters beyond ASCII are letters of the text's language: 1 at most."""
    any_language = max(_share(text, letters) for letters in _LETTERS.values())
    letters = _LETTERS.get(language.detect(text)[0])
    own = any_language if letters is None else _share(text, letters)
    return round((own + 0.3 * any_language) / 1.3, 2)


def _share(text: str, alphabet: frozenset[str]) -> float:
    """Share of the characters beyond ASCII that are of an alphabet, less what stands where it cannot."""
    foreign = Counter(char for char in text if char > "\x7f")
    signs = sum(count for char, count in foreign.items() if char in _TYPOGRAPHIC)
    letters = sum(count for char, count in foreign.items() if char in alphabet)
    others = sum(count for char, count in foreign.items() if char in _KNOWN) - letters
    return (letters + 0.9 * signs + 0.2 * others - 1.5 * _faults(text) - _rare(foreign)) / max(1, foreign.total())


def _faults(text: str) -> int:
    """Scripts mixed in a word, signs within words, capitals behind small letters."""
    swapped = sum(1 for one, two in pairwise(text) if one.islower() and two.isupper() and not (one + two).isascii())
    return swapped + sum(1 for fault in (_MIXED, _TORN) for _ in fault.finditer(text))


def _rare(foreign: Counter[str]) -> float:
    """A penalty for Cyrillic and Greek in which the commonest letters are not common, or most are capitals."""
    alphabetic = {char: count for char, count in foreign.items() if "\u0370" <= char <= "\u04ff"}
    total = sum(alphabetic.values())
    common = sum(count for char, count in alphabetic.items() if char.lower() in _COMMON)
    lower = sum(count for char, count in alphabetic.items() if char.islower())
    return 0.5 * (total - common) + 0.2 * (total - lower) if total else 0.0
