"""One model's encoder, projection and indexes, held together so that a query vector never meets another's index."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import likeness, snapshot
from index.background import Background, Shares
from index.calibration import Calibration
from index.dense import FlatIndex
from index.dense import Gathered as Wholes
from index.evidence import Evidence, Nominated, letter_count
from index.fusion import Fusion
from index.lexical import Asked, WordIndex, Words
from index.memory import give_back
from index.neutral import Projection
from index.overlap import OverlapIndex, Wanted, letters, pairs
from index.sentences import SentenceIndex
from kb.errors import DamagedIndex
from kb.protocols import Embedder, Encoding, Follower, Ids, Source
from kb.ranking import Ranking
from kb.values import Change, Resemblance

POOL = 200
"""Passages that meaning and words each nominate, at least."""

ALLOWED_KEPT = 8
"""Filters of which it is known what they leave, those asked for last: one stays while questions change."""

MANY = 1000
"""Changes at once after which memory is given back."""

Scores = NDArray[np.float32]

FORMAT = 7
"""Raised when the indexes change their shape or the analysis of words: older snapshots are then left aside."""

DENSE, LEXICAL, SENTENCES, LETTERS, PAIRS = "dense", "lexical", "sentences", "letters", "pairs"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _ByWords:
    """What a query's words nominate, with all that judging it takes, and that of the sample, as of one state."""

    grams: Wanted
    couples: Wanted
    asked: Asked
    wholes: Wholes
    shares: Shares
    background: Background
    sampled: Shares


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Allowed:
    """Passages that a filter leaves: ids ascending, the records they are all of, if any, and their languages."""

    ids: Ids
    records: Ids | None
    languages: frozenset[str]


