"""What generation_config.json says: the tokens of a chat, where it stops, how it is sampled.

None of it is needed to run a model. So what cannot be used is replaced by what the published models
have, and a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import DamagedCheckpointError
from ..events import ModelKind, SamplingDefaults
from ..files.downloads import is_there, require_file
from ..files.plain_file import open_plain
from ..files.small_files import read_json
from ..model_config import Family, ModelConfig, shown, whole_number
from ..phrases import Phrase
from ..text.chat_template import ChatTokens

#: What the demos of the published base models use, whose generation_config.json says nothing.
BASE_DEFAULTS = SamplingDefaults(
    greedy=True, temperature=1.0, top_k=0, top_p=1.0, repetition_penalty=1.1, max_new_tokens=64
)

_EOS_ID = 2
_MOST_EOS_IDS = 256  # far above what any model has
_MOST = 2**31 - 1  # of top_k and new tokens, as sampling takes them
_PUBLISHED_TOKENS = ChatTokens(195, 196)


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    """What the files of a model say on chatting, sampling and the ends of answers."""

    chat_tokens: ChatTokens | None  #: None for a base model
    defaults: SamplingDefaults
    eos_ids: frozenset[int]  #: each of them ends an answer
    notes: tuple[Phrase, ...] = ()  #: what was not used, and what stands in its place


def read_generation_config(
    folder: Path, config: ModelConfig, config_json: Mapping[str, object]
) -> GenerationConfig:
    """What generation_config.json and the `eos_token_id` of config.json say.

    Raises CheckpointError if the file cannot be read; for what it says, there are notes.
    """
    file = folder / "generation_config.json"
    data: Mapping[str, object] = {}
    tokens: ChatTokens | None = None
    reader = _Reader(config)
    if is_there(file):
        require_file(file)
        try:
            data = read_json(file)
        except DamagedCheckpointError as error:
            if isinstance(error.__cause__, OSError):
                raise
            tokens = reader.chat_tokens(_turn_ids(file))
            reader.notes.append(_unreadable(error, is_chat=tokens is not None))
        else:
            tokens = reader.chat_tokens(data)
    defaults = reader.sampling(data, tokens)
    eos_ids = reader.eos_ids({"config.json": config_json, file.name: data})
    return GenerationConfig(tokens, defaults, eos_ids, tuple(reader.notes))


_TURN_ID = re.compile(rb'"((?:user|assistant)_token_id)"\s*:\s*(\d{1,9})\b')
_MOST_BYTES = 1_000_000  # that are searched for them; a published file has under 300


def _turn_ids(file: Path) -> dict[str, object]:
    """The turn ids in a file that is no valid JSON; with them, the model is a chat model.

    Most often somebody changed a number by hand, and left a comma too many.
    """
    try:
        with open_plain(file) as stream:
            text = stream.read(_MOST_BYTES)
    except OSError:
        return {}
    return {name.decode(): int(number) for name, number in _TURN_ID.findall(text)}


def _unreadable(error: DamagedCheckpointError, *, is_chat: bool) -> Phrase:
    what = error.facts["what"]
    if is_chat:
        return Phrase(
            "generation_config.json is not used, for {what}: the model is sampled as the "
            "published chat models are.",
            what=what,
        )
    return Phrase(
        "generation_config.json is not used, for {what}: the model is taken for a base model, "
        "and sampled as the published ones are.",
        what=what,
    )


@dataclass(slots=True)
class _Reader:
    """Reads values from JSON, and notes those that cannot be used."""

    config: ModelConfig
    notes: list[Phrase] = field(default_factory=list)

    def chat_tokens(self, data: Mapping[str, object]) -> ChatTokens | None:
        """The ids that begin a turn; the published ones where a chat model names no token."""
        if data.get("user_token_id") is None or data.get("assistant_token_id") is None:
            return None
        last = self.config.vocab_size - 1
        if last < max(_PUBLISHED_TOKENS.user, _PUBLISHED_TOKENS.assistant):
            return None
        return ChatTokens(
            self._whole(data, "user_token_id", _PUBLISHED_TOKENS.user, 0, last),
            self._whole(data, "assistant_token_id", _PUBLISHED_TOKENS.assistant, 0, last),
        )

    def sampling(self, data: Mapping[str, object], tokens: ChatTokens | None) -> SamplingDefaults:
        """The sampling that the file asks for; published values where it says none."""
        kind = ModelKind.BASE if tokens is None else ModelKind.CHAT
        usual = published_sampling(self.config.family, kind)
        if not data:
            return usual
        sampled = data.get("do_sample")
        if sampled is None:
            sampled = False  # transformers' default, as those of what is left out below
        elif not isinstance(sampled, bool):
            self._note("do_sample", sampled, "true" if not usual.greedy else "false")
            sampled = not usual.greedy
        left_out = {"top_k": 50, "repetition_penalty": 1.0} if sampled else {}

        def number(name: str, default: float, low: float, high: float) -> float:
            value = data.get(name)
            if value is None:
                return float(left_out.get(name, default))
            if isinstance(value, bool) or not isinstance(value, int | float):
                pass
            elif low <= value <= high:
                return float(value)
            published = getattr(usual, name)
            self._note(name, value, f"{published:g}")
            return float(published)

        def whole(name: str, default: int, low: int) -> int:
            if data.get(name) is None:
                return int(left_out.get(name, default))
            return self._whole(data, name, getattr(usual, name), low, _MOST)

        return SamplingDefaults(
            greedy=not sampled,
            temperature=number("temperature", 1.0, 0.0, 100.0),
            top_k=whole("top_k", 0, 0),
            top_p=number("top_p", 1.0, 0.0, 1.0),
            repetition_penalty=number("repetition_penalty", 1.1, 0.01, 100.0),
            max_new_tokens=whole("max_new_tokens", 64, 1),
        )

    def eos_ids(self, files: Mapping[str, Mapping[str, object]]) -> frozenset[int]:
        """The ids that end an answer, of all files together; 2 if none names any."""
        found: set[int] = set()
        for name, data in files.items():
            value = data.get("eos_token_id")
            ids = value if isinstance(value, list) else [] if value is None else [value]
            usable = [whole_number(one) for one in ids[:_MOST_EOS_IDS]]
            usable = [one for one in usable if one is not None and self._is_token(one)]
            found.update(one for one in usable if one is not None)
            if len(usable) < len(ids):
                self.notes.append(
                    Phrase(
                        "eos_token_id in {file} is {value}; what of it is no token is left out.",
                        file=name,
                        value=shown(value),
                    )
                )
        return frozenset(found or {_EOS_ID})

    def _is_token(self, token_id: int) -> bool:
        return 0 <= token_id < self.config.vocab_size

    def _whole(self, data: Mapping[str, object], name: str, usual: int, low: int, high: int) -> int:
        number = whole_number(data.get(name))
        if number is not None and low <= number <= high:
            return number
        self._note(name, data.get(name), str(usual))
        return usual

    def _note(self, name: str, value: object, instead: str) -> None:
        self.notes.append(
            Phrase(
                "{name} in generation_config.json is {value}, which cannot be used: {instead} is "
                "taken instead, as in the published models.",
                name=name,
                value=shown(value),
                instead=instead,
            )
        )


def published_sampling(family: Family, kind: ModelKind) -> SamplingDefaults:
    """What the published models of a family and kind are sampled with."""
    if kind is ModelKind.BASE:
        return BASE_DEFAULTS
    # generation_config.json of Baichuan-13B-Chat; of Baichuan2-13B-Chat and of both -4bits
    return SamplingDefaults(
        greedy=False,
        temperature=0.3,
        top_k=5,
        top_p=0.85,
        repetition_penalty=1.05 if family.uses_norm_head else 1.1,
        max_new_tokens=2048,
    )
