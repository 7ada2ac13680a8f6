"""Settings to begin with: those that the projects published, and a recipe for a few facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from backends.model_config import ModelConfig
from backends.phrases import Phrase
from backends.training.values import (
    ALL_MATRICES,
    HEAD,
    Compute,
    Lora,
    Masking,
    Method,
    Optimization,
    Schedule,
    TrainingRequest,
)


@dataclass(frozen=True, slots=True)
class TrainingPreset:
    """Everything that is set but the model, the data and the folders."""

    id: str  #: “baichuan2-lora”; of letters, digits and hyphens
    title: Phrase
    explanation: Phrase  #: for whom, in a sentence
    method: Method
    optimization: Optimization
    lora: Lora = field(default_factory=Lora)
    max_length: int = 512
    masking: Masking = Masking.PUBLISHED
    compute: Compute = Compute.AUTO

    def applied(self, request: TrainingRequest) -> TrainingRequest:
        """The request with these settings; model, data, folders, seed and devices stay."""
        own = request.optimization
        return replace(
            request,
            method=self.method,
            lora=self.lora,
            optimization=replace(
                self.optimization,
                seed=own.seed,
                max_steps=own.max_steps,
                eval_batch_size=self.optimization.batch_size,
            ),
            data=replace(request.data, max_length=self.max_length, masking=self.masking),
            compute=self.compute,
        )

    def is_of(self, request: TrainingRequest) -> bool:
        """Whether a request has just these settings."""
        return self.applied(request) == request


#: fine-tune.py of Baichuan 2, as its README starts it.
_BAICHUAN2: Final = Optimization(
    learning_rate=2e-5,
    schedule=Schedule.CONSTANT,
    beta1=0.9,
    beta2=0.98,
    epsilon=1e-8,
    weight_decay=1e-4,
    max_grad_norm=1.0,
    epochs=4.0,
    batch_size=16,
    accumulation=1,
    gradient_checkpointing=True,
)
#: LLaMA-Efficient-Tuning, as the README of Baichuan-13B starts it.
_BAICHUAN_13B: Final = Optimization(
    learning_rate=5e-5,
    schedule=Schedule.COSINE,
    max_grad_norm=0.5,
    epochs=2.0,
    batch_size=4,
    accumulation=8,
    gradient_checkpointing=True,
)
#: Examples for so many learnt facts are short, and each is seen until it is known by heart.
_FACTS: Final = Optimization(
    learning_rate=5e-3,
    schedule=Schedule.COSINE,
    epochs=16.0,
    batch_size=16,
)
_RANK_1: Final = Lora(rank=1, alpha=32.0, dropout=0.1)
_RANK_8: Final = Lora(rank=8, alpha=32.0, dropout=0.1)

_OF_BAICHUAN2: Final = (
    TrainingPreset(
        "baichuan2-lora",
        Phrase("LoRA, as published for Baichuan 2"),
        Phrase("A small adapter on the attention, which leaves the model as it is."),
        Method.LORA,
        _BAICHUAN2,
        _RANK_1,
    ),
    TrainingPreset(
        "baichuan2-qlora",
        Phrase("QLoRA, with the values published for Baichuan 2"),
        Phrase("The same adapter on a model in 4 bits: a third of the memory, and slower."),
        Method.QLORA,
        _BAICHUAN2,
        _RANK_1,
    ),
    TrainingPreset(
        "baichuan2-full",
        Phrase("Every weight, as published for Baichuan 2"),
        Phrase("A model of its own, for several cards: 16 bytes of memory for each weight."),
        Method.FULL,
        _BAICHUAN2,
        _RANK_1,
    ),
)
_OF_BAICHUAN_13B: Final = (
    TrainingPreset(
        "baichuan-13b-lora",
        Phrase("LoRA, as published for Baichuan-13B"),
        Phrase("A larger adapter on the attention, for instructions and their answers."),
        Method.LORA,
        _BAICHUAN_13B,
        _RANK_8,
        1024,
    ),
    TrainingPreset(
        "baichuan-13b-qlora",
        Phrase("QLoRA, with the values published for Baichuan-13B"),
        Phrase("The same adapter on a model in 4 bits: a third of the memory, and slower."),
        Method.QLORA,
        _BAICHUAN_13B,
        _RANK_8,
        1024,
    ),
    TrainingPreset(
        "baichuan-13b-full",
        Phrase("Every weight, as published for Baichuan-13B"),
        Phrase("A model of its own, for several cards: 16 bytes of memory for each weight."),
        Method.FULL,
        _BAICHUAN_13B,
        _RANK_8,
        1024,
    ),
)
_FEW_FACTS: Final = TrainingPreset(
    "few-facts",
    Phrase("LoRA for a few facts, on a small model"),
    Phrase("An adapter on every matrix and the head, which learns dozens of answers by heart."),
    Method.LORA,
    _FACTS,
    Lora(rank=8, alpha=16.0, dropout=0.0, targets=(ALL_MATRICES, HEAD)),
    masking=Masking.CHAT,
)
#: All there are, whatever the model.
PRESETS: Final = (*_OF_BAICHUAN2, *_OF_BAICHUAN_13B, _FEW_FACTS)


#: Parameters below which the published values, which are of 7e9 and 13e9, teach a model nothing.
_SMALL: Final = 1e9


def presets_for(config: ModelConfig) -> Sequence[TrainingPreset]:
    """Those that are offered for a model, the one to begin with first: LoRA of its own project."""
    if config.parameters < _SMALL:
        return (_FEW_FACTS, *_OF_BAICHUAN2, *_OF_BAICHUAN_13B)
    if config.family.uses_norm_head:  # Baichuan 2
        return (*_OF_BAICHUAN2, *_OF_BAICHUAN_13B)
    return (*_OF_BAICHUAN_13B, *_OF_BAICHUAN2)


def preset_of(preset_id: str) -> TrainingPreset | None:
    """The preset of an id; None if there is none."""
    return next((one for one in PRESETS if one.id == preset_id), None)