class SearchSpace:
    """The indexes of one model and what joins them; satisfies `kb.protocols.Space` and may be shared by threads.

    The indexes are held for the few milliseconds of a search or a change; encoding a query happens outside.
    """

    def __init__(
        self, *, key: str, embedder: Embedder, projection: Projection | None, settings: Path, work: Path
    ) -> None:
        """Use `SearchSpace.open`; this starts an empty space with working files under `work`."""
        self.key = key
        self.cursor = 0
        self._embedder = embedder
        self._projection = projection
        self._fusion, self._calibration = Fusion.load(settings), Calibration.load(settings)
        self._work = work
        self._home = snapshot.Lease(work, "live")
        self._lock = threading.Lock()
        self._allowed: OrderedDict[bytes, _Allowed] = OrderedDict()
        self._dense = FlatIndex(embedder.dimension, projection)
        self._lexical = WordIndex(self._home.folder)
        self._sentences = SentenceIndex(embedder.dimension, projection)
        self._letters, self._pairs = OverlapIndex(letters), OverlapIndex(pairs)
        self._background = self._sample()

    @classmethod
    def open(  # noqa: PLR0913 - a bootstrap calls it once, by name
        cls,
        *,
        key: str,
        embedder: Embedder,
        projection: Projection | None,
        settings: Path,
        work: Path,
        fresh: bool = False,
    ) -> SearchSpace:
        """The newest valid snapshot under `work`, its cursor with it; empty at cursor 0 without one or when `fresh`.

        Raises:
            InvalidSetting: the weights in the folder `settings` cannot be read.
        """
        snapshot.sweep(work)
        space = cls(key=key, embedder=embedder, projection=projection, settings=settings, work=work)
        if not fresh and (found := snapshot.newest(work, space._identity)):
            space.restore(found.folder, found.seq)
        return space

    @property
    def threshold(self) -> float:
        """Probability below which a hit is rather none; 0 for a model the curve was not fitted for."""
        return self._calibration.threshold if self.key.startswith(f"{self._calibration.model}@") else 0.0

    @property
    def _identity(self) -> str:
        """All that a snapshot depends on besides the feed."""
        return f"{self.key}|{self._projection.digest if self._projection else 'raw'}|{FORMAT}"

    def restore(self, folder: Path, cursor: int) -> None:
        """Take the place of a copy that `save` wrote; the copy itself is not touched."""
        with self._lock:
            dense = FlatIndex.load(folder / DENSE, self._embedder.dimension, self._projection)
            sentences = SentenceIndex.load(folder / SENTENCES, self._embedder.dimension, self._projection)
            same_letters = OverlapIndex.load(folder / LETTERS, letters)
            same_pairs = OverlapIndex.load(folder / PAIRS, pairs)
            home = snapshot.Lease(self._work, "live")
            lexical = WordIndex.load(folder / LEXICAL, home.folder)
            self._release()
            self._allowed.clear()
            self._dense, self._lexical, self._home, self.cursor = dense, lexical, home, cursor
            self._sentences, self._letters, self._pairs = sentences, same_letters, same_pairs
            self._background = self._sample()

    # --- following -----------------------------------------------------------------------------------

    def apply(self, changes: Sequence[Change], cursor: int) -> None:
        """Replay changes in order of seq and move the cursor there; harmless when repeated."""
        with self._lock:
            # Drafts are on the feed too; what is neither shown nor was makes no index anew while somebody waits.
            if concerning := self._concerning(changes):
                for follower in self._followers().values():
                    follower.apply(concerning)
                self._allowed.clear()
                self._background = self._sample()
            self.cursor = cursor
            if len(concerning) >= MANY:
                give_back()

    def _concerning(self, changes: Sequence[Change]) -> list[Change]:
        """All changes of the passages that are held, or are to be at some point of these changes."""
        ids = np.fromiter((change.passage_id for change in changes), dtype=np.int64, count=len(changes))
        wanted = set(ids[self._dense.holds(ids)].tolist()) | {one.passage_id for one in changes if one.live}
        return [change for change in changes if change.passage_id in wanted]

    def _sample(self) -> Background:
        return Background(self._dense, self._sentences)

    def _followers(self) -> dict[str, Follower]:
        return {
            DENSE: self._dense,
            LEXICAL: self._lexical,
            SENTENCES: self._sentences,
            LETTERS: self._letters,
            PAIRS: self._pairs,
        }

    def ids(self) -> Ids:
        """Ids of all passages it holds, ascending.

        Raises:
            DamagedIndex: its indexes hold different passages.
        """
        with self._lock:
            held = {name: follower.ids() for name, follower in self._followers().items()}
        if any(not np.array_equal(ids, held[DENSE]) for ids in held.values()):
            counts = ", ".join(f"{name} {ids.size}" for name, ids in held.items())
            raise DamagedIndex(
                f"The indexes hold different passages ({counts}): "
                "delete the folder 'index' in KB_DATA, it is made anew from the database."
            )
        return held[DENSE]

    def passages_of(self, records: Ids) -> Ids:
        """Ids of the passages it holds that belong to these records, ascending; not to be written to."""
        with self._lock:
            key = records.tobytes()
            kept = self._allowed.pop(key, None) or self._allowing(self._letters.of_records(records))
            kept.ids.flags.writeable = False
            self._allowed[key] = kept
            if len(self._allowed) > ALLOWED_KEPT:
                self._allowed.popitem(last=False)
            return kept.ids

    def _allowing(self, ids: Ids) -> _Allowed:
        """What is to be known of these ids; of those given away before it is known."""
        for kept in self._allowed.values():
            if kept.ids is ids:
                return kept
        return _Allowed(ids=ids, records=self._letters.owners(ids), languages=self._dense.languages_among(ids))

    def languages(self) -> list[str]:
        """Languages of the passages it holds, in alphabetical order."""
        with self._lock:
            return self._dense.held_languages()

    def save(self, folder: Path) -> None:
        """Write a copy of both indexes into an existing, empty folder."""
        with self._lock:
            self._save(folder)

    def _save(self, folder: Path) -> None:
        for name, follower in self._followers().items():
            (folder / name).mkdir()
            follower.save(folder / name)

    def snapshot(self) -> None:
        """Write a copy that the next start can take instead of replaying."""
        with self._lock:
            facts = {"identity": self._identity, "dimension": self._embedder.dimension, "count": len(self._dense)}
            snapshot.write(self._work, self.cursor, self._save, **facts)

    def close(self) -> None:
        """Remove the working files; the space cannot be used afterwards."""
        with self._lock:
            self._release()

    def _release(self) -> None:
        self._lexical.close()
        self._home.release()

    # --- searching -----------------------------------------------------------------------------------

    def encoding(self, text: str) -> Encoding:
        """Begin to encode a query: `rank` takes it, and all that is done until then costs no time."""
        return self._embedder.begin_query(text)

    def rank(
        self, text: str, *, language: str, limit: int, allowed: Ids | None = None, encoding: Encoding | None = None
    ) -> Ranking:
        """Best passages for a query, best first, without repeats.

        Both indexes nominate, and every nominee is judged by both: a passage that only one of them saw still gets
        the other's verdict. `lexical` is relative to the best of the whole collection, so a filter changes no score.
        """
        nominated = self.weigh(text, language=language, limit=limit, allowed=allowed, encoding=encoding)
        scores = self._fusion.scores(nominated.evidence)
        background = self._fusion.scores(nominated.background)
        probabilities = self._calibration.probabilities(scores, background, nominated.evidence.length)
        order = np.lexsort((nominated.ids, -scores))[:limit]
        return _ranking(nominated, order, scores[order], probabilities[order])

    def weigh(
        self, text: str, *, language: str, limit: int, allowed: Ids | None = None, encoding: Encoding | None = None
    ) -> Nominated:
        """What speaks for each passage that either index nominates, before it becomes one score."""
        encoding = encoding or self.encoding(text)
        limit, length = max(limit, POOL), letter_count(text)
        with self._lock:
            words = self._by_words(text, language, limit, allowed)
        vector = encoding()
        with self._lock:
            if words.background is not self._background:  # Passages came or went while the query was being encoded.
                words = self._by_words(text, language, limit, allowed)
            near, cosines = _missing(words.asked.ids, *self._dense.search(vector, limit, allowed))
            lexical = self._lexical.judging(words.asked, near)
            ids = np.concatenate([words.asked.ids, near])
            shares = self._shares(near, words.grams, words.couples)
            by_letters, by_pairs = (np.concatenate(both) for both in zip(words.shares, shares, strict=True))
            nearest = self._sentences.nearest(vector, ids)
            background = words.background.evidence(vector, words.sampled, language=language, length=length)
            evidence = Evidence(
                cosines=np.concatenate([self._dense.cosines_with(vector, words.wholes), cosines]),
                sentences=nearest.cosines,
                letters=by_letters,
                pairs=by_pairs,
                same=self._dense.are_in(language, ids),
                length=length,
                lexical=np.concatenate([words.asked.shares, lexical()]),
            )
            return Nominated(
                ids=ids,
                evidence=evidence,
                nearest=nearest.numbers,
                records=self._letters.records_of(ids),
                background=background,
            )

    def _by_words(self, text: str, language: str, limit: int, allowed: Ids | None) -> _ByWords:
        """All that the text alone tells, which costs no time while it is being encoded."""
        grams, couples = self._letters.wanted(text, language), self._pairs.wanted(text, language)
        asked = self._asked(self._lexical.query(text, language), limit, allowed)
        return _ByWords(
            grams=grams,
            couples=couples,
            asked=asked,
            wholes=self._dense.gather(asked.ids),
            shares=self._shares(asked.ids, grams, couples),
            background=self._background,
            sampled=self._shares(self._background.ids, grams, couples),
        )

    def _asked(self, words: Words | None, limit: int, allowed: Ids | None) -> Asked:
        if allowed is None:
            return self._lexical.ask(words, limit)
        known = self._allowing(allowed)
        return self._lexical.ask(words, limit, allowed, records=known.records, languages=known.languages)

    def _shares(self, ids: Ids, grams: Wanted, couples: Wanted) -> Shares:
        """What is known of some passages without a vector."""
        return self._letters.shares(grams, ids), self._pairs.shares(couples, ids)

    def neighbours(self, source: Source, extra: int, allowed: Ids | None = None) -> Ids:
        """Passages near a text or a part of it, nearest first; `extra` of them may be its own."""
        with self._lock:
            return likeness.neighbours(self._dense, source, extra, allowed)

    def resembling(self, source: Source, groups: Sequence[Ids]) -> list[Resemblance]:
        """How much each group of passages, such as a record's, is like a text."""
        with self._lock:
            return likeness.resemblances(self._dense, source, groups)

    def nearest(self, text: str, limit: int) -> list[int]:
        """Passages by meaning alone, best first: one side of `rank`, for comparison."""
        vector = self._embedder.embed_query(text)
        with self._lock:
            ids, _ = self._dense.search(vector, limit)
        return [int(id_) for id_ in ids]

    def sharing_words(self, text: str, limit: int, *, language: str) -> list[int]:
        """Passages by words alone, best first: the other side of `rank`, for comparison."""
        with self._lock:
            ids, _ = self._lexical.search(text, limit, language=language)
        return [int(id_) for id_ in ids]


def _missing(known: Ids, ids: Ids, cosines: Scores) -> tuple[Ids, Scores]:
    """Those of the ids, ascending, that are not known, with their cosines."""
    order = np.argsort(ids)
    new = order[~np.isin(ids[order], known, assume_unique=True)]
    return ids[new], cosines[new]


def _ranking(
    nominated: Nominated, order: NDArray[np.int64], scores: NDArray[np.float64], probabilities: NDArray[np.float64]
) -> Ranking:
    evidence = nominated.evidence
    return Ranking(
        passage_id=nominated.ids[order],
        score=scores,
        probability=probabilities,
        cosine=evidence.cosines[order],
        lexical=evidence.lexical[order],
        same_language=evidence.same[order],
        record_id=nominated.records[order],
        sentence=nominated.nearest[order],
        sentence_cosine=evidence.sentences[order],
    )
