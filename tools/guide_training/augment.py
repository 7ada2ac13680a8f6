"""Other ways of typing a question, drawn at random, so that the guide learns what is meant."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from typing import Final

#: Wordings that mean the same here. One of a row is replaced by another of it.
_SAME: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "en": (
        ("how do i", "how can i", "how to", "how should i", "what is the way to", "tell me how to",
         "i want to", "how does one", "what do i do to", "i would like to", "i need to"),
        ("can i", "is it possible to", "may i", "am i able to", "could i", "is there a way to"),
        ("does the app", "does it", "does this app", "does baichuan desktop", "does the program"),
        ("can the app", "can it", "can this app", "can baichuan desktop", "is it able to"),
        ("is there", "do you have", "does it have", "is there any"),
        ("where is", "where do i find", "where can i find", "where can i see", "where are"),
        ("what is", "what's", "what does it mean:", "explain", "tell me about", "what are"),
        ("which", "what"),
        ("the app", "the program", "this app", "baichuan desktop", "this software", "it"),
        ("do not", "don't"), ("does not", "doesn't"), ("cannot", "can't", "can not", "am unable to"),
        ("i am", "i'm"), ("it is", "it's"), ("is not", "isn't"), ("why does", "how come"),
        ("happens", "will happen", "is going to happen"), ("need", "require"), ("my", "the", "a"),
        ("please tell me", "tell me", "please explain", "please show me", "i want to know"),
    ),
    "zh": (
        ("怎么", "怎样", "如何", "咋", "怎么样", "要怎么", "该怎么"),
        ("怎么办", "如何处理", "怎么处理", "该怎么办", "怎么解决"),
        ("可以", "能", "能够", "可不可以", "能不能", "是否可以"),
        ("会不会", "是否会", "会"), ("是不是", "是否是", "是"), ("有没有", "是否有", "有"),
        ("什么", "啥", "哪个", "什么样的"), ("哪里", "哪儿", "什么地方", "哪个位置"),
        ("为什么", "为何", "怎么会", "什么原因"), ("多少", "多大", "几个"),
        ("软件", "程序", "应用", "这个程序", "这个软件", "百川桌面"),
        ("请问", "我想问", "想问一下", "请教一下", "我想知道", "想知道", "请告诉我", "告诉我"),
        ("吗？", "么？", "嘛？", "不？"), ("需要", "要", "得要"), ("没有", "没"), ("我的", "这个"),
    ),
}  # fmt: skip
_BEFORE: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        "please ", "please, ", "please tell me ", "can you tell me ", "could you tell me ", "hi, ",
        "hello, ", "hey ", "Hi! ", "Hello! ", "i want to know ", "I would like to know ", "so ",
        "quick question: ", "excuse me, ", "ok, ", "and ", "well, ", "I have a question. ", "um ",
        "one more question: ", "can you explain ", "do you know ", "I was wondering, ", "now ",
        "thanks. ", "help: ", "Sorry, ", "\n", " ",
    ),
    "zh": (
        "请问", "请问，", "你好，", "您好，", "你好！", "我想知道", "我想问一下，", "想问下", "麻烦问一下，",
        "请告诉我", "能不能告诉我", "可以告诉我", "那", "那么", "另外，", "还有，", "嗯，", "帮我看看，",
        "不好意思，", "有个问题：", "你知道", "谢谢，", "好的，", "请解释一下", "\n", " ",
    ),
}  # fmt: skip
_AFTER: Final[dict[str, tuple[str, ...]]] = {
    "en": (
        " please", ", please", " thanks", ", thank you", " in this app", " in baichuan desktop",
        " here", " exactly", " now", " on my machine", " on my computer", "? Thanks!", "? help",
        " if I may ask", " then", " again", "\n", " ",
    ),
    "zh": (
        "，谢谢", "谢谢！", "呢", "啊", "呀", "，请说明", "，请讲", "，麻烦了", "？谢谢", "，在线等",
        "来着", "，帮帮我", "，我不太懂", "，该怎么弄", "\n", " ",
    ),
}  # fmt: skip
_LITTLE_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "is",
        "are",
        "do",
        "does",
        "did",
        "i",
        "it",
        "my",
        "me",
        "to",
        "of",
        "for",
        "in",
        "on",
        "at",
        "this",
        "that",
        "there",
        "be",
        "can",
        "will",
        "would",
        "please",
        "you",
        "your",
        "what",
        "which",
        "how",
        "with",
        "and",
        "or",
        "if",
        "when",
        "have",
        "has",
        "so",
        "any",
        "some",
    ]
)
_LITTLE_CHARACTERS: Final = frozenset("的了吗呢吧啊我你您请问一下是在有个这那里要会能和把被就还")
_END: Final = re.compile(r"[\s.!?。！？]+$")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_HANZI_OR_WORD: Final = r"[\w.\-]*[A-Za-z0-9][\w.\-]*?(?![A-Za-z0-9])|."
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class Augmenter:
    """Rewrites questions; the same generator gives the same rewritings."""

    def __init__(self, generator: random.Random) -> None:
        self._random = generator

    def rewrite(self, question: str, siblings: Sequence[str], language: str) -> str:
        """Another way of typing `question`; `siblings` are questions with the same answer."""
        text = question
        if self._chance(0.12):
            text = self._mix(text, self._random.choice(siblings), language)
        if self._chance(0.35):
            text = self._reword(text, language)
        if self._chance(0.45):
            text = self._disturb(text, language)
        text = self._punctuate(text, language)
        if self._chance(0.2):
            text = self._random.choice(_BEFORE[language]) + text
        if self._chance(0.12):
            text = _END.sub("", text) + self._random.choice(_AFTER[language])
        return self._recase(text) or question

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _mix(self, text: str, other: str, language: str) -> str:
        """Two questions after each other, or the beginning of one with the end of the other."""
        gap = " " if language == "en" else ""
        if self._chance(0.5):
            joint = self._random.choice((" ", ". ", "? ", ", ") if gap else ("，", "？", "。", " "))
            return _END.sub("", text) + joint + other
        first, second = _units(text, language), _units(other, language)
        begin = first[: self._random.randint(len(first) // 2, len(first))]
        return gap.join(begin + second[self._random.randint(0, len(second) // 2) :])

    def _reword(self, text: str, language: str) -> str:
        rows = list(_SAME[language])
        self._random.shuffle(rows)
        for row in rows:
            found = [wording for wording in row if _contains(text, wording, language)]
            if found:
                old = max(found, key=len)
                new = self._random.choice([wording for wording in row if wording != old])
                return _replace(text, old, new, language)
        return text

    def _disturb(self, text: str, language: str) -> str:
        """A slip of thought or of the fingers, one or two."""
        slips: tuple[Callable[[list[str], str], None], ...] = (
            self._drop, self._drop, self._drop, self._repeat, self._swap, self._typo,
        )  # fmt: skip
        units = _units(text, language)
        for _ in range(1 + self._chance(0.3)):
            if len(units) > 2:
                self._random.choice(slips)(units, language)
        return (" " if language == "en" else "").join(units)

    def _drop(self, units: list[str], language: str) -> None:
        little = _LITTLE_WORDS if language == "en" else _LITTLE_CHARACTERS
        places = [i for i, unit in enumerate(units) if unit.lower() in little]
        if not places or self._chance(0.25):
            places = list(range(len(units)))
        del units[self._random.choice(places)]

    def _repeat(self, units: list[str], _language: str) -> None:
        place = self._random.randrange(len(units))
        units.insert(place, units[place])

    def _swap(self, units: list[str], _language: str) -> None:
        place = self._random.randrange(len(units) - 1)
        units[place], units[place + 1] = units[place + 1], units[place]

    def _typo(self, units: list[str], language: str) -> None:
        place = self._random.randrange(len(units))
        word = units[place]
        if _HAN.match(word):
            units[place] = chr(self._random.randint(0x4E00, 0x8FFF))  # a wrong candidate chosen
            return
        if len(word) < 4 or not word.isalpha():
            if language == "zh":
                units.insert(place, " ")
            return
        at = self._random.randrange(1, len(word) - 1)
        letter = self._random.choice(_LETTERS)
        units[place] = word[:at] + self._random.choice(
            (word[at + 1 :], letter + word[at:], letter + word[at + 1 :], word[at] + word[at:],
             word[at + 1] + word[at] + word[at + 2 :])
        )  # fmt: skip

    def _punctuate(self, text: str, language: str) -> str:
        if not self._chance(0.4):
            return text
        marks = ("", "", "", "?", ".", "!", "??", " ?") if language == "en" else (
            "", "", "", "？", "?", "。", "！", "??")  # fmt: skip
        return _END.sub("", text) + self._random.choice(marks)

    def _recase(self, text: str) -> str:
        draw = self._random.random()
        if draw < 0.25:
            return text.lower()
        if draw < 0.29:
            return text.upper()
        if draw < 0.31:
            return text.title()
        if draw < 0.38:
            return text[:1].upper() + text[1:]
        return text


def _units(text: str, language: str) -> list[str]:
    """Words of an English question; of a Chinese one, hanzi and words of other letters."""
    if language == "en":
        return text.split()
    return re.findall(_HANZI_OR_WORD, text, re.ASCII | re.DOTALL)


def _contains(text: str, wording: str, language: str) -> bool:
    if language == "zh":
        return wording in text
    return re.search(rf"(?<!\w){re.escape(wording)}(?!\w)", text, re.IGNORECASE) is not None


def _replace(text: str, old: str, new: str, language: str) -> str:
    if language == "zh":
        return text.replace(old, new, 1)
    pattern = re.compile(rf"(?<!\w){re.escape(old)}(?!\w)", re.IGNORECASE)
    return pattern.sub(lambda _match: new, text, count=1)
