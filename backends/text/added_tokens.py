"""Tokens that a fine-tune added to the vocabulary or renamed: what its side files say of them.

Trainers write them in three places: added_tokens.json (text to id), `added_tokens_decoder` in
tokenizer_config.json (id to text and more), and special_tokens_map.json, which names those that
have no text. What they say is taken where it is honest (`honest`); the rest counts as not said,
because a model can be used without.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from ..errors import DamagedCheckpointError
from ..files.downloads import is_there, require_file
from ..files.small_files import read_json
from ..operating_system import long_path

log = logging.getLogger(__name__)

_MAX_BYTES = 8_000_000  # of a file; 10,000 added tokens have 2 MB in tokenizer_config.json
_MAX_CHARACTERS = 128  # of a token
_NAMED = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token")
_MARKER = re.compile(r"<.+>|\[.+\]|\{.+\}", re.DOTALL)
_RESERVED = re.compile(r"<reserved_\d+>")
_FIRST_IDS = 5  # ids 0-4 steer every Baichuan model; nobody gives them another text


@dataclass(frozen=True, slots=True)
class AddedToken:
    """A token that the side files name."""

    text: str
    is_special: bool  #: it steers the model and has no text
    is_word: bool = False  #: the text becomes this token wherever a person types it


@dataclass(frozen=True, slots=True)
class AddedTokens:
    """The tokens that the side files of a folder name, and those that end an answer."""

    tokens: Sequence[tuple[int, AddedToken]] = ()  #: by id; more than one of an id contradict
    eos_texts: frozenset[str] = field(default_factory=frozenset)

    def honest(self, pieces: Sequence[str], rows: int) -> dict[int, AddedToken]:
        """The tokens by id that fit a tokenizer.model of `pieces` and a model of `rows` rows.

        Above the pieces, that is an id with one text, which no other id has. Among them, it is a
        special token that is a piece already, or a new name of a reserved piece.
        """
        ids = Counter(token_id for token_id, _ in self.tokens)
        texts = Counter(token.text for _, token in self.tokens)
        taken = frozenset(pieces) if self.tokens else frozenset()
        found, ignored = {}, []
        for token_id, token in self.tokens:
            if token_id < len(pieces):
                piece = pieces[token_id]
                agrees = piece == token.text
                if agrees and not (token.is_special and is_marker(piece)):
                    continue  # nothing new
                is_true = token_id >= _FIRST_IDS and (agrees or _RESERVED.fullmatch(piece))
            else:
                is_true = token_id < rows and token.text not in taken
            if is_true and ids[token_id] == texts[token.text] == 1:
                found[token_id] = token
            elif not (token_id < _FIRST_IDS and token.is_special):
                ignored.append(token.text)
        _tell_ignored("tokenizer.model contradicts", ignored)
        return found


def is_marker(text: str) -> bool:
    """Whether a text looks like a marker in brackets, as `<|im_end|>` does, and not like a word."""
    return _MARKER.fullmatch(text) is not None


def read_added_tokens(folder: Path) -> AddedTokens:
    """The tokens that the side files of a folder name; an unreadable file names none.

    Raises CheckpointError for one that was not downloaded, or is no file.
    """
    config = _read(folder / "tokenizer_config.json")
    names = _read(folder / "special_tokens_map.json")
    special = set(_special_texts(config)) | set(_special_texts(names))
    eos = {text for data in (config, names) if (text := _text(data.get("eos_token")))}
    decoder = config.get("added_tokens_decoder")
    described = dict(_of_decoder(decoder if isinstance(decoder, dict) else {}, special))
    tokens, ignored = list(described.items()), []
    for text, token_id in _read(folder / "added_tokens.json").items():
        if not _is_id(token_id) or not _text(text):
            ignored.append(text)
        elif token_id not in described:  # tokenizer_config.json is the newer of the two
            is_special = text in special
            word = not is_special and not is_marker(text)
            tokens.append((token_id, AddedToken(text, is_special, word)))
    _tell_ignored("added_tokens.json has no id for", ignored)
    return AddedTokens(tokens, frozenset(eos))


def _of_decoder(
    decoder: Mapping[str, object], special: set[str]
) -> Iterator[tuple[int, AddedToken]]:
    ignored = []
    for key, entry in decoder.items():
        text = _text(entry) if isinstance(entry, dict) else ""
        if not (key.isascii() and key.isdigit() and len(key) < 10 and text):
            ignored.append(key)
            continue
        assert isinstance(entry, dict)
        is_special = entry.get("special") is True or text in special
        # A token that swallows spaces, or is one only between them, is left to the model.
        plain = not any(entry.get(name) for name in ("lstrip", "rstrip", "single_word"))
        word = plain and not is_special and not is_marker(text)
        yield int(key), AddedToken(text, is_special, word)
    _tell_ignored("tokenizer_config.json has no text for", ignored)


def _tell_ignored(reason: str, names: Sequence[str]) -> None:
    if names:
        log.warning("%s %d added tokens, which are ignored: %.40r …", reason, len(names), names[0])


def _special_texts(data: Mapping[str, object]) -> Iterator[str]:
    more = data.get("additional_special_tokens")
    for value in (*(data.get(name) for name in _NAMED), *(more if isinstance(more, list) else ())):
        if text := _text(value):
            yield text


def _text(value: object) -> str:
    """The text of a token, which is a string or an object with one; empty if it has none."""
    if isinstance(value, dict):
        value = value.get("content")
    if not isinstance(value, str) or len(value) > _MAX_CHARACTERS:
        return ""
    return "" if any("\ud800" <= char <= "\udfff" for char in value) else value


def _is_id(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _read(file: Path) -> Mapping[str, object]:
    if not is_there(file):
        return {}
    require_file(file)
    try:
        if long_path(file).stat().st_size <= _MAX_BYTES:
            return read_json(file)
        log.warning("“%s” is implausibly large and ignored", file)
    except (DamagedCheckpointError, OSError) as error:
        log.warning("“%s” is ignored: %s", file, error)
    return {}
