"""The questions and answers that the guide model is trained on."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
import sentencepiece

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.ui.shortcuts.table import SHORTCUTS
from tools.guide_training.data import LANGUAGES, Fact, GuideDataError, load_facts, split


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    return load_facts()


def test_there_are_at_least_150_facts_with_unique_ids(facts: list[Fact]) -> None:
    assert len(facts) >= 150
    assert [id_ for id_, count in Counter(fact.id for fact in facts).items() if count > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_fact_can_be_asked_for_in_at_least_five_ways(facts: list[Fact], language: str) -> None:
    assert [fact.id for fact in facts if len(fact.texts[language].questions) < 5] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_stands_twice(facts: list[Fact], language: str) -> None:
    questions = Counter(
        question.casefold() for fact in facts for question in fact.texts[language].questions
    )

    assert [question for question, count in questions.items() if count > 1] == []


def test_answers_are_short(facts: list[Fact]) -> None:
    for fact in facts:
        assert len(fact.texts["en"].answer.split()) <= 60, fact.id
        assert len(re.findall(r"[\u4e00-\u9fff]", fact.texts["zh"].answer)) <= 120, fact.id


def test_a_fifth_of_each_facts_questions_is_held_out_in_each_language(facts: list[Fact]) -> None:
    train, held_out = split(facts, seed=7)

    counts = Counter((example.fact_id, example.language) for example in held_out)
    for fact in facts:
        for language in LANGUAGES:
            assert counts[fact.id, language] == len(fact.texts[language].questions) // 5
    trained = {(example.language, example.question) for example in train}
    assert not any((example.language, example.question) in trained for example in held_out)


def test_what_is_held_out_of_a_fact_does_not_depend_on_the_other_facts(facts: list[Fact]) -> None:
    _, of_all = split(facts, seed=7)
    _, of_one = split(facts[40:41], seed=7)

    assert of_one == [example for example in of_all if example.fact_id == facts[40].id]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("[", "is not readable as YAML"),
        ("id: a", "is not a list of facts"),
        ("[{id: a}]", "wrong.yaml, entry 1"),
        ("[{id: a, en: {answer: A., questions: [1]}, zh: {answer: B, questions: [b]}}]", "(a), en"),
    ],
)
def test_wrong_data_is_reported_with_its_place(tmp_path: Path, content: str, part: str) -> None:
    (tmp_path / "wrong.yaml").write_text(content, encoding="utf-8")

    with pytest.raises(GuideDataError, match=re.escape(part)):
        load_facts(tmp_path)


def _window_texts() -> set[str]:
    """Every Chinese text of the window, without its access key and dots."""
    root = ElementTree.parse(resource("translations") / "baichuan_desktop_zh_CN.ts").getroot()
    texts = (translation.text or "" for translation in root.iter("translation"))
    return {re.sub(r"\(&.\)|…", "", text).strip() for text in texts}


def test_what_answers_quote_in_chinese_stands_in_the_window(facts: list[Fact]) -> None:
    there = _window_texts()
    for fact in facts:
        for quoted in re.findall("“([^>”]+)”", fact.texts["zh"].answer):  # -> is in prompts
            assert quoted.rstrip("…") in there, fact.id


def test_the_keys_that_answers_name_are_those_of_the_window(facts: list[Fact]) -> None:
    keys = {keys for shortcut in SHORTCUTS for keys in shortcut.keys}
    for fact in facts:
        for text in fact.texts.values():
            for named in re.findall(r"(?:Ctrl|Shift)\+(?:Shift\+)?[\w/]+|\bF\d+", text.answer):
                assert named in keys or (fact.id, named) == ("f-find", "Shift+Enter"), fact.id


def test_both_languages_of_an_answer_name_the_same_keys(facts: list[Fact]) -> None:
    for fact in facts:
        english, chinese = (
            set(re.findall(r"(?:Ctrl|Shift)\+(?:Shift\+)?[\w/]+|\bF\d+\b", text.answer, re.ASCII))
            for text in (fact.texts["en"], fact.texts["zh"])
        )
        assert english == chinese or fact.id == "d-out-of-scope"


def test_answers_are_written_in_pieces_of_the_shipped_vocabulary(facts: list[Fact]) -> None:
    processor = sentencepiece.SentencePieceProcessor(
        model_file=str(resource("guide_model") / "tokenizer.model")
    )
    for fact in facts:
        for text in fact.texts.values():
            ids = processor.encode(text.answer)
            assert not any(processor.is_byte(id_) for id_ in ids), fact.id
