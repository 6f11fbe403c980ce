"""What the projection and the centring take away, and what they must leave."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index.neutral import Projection, centres, fit, read_parallel, unit
from kb import resources
from kb.errors import InvalidInput
from kb.protocols import Vectors

LANGUAGES = ("de", "es", "it", "ro")


def spoken(sentences: Vectors, seed: int = 0) -> dict[str, Vectors]:
    """The same sentences in four languages: each language shifts them its own way, with a little noise."""
    random = np.random.default_rng(seed)
    offsets = random.normal(size=(len(LANGUAGES), sentences.shape[1])) * 0.3
    noise = random.normal(size=(len(LANGUAGES), *sentences.shape)) * 0.01
    rows = {code: sentences + offset + extra for code, offset, extra in zip(LANGUAGES, offsets, noise, strict=True)}
    return {code: unit(vectors.astype(np.float32)) for code, vectors in rows.items()}


@pytest.fixture
def parallel() -> dict[str, Vectors]:
    return spoken(unit(np.random.default_rng(1).normal(size=(80, 32)).astype(np.float32)))


def test_the_offsets_of_languages_are_gone(parallel: dict[str, Vectors]) -> None:
    projection = fit(parallel)
    assert projection.rank == 3
    assert projection.languages == LANGUAGES
    means = np.stack([(vectors @ projection.matrix).mean(axis=0) for vectors in parallel.values()])
    before = np.stack([vectors.mean(axis=0) for vectors in parallel.values()])
    assert np.ptp(means, axis=0).max() < 1e-5 < np.ptp(before, axis=0).max()


def test_a_translation_becomes_the_nearest_of_all(parallel: dict[str, Vectors]) -> None:
    def right(rows: dict[str, Vectors]) -> float:
        pool = np.concatenate([rows["it"], rows["de"]])
        similarity = rows["de"] @ pool.T
        similarity[:, 80:][np.eye(80, dtype=bool)] = -1
        return float((similarity.argmax(axis=1) == np.arange(80)).mean())

    projection = fit(parallel)
    assert right(parallel) < 0.9
    assert right({code: projection.apply(rows) for code, rows in parallel.items()}) == 1


def test_it_is_a_projection_and_vectors_keep_length_one(parallel: dict[str, Vectors]) -> None:
    projection = fit(parallel)
    np.testing.assert_allclose(projection.matrix @ projection.matrix, projection.matrix, atol=1e-5)
    applied = projection.apply(parallel["it"])
    np.testing.assert_allclose(np.linalg.norm(applied, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(projection.apply(applied), applied, atol=1e-5)
    assert applied.dtype == np.float32


def test_a_row_of_zeros_stays_one(parallel: dict[str, Vectors]) -> None:
    assert not fit(parallel).apply(np.zeros((1, 32), dtype=np.float32)).any()


def test_equal_languages_cost_no_dimension(parallel: dict[str, Vectors]) -> None:
    assert fit({**parallel, "mo": parallel["ro"]}).rank == 3


def test_bytes_and_back(parallel: dict[str, Vectors]) -> None:
    projection = fit(parallel)
    copy = Projection.from_bytes(projection.to_bytes())
    np.testing.assert_array_equal(copy.matrix, projection.matrix)
    assert (copy.languages, copy.rank, copy.digest) == (projection.languages, projection.rank, projection.digest)


@pytest.mark.parametrize("languages", [[], ["it"]])
def test_one_language_is_none(parallel: dict[str, Vectors], languages: list[str]) -> None:
    with pytest.raises(InvalidInput):
        fit({code: parallel[code] for code in languages})


def test_sentences_must_be_as_many_in_each(parallel: dict[str, Vectors]) -> None:
    with pytest.raises(InvalidInput):
        fit({**parallel, "it": parallel["it"][:-1]})


def test_reading_parallel_sentences(tmp_path: Path) -> None:
    (tmp_path / "it.txt").write_text("Buongiorno\nÈ tardi\n", encoding="utf-8")
    (tmp_path / "de.txt").write_text("Guten Tag\nEs ist spät", encoding="utf-8")
    (tmp_path / "README.md").write_text("x\n", encoding="utf-8")
    assert read_parallel(tmp_path) == {"it": ["Buongiorno", "È tardi"], "de": ["Guten Tag", "Es ist spät"]}
    (tmp_path / "de.txt").write_text("Guten Tag\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="de 1, it 2"):
        read_parallel(tmp_path)


def test_the_shipped_sentences_can_be_read() -> None:
    assert len(read_parallel(resources.PARALLEL)) >= 2


# --- centring ------------------------------------------------------------------------------------


def part(count: int) -> float:
    """How much of a language's offset is taken away when it has `count` passages."""
    mean, other = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    found = centres({"it": mean * count, "de": other * 1000}, {"it": count, "de": 1000})
    overall = (mean * count + other * 1000) / (count + 1000)
    return float((found["it"].offset / (mean - overall))[0])


@pytest.mark.parametrize(("count", "expected"), [(1, 1 / 31), (10, 0.25), (30, 0.5), (31, 0.5), (5000, 0.5)])
def test_a_language_is_centred_by_what_is_known_of_it_and_at_most_by_half(count: int, expected: float) -> None:
    assert part(count) == pytest.approx(expected)


def test_one_language_alone_is_not_centred() -> None:
    assert not centres({"it": np.array([3.0, 4.0])}, {"it": 7})["it"].offset.any()


def test_no_language_has_no_centre() -> None:
    assert centres({}, {}) == {}


def test_the_length_is_what_centred_vectors_have_on_average() -> None:
    random = np.random.default_rng(0)
    rows = {code: unit(random.normal(loc=0.4, size=(200, 8)).astype(np.float32)) for code in ("it", "de")}
    rows["de"] *= -1
    found = centres({code: v.astype(np.float64).sum(axis=0) for code, v in rows.items()}, {"it": 200, "de": 200})
    lengths = np.linalg.norm(rows["it"] - found["it"].offset, axis=1)
    assert found["it"].length == pytest.approx(np.sqrt((lengths**2).mean()), rel=1e-5)


def test_a_query_that_cannot_change_is_projected_once(parallel: dict[str, Vectors]) -> None:
    projection, query = fit(parallel), unit(np.random.default_rng(2).normal(size=(1, 32)).astype(np.float32))
    before = projection.apply(query)
    assert before.flags.writeable
    query.flags.writeable = False

    projected = projection.apply(query)

    assert np.array_equal(projected, before)
    assert projection.apply(query) is projected
    assert not projected.flags.writeable
    assert not np.array_equal(projection.apply(-query), projected)
