"""Encoders: which there are, which is in use, and the space each process holds of the one in use."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from index.neutral import Projection
from index.subjects import from_bytes
from kb.db import Database, feed
from kb.db.counters import state
from kb.db.entities import Embedding, Model, Passage
from kb.errors import InvalidInput, ModelIncomplete, NoModel, NotFound
from kb.protocols import Embedder, Encoding, Progress, Space, Vectors
from kb.services.embedding import embed

GAP_BATCH = 256
SNAPSHOT_AFTER = 500
"""Rows replayed since the last snapshot that make a new one worth its time."""


class Shelf(Protocol):
    """Where encoders lie on disk and how one becomes a space; the machine's side of models."""

    def names(self) -> list[str]:
        """Encoders on this machine, bundled ones included even if not built yet."""
        ...

    def built(self, name: str) -> bool: ...

    def build(self, name: str, progress: Progress | None = None) -> None:
        """Make a bundled encoder ready; does nothing when it is."""
        ...

    def adopt(self, folder: Path) -> str:
        """Take in a sentence-transformers folder under its name, which is returned."""
        ...

    def embedder(self, name: str) -> Embedder:
        """Load an encoder; raises `NoModel` or `DamagedModel`."""
        ...

    def projection(self, name: str, embedder: Embedder, progress: Progress | None = None) -> bytes:
        """The encoder's language-neutral projection, computed once and kept beside it."""
        ...

    def subjects(self, name: str, embedder: Embedder) -> bytes:
        """The vectors of what the vocabularies' terms stand for, computed once and kept beside the encoder."""
        ...

    def open_space(self, key: str, embedder: Embedder, projection: bytes | None, *, fresh: bool = False) -> Space:
        """The newest snapshot of a model's indexes, or empty ones when there is none or `fresh` is asked for."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelView:
    """An encoder as `kb model list` shows it."""

    name: str
    key: str
    dimension: int | None
    built: bool
    known: bool
    in_use: bool
    passages: int
    lacking: int


@dataclass(frozen=True, slots=True)
class _Current:
    model_id: int
    name: str
    key: str


class Models:
    """The encoders of this knowledge base and the one space this process searches in."""

    def __init__(self, database: Database, shelf: Shelf) -> None:
        self._database = database
        self._shelf = shelf
        self._lock = threading.RLock()
        self._embedders: dict[str, Embedder] = {}
        self._space: Space | None = None
        self._saved = 0
        self._filled: tuple[object, ...] = ()
        self._projection: tuple[int, Projection | None] | None = None
        self._subjects: tuple[str, dict[str, Vectors]] | None = None

    # --- what there is ------------------------------------------------------------------------------

    def overview(self) -> list[ModelView]:
        """Every encoder on the machine or in the database."""
        with self._database.read() as session:
            known = {row.name: row for row in session.execute(select(Model)).scalars()}
            names = sorted({*self._shelf.names(), *known})
            return [self._view(session, name, known.get(name)) for name in names]

    def _view(self, session: Session, name: str, row: Model | None) -> ModelView:
        lacking = feed.count_lacking(session, row.id) if row else 0
        counted = select(func.count()).select_from(Embedding).join(Passage, Passage.id == Embedding.passage_id)
        return ModelView(
            name=name,
            key=row.key if row else "",
            dimension=row.dimension if row else None,
            built=self._shelf.built(name),
            known=row is not None,
            in_use=bool(row and row.in_use),
            passages=session.execute(counted.where(Embedding.model_id == row.id)).scalar_one() if row else 0,
            lacking=lacking,
        )

    def add(self, name: str, progress: Progress | None = None) -> str:
        """Make an encoder known to the knowledge base; the first one is in use at once.

        `name` is one of the encoders on the machine, or the path of a sentence-transformers folder.

        Raises:
            NoModel: there is no such encoder.
        """
        name = self._resolve(name)
        self._shelf.build(name, progress)
        embedder = self._embedder(name)
        projection = self._shelf.projection(name, embedder, progress)
        with self._database.write() as session:
            if session.execute(select(Model).where(Model.name == name)).scalar() is None:
                first = session.execute(select(func.count()).select_from(Model)).scalar_one() == 0
                session.add(
                    Model(
                        name=name,
                        key=embedder.key,
                        dimension=embedder.dimension,
                        projection=projection,
                        in_use=first,
                    )
                )
        return name

    def _resolve(self, name: str) -> str:
        if name in self._shelf.names():
            return name
        if Path(name).is_dir():
            return self._shelf.adopt(Path(name))
        there = ", ".join(self._shelf.names()) or "none"
        raise NoModel(
            f"There is no encoder '{name}' on this machine (there is: {there}); "
            "name the folder of a sentence-transformers model.",
            model=name,
        )

    def use(self, name: str) -> None:
        """Search with another encoder from the next query on, everywhere.

        Raises:
            NotFound: it was never added.
            ModelIncomplete: some passages have no vector of it yet.
        """
        with self._database.write() as session:
            row = _named(session, name)
            complete = ~select(Passage.id).where(~feed.embedded(row.id)).exists()
            switched = session.execute(update(Model).where(complete).values(in_use=Model.id == row.id))
            if not switched.rowcount:  # type: ignore[attr-defined]
                lacking = feed.count_lacking(session, row.id)
                raise ModelIncomplete(
                    f"{lacking} passages have no vector of '{name}' yet: let 'kb worker --once' finish first.",
                    model=name,
                    lacking=lacking,
                )

    def drop(self, name: str) -> None:
        """Forget an encoder and its vectors; the one in use cannot be dropped."""
        with self._database.write() as session:
            row = _named(session, name)
            if row.in_use:
                raise InvalidInput(f"'{name}' is in use; change to another with 'kb model use' first.", model=name)
            session.execute(delete(Model).where(Model.id == row.id))

    # --- the second gap -------------------------------------------------------------------------------

    def fill_one(self, progress: Progress | None = None) -> int:
        """Embed some passages that lack a vector in a known model; returns how many, 0 when none lacks."""
        state = self._gap_state()
        if state == self._filled:
            return 0
        for model_id, name in self._known():
            with self._database.read() as session:
                todo = feed.lacking(session, model_id, GAP_BATCH)
            if todo:
                vectors = embed(self._embedder(name), todo, progress)
                self._store(
                    model_id,
                    [feed.Vector(one.passage_id, *both) for one, both in zip(todo, vectors, strict=True)],
                )
                return len(todo)
        # Taken before looking: what came in meanwhile makes the next look another one.
        self._filled = state
        return 0

    def _gap_state(self) -> tuple[object, ...]:
        """What differs whenever a passage may newly lack a vector; cheap to ask, however much there is."""
        with self._database.read() as session:
            models = session.execute(select(Model.id, Model.created_at).order_by(Model.id)).all()
            newest = session.execute(select(func.max(Passage.id))).scalar()
            return feed.head(session), newest, *map(tuple, models)

    def _known(self) -> list[tuple[int, str]]:
        with self._database.read() as session:
            chosen = select(Model.id, Model.name).order_by(Model.in_use.desc(), Model.id)
            return [(row.id, row.name) for row in session.execute(chosen)]

    def _store(self, model_id: int, vectors: Sequence[feed.Vector]) -> None:
        with self._database.write() as session:
            # Between reading and writing a passage may have gone, or another worker may have been faster.
            states = feed.embeddable(session, model_id, [vector.passage_id for vector in vectors])
            for live in (True, False):
                rows = [vector for vector in vectors if states.get(vector.passage_id) is live]
                feed.add(session, model_id, rows, live=live)

    # --- the space in use -----------------------------------------------------------------------------

    def current(self) -> tuple[int, Embedder]:
        """Id and encoder of the model in use; raises `NoModel` when none is."""
        row = self._in_use()
        return row.model_id, self._embedder(row.name)

    def in_use_id(self) -> int:
        """Id of the model in use; raises `NoModel` when none is."""
        return self._in_use().model_id

    def in_use_name(self) -> str:
        """Name of the model in use; raises `NoModel` when none is."""
        return self._in_use().name

    def in_use_key(self) -> str:
        """Key of the model in use, which names all that changes a vector; raises `NoModel` when none is."""
        return self._in_use().key

    def projection(self) -> Projection | None:
        """What takes the language out of a vector of the model in use; None where the model has none."""
        row = self._in_use()
        with self._lock:
            if self._projection is None or self._projection[0] != row.model_id:
                self._projection = row.model_id, self._projected(row.model_id)
            return self._projection[1]

    def subjects(self) -> dict[str, Vectors]:
        """The raw vectors of what each term stands for, by vocabulary and term, in the model in use."""
        row = self._in_use()
        with self._lock:
            if self._subjects is None or self._subjects[0] != row.key:
                self._subjects = row.key, from_bytes(self._shelf.subjects(row.name, self._embedder(row.name)))
            return self._subjects[1]

    def _projected(self, model_id: int) -> Projection | None:
        with self._database.read() as session:
            stored = session.execute(select(Model.projection).where(Model.id == model_id)).scalar()
        return Projection.from_bytes(stored) if stored else None

    def space(self) -> Space:
        """The indexes of the model in use, brought up to the last commit."""
        with self.reading() as (_, space):
            return space

    @contextmanager
    def reading(self) -> Iterator[tuple[Session, Space]]:
        """A session and the indexes brought up to what it sees; another thread may meanwhile take them further."""
        with self._database.read() as session:
            # The session's first look is within the lock: no space is ever ahead of it.
            with self._lock:
                self._space = space = self._as_of(session)
            yield session, space

    def begun(self, text: str) -> tuple[str, Encoding] | None:
        """Begin to encode a query with the model last searched with, and say which: most often it still is in use."""
        space = self._space
        return None if space is None else (space.key, space.encoding(text))

    def _as_of(self, session: Session) -> Space:
        row = _in_use(session)
        space = self._space
        if space is None or space.key != row.key:
            space = self._open(session, row)
        return self._refreshed(session, space, row)

    def _open(self, session: Session, row: _Current, *, fresh: bool = False) -> Space:
        projection = session.execute(select(Model.projection).where(Model.id == row.model_id)).scalar()
        space = self._shelf.open_space(row.key, self._embedder(row.name), projection, fresh=fresh)
        self._saved = space.cursor
        return space

    def _refreshed(self, session: Session, space: Space, row: _Current) -> Space:
        floor, head = feed.floor(session), feed.head(session)
        if space.cursor == head:
            return space
        if 0 < space.cursor < floor or space.cursor > head:
            # News of removals this copy has not seen was swept away: build another one aside.
            space = self._open(session, row, fresh=True)
        for batch in feed.changes(session, row.model_id, space.cursor):
            space.apply(batch, batch[-1].seq)
        space.apply([], head)
        return space

    def save(self, *, always: bool = False) -> None:
        """Write a snapshot of the space when enough has changed since the last one."""
        with self._lock:
            if self._space is None:
                return
            if self._space.cursor - self._saved >= (1 if always else SNAPSHOT_AFTER):
                self._space.snapshot()
                self._saved = self._space.cursor

    @property
    def cursor(self) -> int | None:
        """The number of the feed up to which this process's indexes have followed; None before its first search."""
        space = self._space
        return None if space is None else space.cursor

    def close(self) -> None:
        """Let go of the space."""
        with self._lock:
            if self._space is not None:
                self._space.close()
                self._space = None

    def _in_use(self) -> _Current:
        with self._database.read() as session:
            return _in_use(session)

    def _embedder(self, name: str) -> Embedder:
        with self._lock:
            if name not in self._embedders:
                self._embedders[name] = self._shelf.embedder(name)
            return self._embedders[name]


def _in_use(session: Session) -> _Current:
    encoder = state(session).encoder
    if encoder is None:
        raise NoModel("No encoder is in use: run 'kb init', or 'kb model add' and 'kb model use'.")
    return _Current(*encoder)


def _named(session: Session, name: str) -> Model:
    row = session.execute(select(Model).where(Model.name == name)).scalar()
    if row is None:
        raise NotFound(f"No encoder '{name}' has been added; 'kb model list' shows what there is.", model=name)
    return row
