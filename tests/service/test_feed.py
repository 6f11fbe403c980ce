"""The change feed: order, replay, removal, and an index that agrees with SQL whatever happened."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import numpy as np
from sqlalchemy import select

from kb.bootstrap import Kb, build
from kb.db import feed
from kb.db.entities import Embedding, Passage, Record
from kb.services import publishing
from kb.services.search import as_seen
from kb.values import VISITOR, Outcome, Query
from tests.support.tiny import TinyShelf

Describe = Callable[..., Outcome]
WASTE = "Every household received a brown bin for organic waste and a small basket for the kitchen."


def found(kb: Kb, text: str = "brown bin organic waste") -> list[int]:
    return [hit.record_id for hit in kb.search.search(Query(text=text), VISITOR).hits]


def ids_in_sql(kb: Kb) -> list[int]:
    with kb.database.read() as session:
        return feed.live_ids(session, kb.models.in_use_id())


def agrees(kb: Kb) -> bool:
    return kb.models.space().ids().tolist() == ids_in_sql(kb)


def test_numbers_rise_by_one_for_each_row(kb: Kb, describe: Describe) -> None:
    describe(title="One", solution=WASTE)
    describe(title="Two", solution=WASTE, results=WASTE)
    with kb.database.read() as session:
        numbers = list(session.execute(select(Embedding.seq).order_by(Embedding.seq)).scalars())
        assert numbers == list(range(1, len(numbers) + 1))
        assert feed.head(session) == numbers[-1]


def test_what_is_added_is_found_at_the_next_query(kb: Kb, describe: Describe) -> None:
    assert found(kb) == []
    one = describe(title="Brown bins", solution=WASTE)
    assert found(kb) == [one.record_id]
    assert agrees(kb)


def test_withdrawing_hides_and_publishing_again_embeds_nothing(kb: Kb, describe: Describe) -> None:
    one = describe(title="Brown bins", solution=WASTE)
    assert one.record_id is not None
    with kb.database.read() as session:
        before = dict(session.execute(select(Embedding.passage_id, Embedding.data)).all())
    with kb.database.write() as session:
        publishing.move(session, one.record_id, "withdrawn")
    assert found(kb) == []
    assert agrees(kb)
    with kb.database.write() as session:
        publishing.move(session, one.record_id, "published")
    assert found(kb) == [one.record_id]
    with kb.database.read() as session:
        assert dict(session.execute(select(Embedding.passage_id, Embedding.data)).all()) == before


def test_a_deleted_record_leaves_the_news_of_its_removal(kb: Kb, describe: Describe) -> None:
    one = describe(title="Brown bins", solution=WASTE)
    other = describe(title="Cycle path", solution="A path for bicycles along the old railway line.")
    assert one.record_id is not None
    kb.models.space()
    with kb.database.write() as session:
        publishing.remove(session, one.record_id)
    assert one.record_id not in found(kb)
    assert found(kb, "bicycles railway") == [other.record_id]
    assert agrees(kb)


def test_an_index_that_is_lost_is_replayed_without_embedding_again(kb: Kb, describe: Describe) -> None:
    one = describe(title="Brown bins", solution=WASTE)
    kb.models.space()
    kb.models.save(always=True)
    kb.models.close()
    shutil.rmtree(kb.config.index)
    again = build(kb.config, shelf=TinyShelf(kb.config))
    assert found(again) == [one.record_id]
    assert agrees(again)
    again.close()


def test_another_process_sees_a_removal_that_its_snapshot_still_holds(kb: Kb, describe: Describe) -> None:
    one = describe(title="Brown bins", solution=WASTE)
    kb.models.space()
    kb.models.save(always=True)
    with kb.database.write() as session:
        publishing.move(session, one.record_id or 0, "withdrawn")
    other = build(kb.config, shelf=TinyShelf(kb.config))
    assert found(other) == []
    assert agrees(other)
    other.close()


def test_a_copy_older_than_the_sweep_starts_from_nothing(kb: Kb, describe: Describe) -> None:
    one = describe(title="Brown bins", solution=WASTE)
    two = describe(title="More bins", solution=WASTE)
    kb.models.space()
    kb.models.save(always=True)
    with kb.database.write() as session:
        publishing.remove(session, one.record_id or 0)
    assert kb.checks.sweep()["removals"] > 0
    other = build(kb.config, shelf=TinyShelf(kb.config))
    assert found(other) == [two.record_id]
    assert agrees(other)
    other.close()
    assert found(kb) == [two.record_id]


def test_a_stale_index_never_shows_what_sql_withholds(kb: Kb, describe: Describe) -> None:
    """SQL has the last word even if the news of a withdrawal never reached the index."""
    one = describe(title="Brown bins", solution=WASTE)
    kb.models.space()
    with kb.database.write() as session:
        record = session.get_one(Record, one.record_id)
        record.state = "withdrawn"
    assert kb.models.space().ids().size == 1, "the index still holds it"
    assert found(kb) == []


def test_new_text_replaces_the_old_in_one_step(kb: Kb, describe: Describe) -> None:
    one = describe(key="k", title="Bins", solution=WASTE)
    with kb.database.read() as session:
        old = set(session.execute(select(Passage.id)).scalars())
    two = describe(key="k", title="Bins", solution="A path for bicycles along the old railway line.")
    assert two.record_id == one.record_id
    with kb.database.read() as session:
        new = set(session.execute(select(Passage.id)).scalars())
    assert not old & new, "passages are immutable and their ids are never used again"
    hits = kb.search.search(Query(text="bicycles railway"), VISITOR).hits
    assert "railway" in hits[0].passages[0].text
    assert agrees(kb)


def test_vectors_in_sql_are_raw(kb: Kb, describe: Describe) -> None:
    describe(title="Brown bins", solution=WASTE)
    _, embedder = kb.models.current()
    with kb.database.read() as session:
        rows = session.execute(
            select(Embedding.data, Passage.text).join(Passage, Passage.id == Embedding.passage_id)
        ).all()
    for row in rows:
        assert np.allclose(np.frombuffer(row.data, dtype="<f4"), embedder.embed_passages([row.text])[0], atol=1e-6)


def test_a_passage_that_went_while_it_was_ranked_is_left_out(kb: Kb, describe: Describe) -> None:
    """The index was taken further by another thread than the session of this search sees."""
    one = describe(title="Brown bins", solution=WASTE)
    two = describe(title="More bins", solution=WASTE)
    with kb.models.reading() as (session, space):
        ranked = space.rank("bins", language="en", limit=10)
        with kb.database.write() as other:
            publishing.remove(other, one.record_id or 0)
        assert {one.record_id for one in as_seen(session, space, ranked)} == {one.record_id, two.record_id}
        kb.models.space()
    with kb.models.reading() as (session, space):
        space.cursor -= 1
        assert {one.record_id for one in as_seen(session, space, ranked)} == {two.record_id}
