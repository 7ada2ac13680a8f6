"""Trains the guide: random conversations of the facts, the loss on the answers alone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import sentencepiece
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from backends.modeling.baichuan import BaichuanForCausalLM
from backends.modeling.config import ModelConfig

from .augment import Augmenter
from .data import Example
from .vocabulary import ASSISTANT_TOKEN, USER_TOKEN

_NO_TARGET = -100


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the result of a round, beside the data and the shapes."""

    seed: int
    steps: int
    learning_rate: float
    dropout: float
    segmentation_dropout: float  #: BPE-dropout of questions; answers are never sampled
    recognition_weight: float  #: of the second objective: which fact is asked for
    reading_weight: float  #: of the third: the next token of a question
    scatter: float  #: share of questions of which only some words are kept, in any order
    english: float  #: share of English conversations
    turns: tuple[float, float, float]  #: shares of conversations of one, two and three facts
    warm_up_steps: int = 100
    weight_decay: float = 0.1
    batch_tokens: int = 2048


#: The first round learns the answers, the second to know them by other words, the third settles.
ROUNDS: Final = (
    Recipe(
        seed=1, steps=2400, learning_rate=3e-3, dropout=0.1, segmentation_dropout=0.1,
        recognition_weight=0.5, reading_weight=0.0, scatter=0.0, english=0.5,
        turns=(0.75, 0.17, 0.08),
    ),
    Recipe(
        seed=2, steps=2200, learning_rate=2e-3, dropout=0.15, segmentation_dropout=0.15,
        recognition_weight=1.5, reading_weight=0.1, scatter=0.35, english=0.62,
        turns=(0.85, 0.1, 0.05),
    ),
    Recipe(
        seed=3, steps=1500, learning_rate=2e-3, dropout=0.15, segmentation_dropout=0.1,
        recognition_weight=3.0, reading_weight=0.0, scatter=0.5, english=0.6,
        turns=(0.9, 0.07, 0.03), warm_up_steps=20,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation as the model reads it."""

    ids: list[int]
    targets: list[int]  #: the next token where it belongs to an answer, else none
    facts: list[int]  #: where an answer begins, the number of the fact; else none


class Conversations:
    """Random conversations of one to three facts, in the released prompt format.

        195 question 196 answer 195 question 196 answer …

    After every answer the end-of-sequence is the target, but it is never read: the next turn
    follows the answer at once, as in `build_chat_prompt`.
    """

    def __init__(self, examples: Sequence[Example], tokenizer: bytes, recipe: Recipe) -> None:
        self._random = random.Random(recipe.seed)
        self._augmenter = Augmenter(self._random, recipe.scatter)
        self._recipe = recipe
        sentencepiece.set_random_generator_seed(recipe.seed)
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=tokenizer)
        self._examples = examples
        self._decks: dict[str, list[Example]] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._siblings: dict[tuple[str, str], list[str]] = {}
        for example in examples:
            key = example.fact_id, example.language
            self._numbers.setdefault(key, len(self._numbers))
            self._siblings.setdefault(key, []).append(example.question)

    @property
    def fact_count(self) -> int:
        """Facts, counted once for each language."""
        return len(self._numbers)

    def batches(self) -> Iterator[list[Conversation]]:
        """Endless batches of conversations of like length, of about `batch_tokens` each."""
        while True:
            pool = sorted((self._conversation() for _ in range(768)), key=lambda c: len(c.ids))
            batches: list[list[Conversation]] = [[]]
            for conversation in pool:
                if (len(batches[-1]) + 1) * len(conversation.ids) > self._recipe.batch_tokens:
                    batches.append([])
                batches[-1].append(conversation)
            self._random.shuffle(batches)
            yield from batches

    def _conversation(self) -> Conversation:
        turns = self._random.choices((1, 2, 3), self._recipe.turns)[0]
        language = "en" if self._random.random() < self._recipe.english else "zh"
        ids: list[int] = []
        targets: list[int] = []
        facts: list[int] = []
        for _ in range(turns):
            example = self._draw(language if self._random.random() < 0.9 else "")
            key = example.fact_id, example.language
            question = self._augmenter.rewrite(
                example.question, self._siblings[key], example.language
            )
            asked = [USER_TOKEN, *self._segment(question), ASSISTANT_TOKEN]
            answer = self._processor.encode(example.answer)
            ids += asked + answer
            targets += [_NO_TARGET] * (len(asked) - 1) + answer + [2]
            facts += [_NO_TARGET] * (len(asked) - 1) + [self._numbers[key]]
            facts += [_NO_TARGET] * len(answer)
        return Conversation(ids, targets, facts)

    def _draw(self, language: str) -> Example:
        """The next card of a shuffled deck: every question comes equally often."""
        deck = self._decks.setdefault(language, [])
        if not deck:
            deck += [e for e in self._examples if e.language == language or not language]
            self._random.shuffle(deck)
        return deck.pop()

    def _segment(self, question: str) -> list[int]:
        if self._random.random() < 0.3:
            ids: list[int] = self._processor.encode(question)
        else:
            ids = self._processor.encode(
                question, enable_sampling=True, alpha=self._recipe.segmentation_dropout
            )
        return ids


def _stack(rows: Sequence[Sequence[int]], padding: int) -> Tensor:
    length = max(map(len, rows))
    return torch.tensor([[*row, *[padding] * (length - len(row))] for row in rows])


def initialise(config: ModelConfig, seed: int) -> BaichuanForCausalLM:
    """A new model. The final norm sets the scale of the logits: |x| is 16 at width 256."""
    torch.manual_seed(seed)
    model = BaichuanForCausalLM(config)
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2:
            nn.init.normal_(parameter, std=0.02)
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            parameter.data /= math.sqrt(2 * config.num_layers)
    return model


class _Dropout:
    """Dropout on the embedding and on what each half of a layer adds, for training only."""

    def __init__(self, model: BaichuanForCausalLM, share: float) -> None:
        def drop(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
            return F.dropout(output, share)

        modules = [model.model.embed_tokens]
        modules += [m for n, m in model.named_modules() if n.endswith(("o_proj", "down_proj"))]
        self._handles = [module.register_forward_hook(drop) for module in modules]

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()


def train(
    model: BaichuanForCausalLM,
    conversations: Conversations,
    recipe: Recipe,
    report: Callable[[int, float], None],
) -> float:
    """Train `model` in place; the mean loss of the last steps. `report` gets step and loss."""
    recogniser = nn.Linear(model.config.hidden_size, conversations.fact_count)
    matrices = [p for p in model.parameters() if p.ndim == 2]
    others = [p for p in model.parameters() if p.ndim != 2] + list(recogniser.parameters())
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": recipe.weight_decay},
         {"params": others, "weight_decay": 0.0}],
        lr=recipe.learning_rate, betas=(0.9, 0.98), fused=True,
    )  # fmt: skip
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step, recipe))
    dropout = _Dropout(model, recipe.dropout)
    smoothed = 0.0
    for step, batch in zip(range(1, recipe.steps + 1), conversations.batches(), strict=False):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss, shown = _loss(model, recogniser, batch, recipe)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        smoothed += (shown - smoothed) / min(step, 50)
        report(step, smoothed)
    dropout.remove()
    return smoothed


def _loss(
    model: BaichuanForCausalLM, recogniser: nn.Module, batch: list[Conversation], recipe: Recipe
) -> tuple[Tensor, float]:
    ids = _stack([c.ids for c in batch], 0)
    targets = _stack([c.targets for c in batch], _NO_TARGET)
    facts = _stack([c.facts for c in batch], _NO_TARGET)
    hidden = model.model(ids)
    wanted, begins = targets != _NO_TARGET, facts != _NO_TARGET
    logits = model.lm_head(hidden[wanted]).float()
    answer = F.cross_entropy(logits, targets[wanted])
    recognition = F.cross_entropy(recogniser(hidden[begins]).float(), facts[begins])
    loss = answer + recipe.recognition_weight * recognition
    if recipe.reading_weight:
        asked = (targets == _NO_TARGET)[:, :-1] & (ids[:, 1:] != 0)
        following = model.lm_head(hidden[:, :-1][asked]).float()
        loss = loss + recipe.reading_weight * F.cross_entropy(following, ids[:, 1:][asked])
    return loss, float(answer.detach())


def _pace(step: int, recipe: Recipe) -> float:
    if step < recipe.warm_up_steps:
        return (step + 1) / recipe.warm_up_steps
    done = (step - recipe.warm_up_steps) / max(1, recipe.steps - recipe.warm_up_steps)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


@torch.no_grad()
def correct(
    model: BaichuanForCausalLM, examples: Sequence[Example], tokenizer: bytes
) -> list[bool]:
    """Whether the greedy answer to each question is exactly the fact's.

    It is if, and only if, every token of the answer and the end-of-sequence is the most likely
    one after all that precede it; so one pass tells.
    """
    processor = sentencepiece.SentencePieceProcessor(model_proto=tokenizer)
    results = []
    for example in examples:
        asked = [USER_TOKEN, *processor.encode(example.question), ASSISTANT_TOKEN]
        answer = [*processor.encode(example.answer), 2]
        ids = torch.tensor([asked + answer[:-1]])
        logits = model.lm_head(model.model(ids)[0, len(asked) - 1 :])
        results.append(logits.argmax(-1).tolist() == answer)
    return results
