"""Passwords: which are taken, how they are kept, and whether one is right."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from kb.errors import InvalidAccount
from kb.places import folded

SHORTEST, LONGEST = 12, 128
"""As NIST SP 800-63B and OWASP ASVS 2.1 have it: length counts, no rules of composition."""

FEWEST_LETTERS = 5
"""A password needs so many different characters, or it is a pattern."""

LEFT = 6
"""Letters that must be left of a password when what everybody would try first is taken out of it."""

ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm")
"""Runs along which fingers and minds slide, read from both ends."""

LEET = str.maketrans("013457@$!€", "oieastasie")

COMMON = (
    *("password", "passwort", "passworte", "parola", "contrasena", "motdepasse", "kennwort", "passphrase", "segreto"),
    *("letmein", "welcome", "benvenuto", "benvenuti", "benvenuta", "bienvenue", "bienvenido", "willkommen", "changeme"),
    *("iloveyou", "tiamo", "teamo", "jetaime", "ichliebedich", "ciao", "hello", "bonjour", "hallo", "hola", "salut"),
    *("administrator", "amministratore", "administrador", "administrateur", "admin", "root", "utente", "user", "guest"),
    *("agora", "agenda", "sostenibilita", "sustainability", "sostenible", "nachhaltigkeit", "comune", "municipio"),
    *("gemeinde", "ayuntamiento", "mairie", "regione", "provincia", "ufficio", "ambiente", "environment", "umwelt"),
    *("juventus", "barcelona", "liverpool", "realmadrid", "football", "calcio", "baseball", "napoli", "milano", "roma"),
    *("francesca", "francesco", "alessandro", "alessandra", "giuseppe", "valentina", "andrea", "michael", "charlie"),
    *("princess", "principessa", "sunshine", "dragon", "monkey", "master", "superman", "batman", "pokemon", "shadow"),
    *("gennaio", "febbraio", "settembre", "novembre", "dicembre", "estate", "primavera", "autunno", "inverno"),
    *("january", "february", "september", "november", "december", "summer", "winter", "spring", "autumn", "sommer"),
    *("secret", "geheim", "secreto", "access", "login", "qazwsx", "trustno", "computer", "internet", "google", "test"),
)
"""Words that open the lists of leaked passwords in our languages, and those nearest to hand on this site.

Of the ten thousand passwords most often leaked nearly all have fewer than twelve characters and are refused for that.
The long ones are these words repeated, put together, or followed by figures, and slides along the keyboard.
"""


def hashed(password: str, *about: str) -> str:
    """The argon2id hash of a password (RFC 9106); `about` is what is known of her: address, name, organisation.

    Raises:
        InvalidAccount: it is too short, too long, or among those that are tried first; `why` says which.
    """
    require_good(password, *about)
    return _hasher().hash(password)


def require_good(password: str, *about: str) -> None:
    """Raise `InvalidAccount` for a password that `hashed` would refuse."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidAccount(
            f"A password needs {SHORTEST} to {LONGEST} characters: a few words will do.",
            why="too-short" if len(password) < SHORTEST else "too-long",
        )
    bare = folded(password).replace(" ", "")
    if _pattern(bare or password) or _left(bare, COMMON) < LEFT:
        raise InvalidAccount("This password is among those that are tried first; take a few words.", why="common")
    if _left(bare, tuple(_words(about))) < LEFT:
        raise InvalidAccount("A password must not be made of your name or address.", why="about-you")


def matches(known: str, password: str) -> bool:
    """Whether a password is the one that a hash was made of."""
    try:
        return _hasher().verify(known, password[: LONGEST + 1])
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def nobody() -> str:
    """A hash that no password matches: comparing with it takes as long as with somebody's."""
    return _hasher().hash(secrets.token_hex(8))


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


def _pattern(bare: str) -> bool:
    """Whether it is a few characters repeated, or a slide along the alphabet or the keyboard."""
    if len(set(bare)) < FEWEST_LETTERS or re.fullmatch(r"(.{1,8}?)\1+", bare):
        return True
    rows = {run for row in ROWS for run in (row, row[::-1])}
    runs = {row[start : start + 4] for row in rows for start in range(len(row) - 3)}
    covered = {at + step for at in range(len(bare) - 3) if bare[at : at + 4] in runs for step in range(4)}
    return len(bare) - len(covered) < FEWEST_LETTERS


def _left(bare: str, words: tuple[str, ...]) -> int:
    """How many letters are left when words, spelt with figures or not, are taken out."""
    fewest = len(bare)
    for spelling in (bare, bare.translate(LEET)):
        rest = spelling
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word, " ")
        fewest = min(fewest, sum(letter.isalpha() for letter in rest) if rest != spelling else fewest)
    return fewest


def _words(about: tuple[str, ...]) -> Iterator[str]:
    for one in about:
        yield from (word for word in folded(one).split() if len(word) >= 4)
        if len(whole := folded(one).replace(" ", "")) >= 4:
            yield whole
