"""The benchmark of the store measures what it says. Nothing here is timed."""

from __future__ import annotations

from pathlib import Path

from benchmarks.conversations import Row, Writing, measure, queries


def test_each_goal_is_measured_and_hits_are_those_of_like(tmp_path: Path) -> None:
    rows = list(measure(tmp_path / "c.sqlite3", conversations=12, long_branch=100))

    names = [row.name for row in rows]
    assert sum(name.startswith("search: ") for name in names) == 10
    assert {"list of all conversations", "index for a byte of text", "ids of a long branch"} < set(
        names
    )
    assert not [name for name in names if name.startswith("hits that LIKE")]


def test_queries_are_frequent_rare_and_absent() -> None:
    writing = Writing()
    texts = [writing.text() for _ in range(300)]

    found = {name: sum(query in text for text in texts) for name, query in queries(texts).items()}

    assert found["1 hanzi, frequent"] >= found["2 hanzi, frequent"] > 50
    assert found["1 hanzi, rare"] == found["2 hanzi, rare"] == 1
    assert found["3 hanzi, frequent"] > 20
    assert found["2 hanzi, absent"] == found["3 hanzi of frequent pairs, absent"] == 0


def test_a_goal_is_missed_above_it() -> None:
    assert Row("", 1.1, 1.0, "ms").is_missed
    assert not Row("", 1.0, 1.0, "ms").is_missed
