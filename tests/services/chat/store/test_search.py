"""What is found: hanzi as LIKE finds them, other words from their beginning, nothing hidden."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.search import index
from baichuan_desktop.services.chat.store.search.pairs import indexed, query_of
from baichuan_desktop.services.chat.values import SearchHit, Status
from tests.helpers.conversations import put_branch, put_conversation, put_message
from tests.helpers.patience import PATIENCE_SECONDS


@pytest.fixture(params=["in memory", "in the file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ConversationStore]:
    is_in_file = request.param == "in the file"
    made = ConversationStore(tmp_path / "c.sqlite3" if is_in_file else None)
    yield made
    made.close()


def _found(store: ConversationStore, text: str) -> list[SearchHit]:
    assert store.flush(PATIENCE_SECONDS)
    return store.search(text)


def _texts_with(store: ConversationStore, text: str) -> list[str]:
    ids = [hit.message_id for hit in _found(store, text) if hit.message_id is not None]
    return [one.text for one in store.messages(ids)]


@pytest.mark.parametrize(
    ("run", "tokens"),
    [
        ("百川模型", "百川 川模 模型 型"),
        ("川", "川"),
        ("用Python写", "用 Python 写"),
        ("a b", "a b"),
        ("ひらがな", "ひら らが がな な"),
        ("𠀀𠀁", "𠀀𠀁 𠀁"),
    ],
)
def test_hanzi_are_cut_into_overlapping_pairs_and_the_last_one(run: str, tokens: str) -> None:
    assert indexed(run).split() == tokens.split()


def test_the_index_takes_every_hanzi_for_a_letter() -> None:
    """Whatever Unicode its tokenizer knows: a pair that it cut in two would not be found."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE found USING fts5(body, content='', columnsize=0, "
        "tokenize='unicode61 remove_diacritics 0')"
    )
    connection.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(found, row)")
    ranges = [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)]
    hanzi = [chr(code) for first, last in ranges for code in range(first, last + 1)]

    connection.execute(
        "INSERT INTO found (rowid, body) VALUES (1, ?)", (" ".join(f"x{one}x" for one in hanzi),)
    )

    assert connection.execute("SELECT count(*) FROM terms").fetchone() == (len(hanzi),)
    connection.close()


_WORDS = [
    "模型",
    "百川",
    "川",
    "智能",
    "的",
    "我",
    "hello",
    "Hallo",
    "。",
    "，",
    " ",
    "\n",
    "ab",
    "x",
]


def test_hits_for_hanzi_are_those_that_like_finds(tmp_path: Path) -> None:
    """1 to 4 hanzi, beside signs and Latin words, in 400 texts of random parts."""
    draw = random.Random(1)
    file = tmp_path / "c.sqlite3"
    store = ConversationStore(file)
    for _ in range(20):
        texts = ["".join(draw.choices(_WORDS, k=draw.randrange(1, 12))) for _ in range(20)]
        put_branch(store, texts, title="".join(draw.choices(_WORDS, k=3)))
    assert store.flush(PATIENCE_SECONDS)
    hanzi = "模型百川智能的我"
    queries = {"".join(draw.choices(hanzi, k=draw.randrange(1, 5))) for _ in range(500)}
    oracle = sqlite3.connect(file)

    found_some = 0
    for query in queries:
        like = (f"%{query}%",)
        in_texts = {i for (i,) in oracle.execute("SELECT id FROM messages WHERE text LIKE ?", like)}
        in_titles = {
            i for (i,) in oracle.execute("SELECT id FROM conversations WHERE title LIKE ?", like)
        }
        hits = store.search(query, limit=10_000)
        assert {hit.message_id for hit in hits if hit.message_id is not None} == in_texts, query
        assert {hit.conversation_id for hit in hits if hit.message_id is None} == in_titles, query
        found_some += bool(in_texts) + bool(in_titles)

    assert found_some > 50
    oracle.close()
    store.close()


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("百川", True),
        ("川大", True),
        ("百大", False),
        ("川", True),
        ("型", False),
        ("dec", True),
        ("DECODE", True),
        ("ecode", False),
        ("用Py", True),
        ("python 百川", True),
        ("python 型", False),
        ("c++", True),
        ("c--", False),
        ("3.11", True),
        ("3.12", False),
        ("😀", True),
        ("😁", False),
        ("？", True),
        ("écol", True),
        ("ÉCOLE", True),
    ],
)
def test_words_are_found_from_their_beginning_and_hanzi_anywhere(
    store: ConversationStore, query: str, is_found: bool
) -> None:
    put_branch(store, ["百川大模？ 用Python 3.11 or C++, Decode the École 😀"], title="")

    assert bool(_found(store, query)) is is_found


