"""Builds the product from its settings; with `kb.shelf`, the only place that knows every class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from index.snippets import quoted
from ingest import chunking, pipeline
from ingest.language import detect_query
from ingest.recognition import program
from ingest.sandbox import Limits
from ingest.sandbox import read as read_in_child
from kb.config import Config
from kb.db import Database
from kb.files import Files
from kb.keys import secret_key
from kb.protocols import Embedder
from kb.services import recognition
from kb.services.access import Access
from kb.services.accounts import Accounts
from kb.services.alerts import Alerts
from kb.services.atlas import Atlas
from kb.services.browsing import Browsing
from kb.services.catalog import Catalog
from kb.services.checks import Checks
from kb.services.collections import Collections
from kb.services.comparing import Comparing
from kb.services.desk import Desk
from kb.services.documents import Documents
from kb.services.duplicates import Duplicates
from kb.services.editing import Editing
from kb.services.exports import Exports
from kb.services.feedback import Reports
from kb.services.figures import Dashboard
from kb.services.identities import Identities
from kb.services.intake import Intake
from kb.services.languages import Languages
from kb.services.ledger import Ledger
from kb.services.mailing import Mailing
from kb.services.merging import Merging
from kb.services.models import Models, Shelf
from kb.services.notebook import Notebook
from kb.services.personal import PersonalData
from kb.services.profiles import Profiles
from kb.services.proposals import Proposals
from kb.services.pulse import Pulse
from kb.services.reading import Reading, Tools
from kb.services.reviewing import Reviewing
from kb.services.search import Search
from kb.services.searches import SavedSearches
from kb.services.sessions import Sessions
from kb.services.shelving import Shelving
from kb.services.similar import Similar
from kb.services.tokens import Tokens
from kb.services.works import Works
from kb.shelf import FolderShelf
from kb.smtp import Smtp
from kb.values import Digest, Extraction

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Kb:
    """The built product: one object a face of it holds."""

    config: Config
    database: Database
    files: Files
    access: Access
    accounts: Accounts
    identities: Identities
    personal: PersonalData
    profiles: Profiles
    sessions: Sessions
    tokens: Tokens
    alerts: Alerts
    atlas: Atlas
    catalog: Catalog
    browsing: Browsing
    collections: Collections
    intake: Intake
    languages: Languages
    reading: Reading
    mailing: Mailing
    models: Models
    search: Search
    shelving: Shelving
    searches: SavedSearches
    similar: Similar
    tools: Tools
    checks: Checks
    comparing: Comparing
    desk: Desk
    documents: Documents
    duplicates: Duplicates
    editing: Editing
    exports: Exports
    proposals: Proposals
    dashboard: Dashboard
    notebook: Notebook
    pulse: Pulse
    reports: Reports
    reviewing: Reviewing
    merging: Merging
    works: Works
    ledger: Ledger

    def close(self) -> None:
        """Write down what was noted, and let go of indexes and connections."""
        self.notebook.close()
        self.models.close()
        self.database.close()


def build(config: Config, *, shelf: Shelf | None = None) -> Kb:
    """Put the product together; nothing is loaded or opened before it is needed."""
    database = Database(config.database)
    files = Files(config.files, max_bytes=config.max_file_mb * MEGABYTE)
    models = Models(database, shelf or FolderShelf(config))
    tools = _tools(config)
    checks, pulse = Checks(database, files, models), Pulse(config.data / "worker")
    catalog, browsing = Catalog(database, files), Browsing(database)
    link = config.site.__add__
    search = Search(models, detect_query, quoted)
    return Kb(
        config=config,
        database=database,
        files=files,
        access=Access(database, lambda: secret_key(config.data / "secret-key"), config.site),
        accounts=Accounts(database, config.site),
        identities=Identities(database),
        personal=PersonalData(database),
        profiles=Profiles(database),
        sessions=Sessions(database),
        tokens=Tokens(database),
        alerts=Alerts(database, models, search, config.site),
        catalog=catalog,
        browsing=browsing,
        atlas=Atlas(database, search),
        collections=Collections(database),
        intake=Intake(database, files),
        languages=Languages(database),
        reading=Reading(database, files, tools, lease_seconds=config.lease_seconds),
        mailing=_mailing(config, database),
        models=models,
        search=search,
        shelving=Shelving(database),
        searches=SavedSearches(database),
        similar=Similar(database, models, search, tools, max_bytes=config.max_file_mb * MEGABYTE),
        tools=tools,
        checks=checks,
        comparing=Comparing(database, models),
        desk=Desk(database),
        documents=Documents(database),
        duplicates=Duplicates(database),
        editing=Editing(database, files),
        exports=Exports(catalog, browsing, search),
        proposals=Proposals(database),
        dashboard=Dashboard(database, models, checks, pulse),
        notebook=Notebook(database),
        pulse=pulse,
        reports=Reports(database),
        reviewing=Reviewing(database, files, link),
        merging=Merging(database, files, link),
        works=Works(database),
        ledger=Ledger(database),
    )


def _mailing(config: Config, database: Database) -> Mailing:
    url = config.smtp_url.get_secret_value() if config.smtp_url else ""
    user = unquote(urlsplit(url).username or "")
    sender = config.mail_from or (user if "@" in user else f"agora21@{urlsplit(config.site).hostname}")
    return Mailing(database, Smtp(url) if url else None, sender)


def _tools(config: Config) -> Tools:
    limits = Limits(
        memory_mb=config.extract_memory_mb,
        seconds=config.extract_seconds,
        page_seconds=config.ocr_seconds,
        tesseract=config.tesseract,
    )
    return Tools(
        extract=lambda path, name, keep=None: read_in_child(path, name, limits, keep=keep),
        digest=_digester(config.passage_tokens),
        recipe=f"{pipeline.RECIPE}/{config.passage_tokens}",
        abilities=recognition.remembered(lambda: program.abilities(config.tesseract)),
    )


def _digester(passage_tokens: int) -> Callable[[Extraction, Embedder, str], Digest]:
    def digest(extraction: Extraction, embedder: Embedder, stated: str) -> Digest:
        return chunking.digest(extraction, embedder.count_tokens, min(passage_tokens, embedder.window), stated)

    return digest
