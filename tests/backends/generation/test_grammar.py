"""Whatever a model wants to say, an answer that is held to JSON is JSON when it ends."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from backends.errors import InvalidRequestError, ServerLibrariesError, TokenizerError
from backends.events import Finished, FinishReason, GenerationEvent
from backends.generation.grammar import JsonForm, Vocabulary
from backends.generation.prefill import Prefill
from backends.generation.sampler import Sampler
from backends.generation.sampling import SamplingParams
from backends.generation.stream import stream
from backends.generation.terms import AnswerTerms, Grammar, GrammarKind
from tests.helpers import goldens
from tests.helpers.fakes import ScriptedModel, text_of
from tests.helpers.sentences import assert_one_sentence

EOS = 2
#: Every byte has a token, as in the released vocabularies, and some texts have one of their own.
OCTETS = [
    b"", b"", b"",
    *(bytes([byte]) for byte in range(256)),
    b'{"', b'":', b'", "', b'"}', b"}}", b"  ", b" \n", b"true", "量化".encode(), b"\xe9\x87",
]  # fmt: skip
OBJECT = Grammar(GrammarKind.JSON_OBJECT)
PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "kind": {"enum": ["量化", "</s>", None]},
    },
    "required": ["name", "age", "kind"],
    "additionalProperties": False,
}


def encode(text: str) -> list[int]:
    return [3 + byte for byte in text.encode()]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(OCTETS, encode, EOS)


def of_schema(schema: object) -> Grammar:
    return Grammar(GrammarKind.JSON_SCHEMA, json.dumps(schema))


def text(form: JsonForm, chance: np.random.Generator, most: int = 2000) -> bytes | None:
    """What is said by choosing among what is allowed; None if that does not come to an end."""
    said = b""
    for _ in range(most):
        ids = np.flatnonzero(form.allowed())
        if EOS in ids:
            return said
        # Ends of strings are rare among all tokens.
        closing = [i for i in ids if OCTETS[i].startswith((b'"', b"}", b"]"))]
        token_id = int(chance.choice(closing if closing and chance.random() < 0.3 else ids))
        form.add(token_id)
        said += OCTETS[token_id]
    return None


# --- what may be said --------------------------------------------------------------------


@pytest.mark.parametrize(
    "grammar", [OBJECT, of_schema(PERSON), of_schema({"type": "array", "items": PERSON})]
)
def test_whatever_is_chosen_is_json(vocabulary: Vocabulary, grammar: Grammar) -> None:
    chance = np.random.default_rng(7)
    ended = 0
    for _ in range(30):
        said = text(vocabulary.form(grammar, {EOS}), chance)
        if said is not None:
            value = json.loads(said.decode())
            assert isinstance(value, list if "array" in grammar.schema else dict)
            ended += 1
    assert ended > 10


def test_an_object_is_the_one_of_the_schema(vocabulary: Vocabulary) -> None:
    chance = np.random.default_rng(8)
    for _ in range(20):
        said = text(vocabulary.form(of_schema(PERSON), {EOS}), chance)

        assert said is not None
        person = json.loads(said)
        assert list(person) == ["name", "age", "kind"]
        assert len(person["name"]) <= 20
        assert 0 <= person["age"] <= 150
        assert person["kind"] in ("量化", "</s>", None)


@pytest.mark.parametrize("options", [{"key_separator": "=>"}, {"item_separator": ";"}])
def test_no_schema_changes_what_json_is(vocabulary: Vocabulary, options: object) -> None:
    form = vocabulary.form(of_schema({**PERSON, "x-guidance": options}), {EOS})

    said = text(form, np.random.default_rng(0))

    assert said is not None
    assert json.loads(said).keys() == PERSON["properties"].keys()


def test_an_answer_may_end_when_its_json_is_complete_and_not_before(
    vocabulary: Vocabulary,
) -> None:
    form = vocabulary.form(OBJECT, {0, EOS})
    for token_id in encode('{"a": [1, {}]}'):
        allowed = form.allowed()
        assert not allowed[[0, EOS]].any()
        assert allowed[token_id]
        form.add(token_id)

    assert np.flatnonzero(form.allowed()).tolist() == [0, EOS]


def test_a_token_without_text_is_never_chosen(vocabulary: Vocabulary) -> None:
    form = vocabulary.form(of_schema({"type": "string"}), {EOS})
    form.add(encode('"')[0])

    assert not form.allowed()[[0, 1, EOS]].any()


def test_a_token_may_be_a_part_of_a_character_or_several_parts_of_json(
    vocabulary: Vocabulary,
) -> None:
    form = vocabulary.form(OBJECT, {EOS})
    parts = [b'{"', b"\xe9\x87", b"\x8f", b'":', b"true", b"}"]
    for octets in parts:
        token_id = OCTETS.index(octets)
        assert form.allowed()[token_id]
        form.add(token_id)
        if octets == b"\xe9\x87":
            assert not form.allowed()[OCTETS.index(b"a")]

    assert form.allowed()[EOS]


def test_spaces_between_parts_come_to_an_end(vocabulary: Vocabulary) -> None:
    """A model that likes them best would go on with them until its last token."""
    form = vocabulary.form(OBJECT, {EOS})
    form.add(encode("{")[0])
    spaces = [OCTETS.index(octets) for octets in (b"\n", b" ", b"\t", b"\r")]
    said = 0
    while said < 100 and (allowed := [i for i in spaces if form.allowed()[i]]):
        form.add(allowed[0])
        said += 1

    assert 0 < said < 50


# --- what is no schema -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it is not an object"),
        ("true", "it is not an object"),
        ('{"const": "\\ud800"}', "unexpected end of hex escape"),
        ('{}} ], "x": [{', "it is not JSON"),  # nothing of it is taken for a part of a grammar
        ('{"type": "strin"}', "Invalid type: strin"),
        ('{"not": {"type": "null"}}', 'Unimplemented keys: ["not"]'),
        ('{"$ref": "#"}', "there is no end to what it describes"),
        ('{"$ref": "#/x"}', "Pointer '/x' does not exist"),
        ('{"enum": []}', "Unsatisfiable schema: anyOf is empty"),
        ('{"type": "string", "pattern": "(?<=a)b"}', "regex parse error: (?<=a)b"),
        ('{"type": "string", "format": "foo"}', "Unknown format: foo"),
    ],
)
def test_a_schema_that_cannot_be_kept_to_is_refused_with_its_reason(
    vocabulary: Vocabulary, schema: str, reason: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        vocabulary.form(Grammar(GrammarKind.JSON_SCHEMA, schema), {EOS})

    assert caught.value.message.startswith("No answer can be held to this JSON schema: ")
    assert reason in caught.value.message
    assert len(caught.value.message) < 400
    assert_one_sentence(caught.value)


def test_no_address_in_a_schema_is_opened(
    vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidRequestError, match="does not fetch resources"):
        vocabulary.form(of_schema({"$ref": "http://127.0.0.1:9/schema.json"}), {EOS})


def test_text_that_the_model_has_no_tokens_for_is_refused() -> None:
    def refuse(text: str) -> list[int]:
        raise TokenizerError(goldens.ROOT, "it has no pieces for some characters of the text")

    poor = Vocabulary([b"", b'"', b"a"], refuse, 0)

    with pytest.raises(InvalidRequestError) as caught:
        text(poor.form(of_schema({"const": "好"}), {0}), np.random.default_rng(1))
    assert "Traceback" not in caught.value.message
    assert_one_sentence(caught.value)


def test_without_the_library_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "llguidance", None)

    with pytest.raises(ServerLibrariesError, match="The server needs llguidance") as caught:
        Vocabulary(OCTETS, encode, EOS)
    assert_one_sentence(caught.value)


# --- an answer ---------------------------------------------------------------------------


class BytesDetokenizer:
    def __init__(self) -> None:
        self._bytes = b""

    def octets(self, token_id: int) -> bytes:
        return OCTETS[token_id]

    def add(self, token_id: int) -> str:
        self._bytes += OCTETS[token_id]
        try:
            found = self._bytes.decode()
        except UnicodeDecodeError:
            return ""
        self._bytes = b""
        return found

    def flush(self) -> str:
        return "\ufffd" * len(self._bytes)


class RowsModel(ScriptedModel):
    """Its rows are those of the vocabulary above, and it wants to say anything."""

    def __init__(self) -> None:
        super().__init__([0], context_length=4000)
        self.vocab_size = len(OCTETS)
        self._chance = np.random.default_rng(3)

    def _pass(self, token_ids: Any) -> Any:
        self._ids.extend(token_ids)
        return self._chance.normal(size=self.vocab_size).astype(np.float32) * 3


def answer(vocabulary: Vocabulary, grammar: Grammar, **options: Any) -> Iterator[GenerationEvent]:
    return stream(
        Prefill(RowsModel(), [5]),
        SamplingParams(**{"max_new_tokens": 3000, **options}),
        eos_ids=frozenset({EOS}),
        detokenizer=BytesDetokenizer(),
        cancel=threading.Event(),
        terms=AnswerTerms(grammar=grammar, likeliest=0, presence_penalty=0.5),
        form=vocabulary.form(grammar, {EOS}),
    )


@pytest.mark.parametrize(
    "options",
    [{"greedy": True}, {"seed": 1}, {"seed": 2, "top_k": 3}, {"seed": 3, "top_p": 0.2}],
    ids=str,
)
def test_an_answer_is_the_json_that_was_asked_for(
    vocabulary: Vocabulary, options: dict[str, Any]
) -> None:
    events = list(answer(vocabulary, of_schema(PERSON), **options))

    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.STOP
    assert list(json.loads(text_of(events))) == ["name", "age", "kind"]


def test_only_its_length_cuts_json(vocabulary: Vocabulary) -> None:
    events = list(answer(vocabulary, of_schema(PERSON), seed=1, max_new_tokens=9))

    assert isinstance(events[-1], Finished)
    assert events[-1].reason is FinishReason.LENGTH
    with pytest.raises(json.JSONDecodeError):
        json.loads(text_of(events))


def test_who_is_held_to_a_form_needs_all_logits(vocabulary: Vocabulary) -> None:
    """Of the few best, none may be allowed."""
    form = vocabulary.form(OBJECT, {EOS})

    assert Sampler(SamplingParams(greedy=True), len(OCTETS)).request() is not None
    assert Sampler(SamplingParams(greedy=True), len(OCTETS), form=form).request() is None


def test_rows_that_are_no_tokens_are_not_chosen_either(vocabulary: Vocabulary) -> None:
    form = vocabulary.form(OBJECT, {EOS})
    rows = np.array([i for i in range(len(OCTETS)) if i != OCTETS.index(b'{"')])
    sampler = Sampler(SamplingParams(greedy=True), len(OCTETS), rows, form=form)
    logits = np.zeros(len(OCTETS), dtype=np.float32)
    logits[OCTETS.index(b'{"')] = 9
    logits[OCTETS.index(b"a")] = 8

    assert OCTETS[sampler.sample(logits)] == b"{"
