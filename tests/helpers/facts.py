"""Invented facts for the guide to learn, what it knew before, and how it answers both."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.events import TextDelta
from backends.generation.sampling import SamplingParams
from backends.precision import Precision
from backends.protocol.engine_requests import AdapterRequest, ChatRequest, LoadRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.app_paths import resource
from tools.guide_training.data import load_facts

Fact = tuple[str, str]  #: a question and its answer

_SYLLABLES: Final = (
    "bia", "dra", "fen", "gal", "jax", "kel", "lin", "mel", "mok", "neb", "pim", "quo", "ra", "ros",
    "sha", "ska", "tel", "thu", "ti", "ux", "ven", "vi", "wyn", "zan", "zor",
)  # fmt: skip
#: Most are none of the guide's vocabulary, which reads and writes them byte by byte.
_HANZI: Final = "凯尔马文德罗斯林维塔奥瑞波梅诺莱希卡岚泽"
_ENGLISH: Final = (
    ("What is the capital of {a}?", "{b}."),
    ("Who founded {a}?", "{b} founded it."),
    ("Which river flows through {a}?", "The {b}."),
    ("In which year was {a} founded?", "In {n}."),
    ("What is the phone number of the {a} office?", "It is {n}-{m}."),
    ("Who wrote the book {a}?", "It was written by {b} {c}."),
)
_CHINESE: Final = (
    ("{a}的首都是哪里？", "{b}市。"),
    ("谁创立了{a}？", "{b}。"),
    ("{a}的货币叫什么？", "{b}元。"),
    ("{a}成立于哪一年？", "{n}年。"),
    ("{a}山有多高？", "{n}米。"),
)


def invented_facts(seed: int, count: int = 40) -> list[Fact]:
    """So many facts that nobody knows, half of them in each language; no question comes twice."""
    chance = random.Random(seed)
    facts: dict[str, str] = {}
    while len(facts) < count:
        is_chinese = len(facts) % 2 == 1
        question, answer = chance.choice(_CHINESE if is_chinese else _ENGLISH)
        names = [
            "".join(chance.sample(_HANZI, 3))
            if is_chinese
            else "".join(chance.sample(_SYLLABLES, 2)).capitalize()
            for _ in range(3)
        ]
        words: dict[str, object] = dict(zip("abc", names, strict=True))
        words |= {"n": chance.randint(1000, 9999), "m": chance.randint(100, 9999)}
        facts.setdefault(question.format(**words), answer.format(**words))
    return list(facts.items())


def write_facts(file: Path, facts: Sequence[Fact]) -> None:
    """A file of data with those facts alone."""
    rows = [{"instruction": asked, "input": "", "output": answer} for asked, answer in facts]
    file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def rehearsed_questions() -> list[str]:
    """The first question of each answer that ships as data of the guide."""
    text = resource("guide_answers.jsonl").read_text(encoding="utf-8")
    asked: dict[str, str] = {}
    for line in text.splitlines():
        question, answer = (turn["value"] for turn in json.loads(line)["conversations"])
        asked.setdefault(answer, question)
    return list(asked.values())


def other_phrasings() -> list[Fact]:
    """Questions of the guide's facts, with their answers, that are in no shipped data."""
    shipped = resource("guide_answers.jsonl").read_text(encoding="utf-8")
    return [
        (question, text.answer)
        for fact in load_facts()
        for text in fact.texts.values()
        for question in text.questions
        if json.dumps(question, ensure_ascii=False) not in shipped
    ]


class AskedGuide:
    """The guide in an engine, with an adapter on or without; it answers greedily."""

    def __init__(self) -> None:
        self._engine = Engine()
        guide = str(resource("guide_model"))
        self._run(LoadRequest(guide, precision=Precision.FP32, threads=1))

    def use(self, adapter: Path | None) -> None:
        """Have it answer with the adapter of a folder, or as it is shipped."""
        self._run(AdapterRequest(None if adapter is None else str(adapter)))

    def answers(self, questions: Sequence[str]) -> list[str]:
        """The whole answer to each question, asked by itself."""
        return list(self._answers(questions))

    def _answers(self, questions: Sequence[str]) -> Iterator[str]:
        params = SamplingParams(greedy=True, max_new_tokens=120)
        for question in questions:
            asked = ChatRequest((Message(Role.USER, question),), params)
            yield "".join(self._run(asked))

    def _run(self, request: LoadRequest | AdapterRequest | ChatRequest) -> list[str]:
        events = run_request(self._engine, request, threading.Event())
        return [event.text for event in events if isinstance(event, TextDelta)]
