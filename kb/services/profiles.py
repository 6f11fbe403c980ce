"""What a person says of herself, and what the site remembers for her."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kb import places, sentences
from kb.db import Database
from kb.errors import InvalidAccount
from kb.services import accounts, rights
from kb.services.accounts import WISH
from kb.values import AccountView, Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a person may change of her account; `home` names a municipality or gives its ISTAT code."""

    name: str
    organisation: str = ""
    language: str = "it"
    reads: Sequence[str] = ()
    home: str = ""


class Profiles:
    """Changes what a person says of herself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self, account_id: int, profile: Profile, by: Reader) -> AccountView:
        """Keep a profile: languages she reads in `preferences["reads"]`, her municipality in `preferences["home"]`.

        Raises:
            NotAllowed: it is somebody else's.
            UnknownPlace, AmbiguousPlace: no municipality has the name, or several have.
            InvalidAccount: letters are not written in that language, or one she reads is no language code.
        """
        rights.require_own(by, account_id)
        home = places.municipality(profile.home).istat if profile.home.strip() else None
        if profile.language not in sentences.LANGUAGES:
            raise InvalidAccount(
                f"There is no '{profile.language}'; take one of {sentences.LANGUAGES}.", why="language"
            )
        with self._database.write() as session:
            account = accounts.existing(session, account_id)
            account.name = " ".join(profile.name.split())[:120]
            account.organisation = " ".join(profile.organisation.split())[:250]
            account.language = profile.language
            account.preferences = {**account.preferences, "reads": _codes(profile.reads), "home": home}
            return accounts.view(account)

    def wish(self, account_id: int, by: Reader) -> None:
        """Note that she asks to hand in records; an administrator sees it and may grant it."""
        rights.require_own(by, account_id)
        with self._database.write() as session:
            account = accounts.existing(session, account_id)
            if account.role == "member":
                account.preferences = {**account.preferences, WISH: "contributor"}


def _codes(reads: Sequence[str]) -> list[str]:
    codes = list(dict.fromkeys(code.strip().lower() for code in reads if code.strip()))
    if wrong := [code for code in codes if not (code.isascii() and code.isalpha() and len(code) in (2, 3))]:
        raise InvalidAccount(f"'{wrong[0][:20]}' is no language code, such as 'it'.", why="language")
    return codes[:20]
