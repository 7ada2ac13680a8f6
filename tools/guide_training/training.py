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

from backends.model_config import ModelConfig
from backends.modeling.baichuan import BaichuanForCausalLM

from .augment import Augmenter
from .data import LANGUAGES, Example
from .vocabulary import ASSISTANT_TOKEN, EOS_TOKEN, USER_TOKEN

_NO_TARGET = -100


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the result of a round, beside the data and the shapes."""

    seed: int
    steps: int
    learning_rate: float
    #: Shares of conversations of one, two and three facts. Empty: questions alone are read.
    turns: tuple[float, ...]
    dropout: float = 0.1
    segmentation_dropout: float = 0.1  #: BPE-dropout of questions; answers are never sampled
    recognition_weight: float = 1.0  #: of the second objective: which answer is asked for
    warm_up_steps: int = 60
    weight_decay: float = 0.1
    batch_tokens: int = 2048


#: The first round learns to tell the questions apart, in a fraction of the time that reading the
#: answers takes; the second learns the answers.
ROUNDS: Final = (
    Recipe(seed=1, steps=2400, learning_rate=3e-3, turns=()),
    Recipe(seed=2, steps=4000, learning_rate=2e-3, turns=(0.65, 0.23, 0.12)),
)

#: Which answer is asked for is told from what this many layers make of the question. The layers
#: after them then find it in the keys and values of the token that begins the answer; told from the
#: last layer, it would be there for the first token of the answer only.
_RECOGNITION_LAYERS: Final = 2


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation as the model reads it."""

    ids: list[int]
    targets: list[int]  #: the next token where it belongs to an answer, else none
    asked: list[int]  #: where an answer begins, the number of the answer; else none


class Conversations:
    """Random conversations of one to three facts, in the released prompt format.

        195 question 196 answer 195 question 196 answer …

    After every answer the end-of-sequence is the target, but it is never read: the next turn
    follows the answer at once, as in `build_chat_prompt`.
    """

    def __init__(self, examples: Sequence[Example], tokenizer: bytes, recipe: Recipe) -> None:
        self._random = random.Random(recipe.seed)
        self._augmenter = Augmenter(self._random)
        self._recipe = recipe
        sentencepiece.set_random_generator_seed(recipe.seed)
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=tokenizer)
        self._examples = examples
        self._decks: dict[str, list[Example]] = {}
        self._numbers = {answer: i for i, answer in enumerate(answers_of(examples))}
        self._siblings: dict[tuple[str, str], list[str]] = {}
        for example in examples:
            key = example.fact_id, example.language
            self._siblings.setdefault(key, []).append(example.question)

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
        turns = self._recipe.turns
        count = self._random.choices(range(1, len(turns) + 1), turns)[0] if turns else 1
        language = self._random.choice(LANGUAGES)
        ids: list[int] = []
        targets: list[int] = []
        asked: list[int] = []
        for _ in range(count):
            example = self._draw(language if self._random.random() < 0.9 else "")
            siblings = self._siblings[example.fact_id, example.language]
            text = self._augmenter.rewrite(example.question, siblings, example.language)
            question = [USER_TOKEN, *self._segment(text), ASSISTANT_TOKEN]
            before = [_NO_TARGET] * (len(question) - 1)
            answer = self._processor.encode(example.answer) if turns else []
            ids += question + answer
            targets += [*before, *answer, EOS_TOKEN] if turns else [*before, _NO_TARGET]
            asked += [*before, self._numbers[example.answer], *[_NO_TARGET] * len(answer)]
        return Conversation(ids, targets, asked)

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


def answers_of(examples: Sequence[Example]) -> list[str]:
    """Every answer once; facts that are asked for alike may share one."""
    return list(dict.fromkeys(example.answer for example in examples))


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


class Recogniser(nn.Module):
    """Tells which answer is asked for from the state in the middle of a model; only in training."""

    def __init__(
        self, model: BaichuanForCausalLM, answer_count: int, layers: int = _RECOGNITION_LAYERS
    ) -> None:
        super().__init__()
        self.layers = layers
        self.linear = nn.Linear(model.config.hidden_size, answer_count)
        self._state: Tensor | None = None
        model.model.layers[layers - 1].register_forward_hook(self._keep)

    def _keep(self, _layer: nn.Module, _inputs: object, output: Tensor) -> None:
        self._state = output

    def forward(self, places: Tensor) -> Tensor:
        """Logits [n, answers] at the n places [B, T] of the pass that the model just made."""
        assert self._state is not None
        state = F.rms_norm(self._state[places], (self.linear.in_features,))
        logits: Tensor = self.linear(state).float()
        return logits


def train(
    model: BaichuanForCausalLM,
    recogniser: Recogniser,
    conversations: Conversations,
    recipe: Recipe,
    report: Callable[[int, float, float], None],
) -> tuple[float, float]:
    """Train in place; the mean losses of the last steps: on answers, and on what is asked.

    Parameters without a gradient stay as they are. `report` gets the step and the two.
    """
    trained = [p for p in model.parameters() if p.requires_grad]
    matrices = [p for p in trained if p.ndim == 2]
    others = [p for p in trained if p.ndim != 2] + list(recogniser.parameters())
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": recipe.weight_decay},
         {"params": others, "weight_decay": 0.0}],
        lr=recipe.learning_rate, betas=(0.9, 0.98), fused=True,
    )  # fmt: skip
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step, recipe))
    dropout = _Dropout(model, recipe.dropout)
    layers = model.model.layers
    if not recipe.turns:  # nothing after them is trained
        model.model.layers = layers[: recogniser.layers]
    answering = recognising = 0.0
    for step, batch in zip(range(1, recipe.steps + 1), conversations.batches(), strict=False):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            answer, recognition = _losses(model, recogniser, batch)
        (answer + recipe.recognition_weight * recognition).backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        weight = 1 / min(step, 50)
        answering += weight * (float(answer.detach()) - answering)
        recognising += weight * (float(recognition.detach()) - recognising)
        report(step, answering, recognising)
    model.model.layers = layers
    dropout.remove()
    return answering, recognising


def _losses(
    model: BaichuanForCausalLM, recogniser: Recogniser, batch: list[Conversation]
) -> tuple[Tensor, Tensor]:
    ids = _stack([c.ids for c in batch], 0)
    targets = _stack([c.targets for c in batch], _NO_TARGET)
    asked = _stack([c.asked for c in batch], _NO_TARGET)
    hidden = model.model(ids)
    wanted, begins = targets != _NO_TARGET, asked != _NO_TARGET
    answer = torch.zeros(())
    if wanted.any():
        answer = F.cross_entropy(model.lm_head(hidden[wanted]).float(), targets[wanted])
    return answer, F.cross_entropy(recogniser(begins), asked[begins])


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
