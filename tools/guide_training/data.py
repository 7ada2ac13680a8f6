"""The questions and answers of the guide model, and which questions it never sees in training."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import yaml

LANGUAGES: Final = ("en", "zh")
DATA_FOLDER: Final = Path(__file__).resolve().parents[1] / "guide_data"

#: One question in this many is held out, for each fact and language.
_HELD_OUT_EVERY = 5


class GuideDataError(ValueError):
    """A data file is not what it should be; names the file and the place."""


@dataclass(frozen=True, slots=True)
class Text:
    """A fact in one language: one answer, many ways to ask for it."""

    answer: str
    questions: tuple[str, ...]
    more: tuple[str, ...] = ()  #: questions that are only trained on, never held out


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the guide knows."""

    id: str
    texts: dict[str, Text]  #: by language


@dataclass(frozen=True, slots=True)
class Example:
    """One question with the answer it shall get."""

    fact_id: str
    language: str
    question: str
    answer: str


def load_facts(folder: Path = DATA_FOLDER) -> list[Fact]:
    """Every fact of the folder's YAML files, by file name and place. Raises GuideDataError."""
    facts = [
        _fact(entry, f"{file.name}, entry {number}")
        for file in sorted(folder.glob("*.yaml"))
        for number, entry in enumerate(_entries(file), 1)
    ]
    if not facts:
        raise GuideDataError(f"there are no facts in {folder.name}")
    return _with_more_questions(facts, folder / "phrasings")


def _with_more_questions(facts: list[Fact], folder: Path) -> list[Fact]:
    """The facts with the questions of `phrasings/`: fact id to language to questions."""
    more: dict[str, dict[str, list[str]]] = {}
    for file in sorted(folder.glob("*.yaml")):
        for id_, languages in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            for language, questions in languages.items():
                more.setdefault(id_, {}).setdefault(language, []).extend(questions)
    unknown = more.keys() - {fact.id for fact in facts}
    if unknown:
        raise GuideDataError(f"phrasings name facts that are not there: {sorted(unknown)}")
    return [
        Fact(
            fact.id,
            {
                language: replace(text, more=tuple(more.get(fact.id, {}).get(language, ())))
                for language, text in fact.texts.items()
            },
        )
        for fact in facts
    ]


def split(facts: Sequence[Fact], seed: int) -> tuple[list[Example], list[Example]]:
    """Examples to train on, and examples held out.

    Which questions of a fact are held out depends on the seed, the fact's id and the language
    alone, so a fact that is added or changed leaves all others as they were.
    """
    train: list[Example] = []
    held_out: list[Example] = []
    for fact in facts:
        for language, text in fact.texts.items():
            count = len(text.questions)
            chooser = random.Random(f"{seed}/{fact.id}/{language}")
            chosen = set(chooser.sample(range(count), count // _HELD_OUT_EVERY))
            for index, question in enumerate(text.questions):
                example = Example(fact.id, language, question, text.answer)
                (held_out if index in chosen else train).append(example)
            train += [Example(fact.id, language, question, text.answer) for question in text.more]
    return train, held_out


def _entries(file: Path) -> list[object]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise GuideDataError(f"{file.name} is not readable as YAML: {error}") from error
    if not isinstance(content, list):
        raise GuideDataError(f"{file.name} is not a list of facts")
    return content


def _fact(entry: object, place: str) -> Fact:
    if not isinstance(entry, dict) or set(entry) != {"id", *LANGUAGES}:
        raise GuideDataError(f"{place}: a fact has exactly id, {', '.join(LANGUAGES)}")
    if not isinstance(entry["id"], str):
        raise GuideDataError(f"{place}: id is no text")
    place = f"{place} ({entry['id']})"
    return Fact(entry["id"], {lang: _text(entry[lang], f"{place}, {lang}") for lang in LANGUAGES})


def _text(value: object, place: str) -> Text:
    if not isinstance(value, dict) or set(value) != {"answer", "questions"}:
        raise GuideDataError(f"{place}: there must be exactly answer and questions")
    answer, questions = value["answer"], value["questions"]
    if not isinstance(answer, str) or not answer.strip():
        raise GuideDataError(f"{place}: answer is no text")
    if not isinstance(questions, list) or not all(isinstance(q, str) and q for q in questions):
        raise GuideDataError(f"{place}: questions is no list of texts")
    return Text(answer.strip(), tuple(question.strip() for question in questions))
