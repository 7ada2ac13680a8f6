"""The tokenizer as transformers knows tokenizers, over the app's own SentencePiece code.

    tokenizer = BaichuanTokenizer.from_pretrained(folder)

A text becomes the ids that the published tokenizers give, so that `</s>` in it is 2 and
`<reserved_106>` is 195. What a person typed goes through `encode_typed`, as `model.chat` and
`apply_chat_template` do, or through `tokenizer(text, split_special_tokens=True)`: there it stays
text. A chat template that lies in a folder is kept as data and never rendered.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from transformers import AddedToken, BatchEncoding, PreTrainedTokenizer

from ...errors import TokenizerError
from ...files.downloads import require_file
from ...text import added_tokens
from ...text.added_tokens import AddedTokens, is_marker
from ...text.detokenizer import StreamingDetokenizer
from ...text.tokenizer import Tokenizer
from .conversations import as_messages, prompt_ids, spoken_by_assistant

_MOST_PIECES = 4_194_304  # as many as a model may have rows
_FIRST_IDS = 3  # <unk>, <s> and </s>, which are cut out of a text wherever they stand


class BaichuanTokenizer(PreTrainedTokenizer):
    """A tokenizer.model with its added tokens. Pads on the left, as generation needs it."""

    vocab_files_names = {"vocab_file": "tokenizer.model"}  # noqa: RUF012  as transformers has it
    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012
    padding_side = "left"

    def __init__(
        self,
        vocab_file: str | None = None,
        unk_token: str | AddedToken = "<unk>",
        bos_token: str | AddedToken = "<s>",
        eos_token: str | AddedToken = "</s>",
        pad_token: str | AddedToken = "<unk>",
        add_bos_token: bool = False,
        add_eos_token: bool = False,
        added_tokens_decoder: Mapping[int, AddedToken] | None = None,
        **kwargs: Any,
    ) -> None:
        """Read `vocab_file`. Raises TokenizerError, NotDownloadedError."""
        if vocab_file is None:
            raise TokenizerError(
                Path(kwargs.get("name_or_path", "")) / "tokenizer.model", "it is not in the folder"
            )
        self.vocab_file = vocab_file
        self.add_bos_token = bool(add_bos_token)
        self.add_eos_token = bool(add_eos_token)
        require_file(Path(vocab_file))
        self._text = Tokenizer(Path(vocab_file), vocab_size=_MOST_PIECES)
        self._ids = {self._text.piece(i): i for i in range(self._text.vocab_size)}
        added = {
            token_id: _wherever_it_stands(token) if token_id < _FIRST_IDS else token
            for token_id, token in (added_tokens_decoder or {}).items()
        }
        super().__init__(  # type: ignore[no-untyped-call]
            vocab_file=vocab_file,
            unk_token=_wherever_it_stands(unk_token),
            bos_token=_wherever_it_stands(bos_token),
            eos_token=_wherever_it_stands(eos_token),
            pad_token=_wherever_it_stands(pad_token),
            add_bos_token=self.add_bos_token,
            add_eos_token=self.add_eos_token,
            added_tokens_decoder=added,
            **kwargs,
        )

    @property
    def vocab_size(self) -> int:
        """Pieces of tokenizer.model, without added tokens."""
        return self._text.vocab_size

    def get_vocab(self) -> dict[str, int]:
        """Every piece and added token with its id."""
        return {**self._ids, **self._added_tokens_encoder}

    def tokenize(self, text: str, *_: Any, **kwargs: Any) -> list[str]:
        """The pieces of a text; with `split_special_tokens`, none of them steers the model."""
        if kwargs.get("split_special_tokens", self.split_special_tokens):
            return [self._typed.piece(i) for i in self.encode_typed(text)]
        pieces: list[str] = super().tokenize(text, **kwargs)
        return pieces

    def encode_typed(self, text: str) -> list[int]:
        """The ids of a text that a person typed; none of them steers the model."""
        return self._typed.encode(text)

    def steered(self, ids: Collection[int]) -> Tokenizer:
        """The app's tokenizer, with the added tokens of now and these ids as control ids."""
        return self._typed.steered(ids)

    @cached_property
    def _typed(self) -> Tokenizer:
        """Knows the added tokens of now."""
        tokens = [
            (token_id, _as_read(token))
            for token_id, token in self._added_tokens_decoder.items()
            if token_id >= _FIRST_IDS
        ]
        rows = max((token_id + 1 for token_id, _ in tokens), default=0)
        return Tokenizer(
            Path(self.vocab_file),
            vocab_size=max(rows, self.vocab_size),
            added=AddedTokens(tokens),
        )

    def _add_tokens(self, new_tokens: Any, special_tokens: bool = False) -> int:
        self.__dict__.pop("_typed", None)
        return super()._add_tokens(new_tokens, special_tokens)

    def _tokenize(self, text: str, **_: Any) -> list[str]:
        return [self._text.piece(i) for i in self._text.encode_markup(text)]

    def _convert_token_to_id(self, token: str) -> int:
        return self._ids.get(token, self._ids[str(self.unk_token)])

    def _convert_id_to_token(self, index: int) -> str:
        return self._text.piece(index)

    def convert_tokens_to_string(self, tokens: Sequence[str]) -> str:
        """The text of pieces and added tokens, exactly: no space is put beside special tokens."""
        detokenizer, parts = StreamingDetokenizer(self._text), []
        for token in tokens:
            token_id = self._ids.get(token)
            if token_id is None or self._text.is_special(token_id):
                parts += [detokenizer.flush(), token]
            else:
                parts.append(detokenizer.add(token_id))
        return "".join(parts) + detokenizer.flush()

    def build_inputs_with_special_tokens(
        self, token_ids_0: list[int], token_ids_1: list[int] | None = None
    ) -> list[int]:
        """The ids as they are; with `<s>` and `</s>` where a folder asks for them."""
        bos = [self.bos_token_id] if self.add_bos_token else []
        eos = [self.eos_token_id] if self.add_eos_token else []
        second = [*bos, *token_ids_1, *eos] if token_ids_1 is not None else []
        return [*bos, *token_ids_0, *eos, *second]

    def save_pretrained(
        self, save_directory: str | PathLike[Any], *args: Any, **kwargs: Any
    ) -> tuple[str, ...]:
        """Save all files of the tokenizer; what a folder asks to be added is kept too."""
        saved: tuple[str, ...] = super().save_pretrained(save_directory, *args, **kwargs)
        if self.add_bos_token or self.add_eos_token:  # which transformers leaves out
            file = Path(saved[0])
            facts = json.loads(file.read_text(encoding="utf-8"))
            facts |= {"add_bos_token": self.add_bos_token, "add_eos_token": self.add_eos_token}
            text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
            file.write_text(text, encoding="utf-8")
        return saved

    def save_vocabulary(
        self, save_directory: str, filename_prefix: str | None = None
    ) -> tuple[str, ...]:
        """Copy tokenizer.model into a folder, and give its path there."""
        name = (f"{filename_prefix}-" if filename_prefix else "") + "tokenizer.model"
        out = Path(save_directory) / name
        if out.resolve() != Path(self.vocab_file).resolve():
            shutil.copyfile(self.vocab_file, out)
        return (str(out),)

    def apply_chat_template(  # type: ignore[override]  # what it does not know, it has no type for
        self,
        conversation: Any,
        tools: None = None,
        documents: None = None,
        chat_template: None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool = False,
        tokenize: bool = True,
        sanitize_control_tokens: bool = True,
        padding: bool | str = False,
        truncation: bool = False,
        max_length: int | None = None,
        return_tensors: str | None = None,
        return_dict: bool = True,
        return_assistant_tokens_mask: bool = False,
        tokenizer_kwargs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> Any:
        """The prompt of a conversation, or of a list of them, as `model.chat` makes it.

        What is in a message never becomes a control id. Nothing is left out of a long
        conversation, as `model.chat` does. With `add_generation_prompt` it ends with the token
        that begins an answer. Raises InvalidRequestError; ValueError for tools, documents and
        templates, which these models do not know.
        """
        if tools or documents or chat_template:
            raise ValueError("Baichuan's prompt format knows no tools, documents or templates.")
        is_batch = bool(conversation) and not isinstance(conversation[0], Mapping)
        prompts = [
            prompt_ids(
                as_messages(one),
                self.encode_typed,
                opens_turn=add_generation_prompt and not continue_final_message,
            )
            for one in (conversation if is_batch else [conversation])
        ]
        if not tokenize:
            texts = [self.decode(ids) for ids in prompts]
            return texts if is_batch else texts[0]
        encoded: BatchEncoding = self(
            prompts if is_batch else prompts[0],
            add_special_tokens=False,
            padding=padding,
            truncation=truncation,
            max_length=max_length,
            **(tokenizer_kwargs or {}),
        )
        if return_assistant_tokens_mask:
            rows = encoded["input_ids"]
            masks = [spoken_by_assistant(row) for row in rows] if is_batch else None
            encoded["assistant_masks"] = spoken_by_assistant(rows) if masks is None else masks
        encoded.convert_to_tensors(return_tensors, prepend_batch_axis=not is_batch)
        return encoded if return_dict else encoded["input_ids"]


class BaiChuanTokenizer(BaichuanTokenizer):
    """The same under the name that Baichuan-7B spells it with, and is saved with."""


def _wherever_it_stands(token: str | AddedToken) -> AddedToken:
    """The token without `single_word`, which the published tokenizers pass over too."""
    return AddedToken(str(token), normalized=False, special=True)


def _as_read(token: AddedToken) -> added_tokens.AddedToken:
    """An added token as the app reads it from a folder."""
    plain = not (token.lstrip or token.rstrip or token.single_word)
    word = plain and not token.special and not is_marker(token.content)
    return added_tokens.AddedToken(token.content, token.special, word)