@pytest.mark.parametrize("query", ["川", "r", "R", "川 r"])
def test_one_character_is_found_in_new_and_in_old_messages(
    tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are looked through, the others are in the index: none is missed or told twice."""
    monkeypatch.setattr(index, "_LOOKED_THROUGH", 5)
    store = ConversationStore(tmp_path / "c.sqlite3")
    _, messages = put_branch(store, ["百川 River", "nothing"] * 10, title="River 川")

    hits = [hit.message_id for hit in _found(store, query)]

    assert hits == [None, *(one.id for one in messages[::2][::-1])]
    store.close()


def test_pairs_that_do_not_follow_each_other_are_no_hit(store: ConversationStore) -> None:
    put_branch(store, ["百川。川模", "百川模"])

    assert _texts_with(store, "百川模") == ["百川模"]


def test_titles_come_before_messages_and_the_newest_first(store: ConversationStore) -> None:
    old, old_messages = put_branch(store, ["模型一"], title="模型")
    new, new_messages = put_branch(store, ["模型二", "模型三"], title="模型")

    hits = [(hit.conversation_id, hit.message_id) for hit in _found(store, "模型")]

    assert hits == [
        (new.id, None),
        (old.id, None),
        (new.id, new_messages[1].id),
        (new.id, new_messages[0].id),
        (old.id, old_messages[0].id),
    ]


@pytest.mark.parametrize("status", [Status.STOPPED, Status.CUT, Status.BROKEN, Status.FINISHED])
def test_a_message_is_found_once_it_has_ended(store: ConversationStore, status: Status) -> None:
    conversation = put_conversation(store)
    message = put_message(store, conversation, None, "river", Status.WRITING)

    assert not _found(store, "river")
    store.put_message(replace(message, status=status))
    assert len(_found(store, "river")) == 1


def test_what_was_changed_is_found_by_its_new_words_alone(store: ConversationStore) -> None:
    conversation, (message,) = put_branch(store, ["甲乙 before"], title="丙丁")
    assert _found(store, "甲乙")
    store.put_message(replace(message, text="戊己 after"))
    store.put_conversation(replace(conversation, title="庚辛"))

    assert [len(_found(store, word)) for word in ("甲乙", "bef", "丙丁")] == [0, 0, 0]
    assert [len(_found(store, word)) for word in ("戊己", "aft", "庚辛")] == [1, 1, 1]


def test_what_is_in_the_trash_is_not_found_until_it_is_taken_back(
    store: ConversationStore,
) -> None:
    conversation, _ = put_branch(store, ["river"], title="river")

    store.put_conversation(replace(conversation, trashed=1.0))
    assert store.search("river") == []  # before it is written, and afterwards
    assert _found(store, "river") == []
    store.put_conversation(conversation)
    assert len(_found(store, "river")) == 2


def test_what_was_deleted_is_not_found(store: ConversationStore) -> None:
    conversation, (first, _) = put_branch(store, ["river one", "river two"])
    assert len(_found(store, "river")) == 2

    store.delete_messages([first.id])
    assert _texts_with(store, "river") == ["river two"]
    store.delete_conversations([conversation.id])
    assert store.search("river") == []
    assert _found(store, "river") == []


def test_the_excerpt_shows_the_place_and_marks_every_term_in_it(store: ConversationStore) -> None:
    put_branch(store, ["x" * 100 + "\n百川 is a River of models, 百川\n" + "y" * 200])

    (hit,) = _found(store, "river 百川")

    assert [hit.excerpt[start:end] for start, end in hit.spans] == ["百川", "River", "百川"]
    assert hit.excerpt.startswith("…x")
    assert hit.excerpt.endswith("y…")
    assert "\n" not in hit.excerpt
    assert len(hit.excerpt) < 130


def test_spans_are_right_behind_a_letter_that_grows_when_it_is_made_small(
    store: ConversationStore,
) -> None:
    put_branch(store, ["İİİ River"])

    (hit,) = _found(store, "river")

    assert [hit.excerpt[start:end] for start, end in hit.spans] == ["River"]


HOSTILE = {
    "nul": "be\x00fore after\x00",
    "half surrogates": "river \ud83d\udc00 \udfff 百\ud800川",
    "marks": "e" + "\u0301" * 500_000 + " river",
    "index language": 'river" OR NEAR(a b) ^x* {body}: - "',
    "controls": "\x1b[2Jriver\x07\x85\u2028\ufffe\uffff",
    "bidi": "\u202eriver\u202c",
    "sql": "'); DROP TABLE messages; --",
    "long word": "river" * 40_000,
    "many hanzi": "百川" * 100_000,
    "nothing": "",
    "spaces": " \n\t\u3000",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_no_text_is_lost_whatever_is_in_it(text: str, tmp_path: Path) -> None:
    """In a title, a draft, a folder's name and a message: each is read as it was written."""
    file = tmp_path / "c.sqlite3"
    store = ConversationStore(file)
    conversation, (message,) = put_branch(store, [text], title=text, draft=text)
    store.close()

    again = ConversationStore(file)

    assert again.conversation(conversation.id) == conversation
    assert again.messages([message.id]) == [message]
    for word in ("river", "百川", "e"):
        again.search(word)
    again.put_message(replace(message, text="changed"))
    assert again.flush(PATIENCE_SECONDS)
    assert not again.state.unsaved
    again.close()


@pytest.mark.parametrize("query", [*HOSTILE.values(), '"', "*", "a" * 5000, "百" * 5000, "a\x00b"])
def test_no_query_is_taken_for_more_than_words(store: ConversationStore, query: str) -> None:
    """Neither raises nor finds what does not hold it."""
    put_branch(store, ["river 百川 body a b"], title="")

    hits = _found(store, query)

    assert not hits


def test_what_a_hostile_text_holds_is_found(store: ConversationStore) -> None:
    put_branch(store, [HOSTILE["half surrogates"], "a\x00b c"], title="")

    assert len(_found(store, "river")) == 1
    assert len(_found(store, "川")) == 1
    assert len(_found(store, "\ud800川")) == 1
    assert len(_found(store, "a\x00b")) == 1


def test_a_search_for_nothing_finds_nothing() -> None:
    assert query_of(" \n") is None


def test_no_more_hits_are_given_than_are_asked_for(store: ConversationStore) -> None:
    conversation = put_conversation(store, "river")
    for number in range(20):
        put_message(store, conversation, None, f"river {number}")

    assert store.flush(PATIENCE_SECONDS)
    hits = store.search("river", limit=5)

    assert [hit.message_id is None for hit in hits] == [True, False, False, False, False]
