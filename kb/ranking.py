"""What a search ranks, kept as columns: of hundreds of passages and records only those of a page become objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from kb.values import Candidate

COUNTED = 5
"""Passages of a record that add to its score."""

_NAMES = tuple(field.name for field in fields(Candidate))


class Ranking(Sequence[Candidate]):
    """Ranked passages, best first; one that is taken out is a `Candidate`."""

    def __init__(self, **columns: NDArray[Any]) -> None:
        """One array, (n,), for each field of a `Candidate`, by its name."""
        self.columns = columns

    @classmethod
    def of(cls, candidates: Sequence[Candidate]) -> Ranking:
        """Candidates as columns."""
        return cls(**{name: np.array([getattr(one, name) for one in candidates]) for name in _NAMES})

    def __len__(self) -> int:
        return int(self.columns["passage_id"].size)

    @overload
    def __getitem__(self, place: int) -> Candidate: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Candidate]: ...

    def __getitem__(self, place: int | slice) -> Candidate | Sequence[Candidate]:
        if isinstance(place, slice):
            return Ranking(**{name: column[place] for name, column in self.columns.items()})
        return Candidate(**{name: column[place].item() for name, column in self.columns.items()})

    def __iter__(self) -> Iterator[Candidate]:
        rows = zip(*(column.tolist() for column in self.columns.values()), strict=True)
        return (Candidate(**dict(zip(self.columns, row, strict=True))) for row in rows)

    def take(self, places: NDArray[Any]) -> Ranking:
        """The passages at these places, in their order."""
        return Ranking(**{name: column[places] for name, column in self.columns.items()})

    def belonging(self, records: Mapping[int, int]) -> Ranking:
        """Each with the record that it belongs to by this account; those of which it says nothing are left out."""
        passages = self.columns["passage_id"].tolist()
        known = self.take(np.array([id_ in records for id_ in passages], dtype=np.bool_))
        known.columns["record_id"] = np.array([records[id_] for id_ in passages if id_ in records], dtype=np.int64)
        return known


@dataclass(frozen=True, slots=True)
class Ranked:
    """A record and its passages, best first.

    `score` is the log-odds that one of its best passages answers: where several do, more than the best one's;
    `likeliest` the probability of the passage most likely to.
    """

    record_id: int
    passages: Sequence[Candidate]
    score: float
    likeliest: float


class Listing(Sequence[Ranked]):
    """Records with their passages of a ranking; one that is taken out is a `Ranked`.

    `ids`, `scores` and `likeliest` are what `Ranked` says of each, (n,).
    """

    def __init__(self, ranking: Ranking, places: NDArray[np.int64], **columns: NDArray[Any]) -> None:
        """Use `of`; of `places` in the ranking, each record has `counts` from `starts` on, best first."""
        self._ranking, self._places = ranking, places
        self._columns = columns
        self.ids, self.scores, self.likeliest = columns["ids"], columns["scores"], columns["likeliest"]

    @classmethod
    def of(cls, ranking: Ranking) -> Listing:
        """The records of ranked passages, in the order of their best ones."""
        records = ranking.columns["record_id"].astype(np.int64)
        ids, firsts, owners = np.unique(records, return_index=True, return_inverse=True)
        places = np.argsort(owners, kind="stable")
        counts = np.bincount(owners, minlength=ids.size)
        starts = np.cumsum(counts) - counts
        scores = ranking.columns["score"].astype(np.float64)
        # A log-odds of several: exp(score) adds up over the best few, each taken relative to the best of its record.
        counted = places[np.arange(places.size) - np.repeat(starts, counts) < COUNTED]
        shares = np.exp(scores[counted] - scores[firsts][owners[counted]])
        sums = np.bincount(owners[counted], weights=shares, minlength=ids.size)
        whole = cls(
            ranking,
            places,
            starts=starts,
            counts=counts,
            ids=ids,
            scores=scores[firsts] + np.log(sums),
            # The probability rises with the score, so the best passage is the likeliest.
            likeliest=ranking.columns["probability"][firsts],
        )
        return whole.take(np.argsort(firsts))

    def __len__(self) -> int:
        return int(self.ids.size)

    @property
    def passages(self) -> int:
        """How many passages the records have together."""
        return int(self._columns["counts"].sum())

    @overload
    def __getitem__(self, place: int) -> Ranked: ...

    @overload
    def __getitem__(self, place: slice) -> Listing: ...

    def __getitem__(self, place: int | slice) -> Ranked | Listing:
        if isinstance(place, slice):
            return self.take(np.arange(len(self))[place])
        start, count = int(self._columns["starts"][place]), int(self._columns["counts"][place])
        passages = self._ranking.take(self._places[start : start + count])
        return Ranked(int(self.ids[place]), passages, float(self.scores[place]), float(self.likeliest[place]))

    def take(self, places: Sequence[int] | NDArray[Any]) -> Listing:
        """The records at these places, in their order."""
        chosen = np.asarray(places, dtype=np.int64)
        return Listing(self._ranking, self._places, **{name: column[chosen] for name, column in self._columns.items()})
