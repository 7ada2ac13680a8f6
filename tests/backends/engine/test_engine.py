"""An engine loads, answers and unloads; and every way to ask wrongly."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch

from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import (
    BackendUnavailableError,
    CheckpointError,
    ContextLengthExceededError,
    InsufficientMemoryError,
    InvalidLogitsError,
    InvalidRequestError,
    TokenizerError,
    UserFacingError,
)
from backends.events import (
    EngineEvent,
    Finished,
    FinishReason,
    LoadProgress,
    ModelReady,
    PrefillProgress,
    PromptPieces,
    PromptReady,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from backends.machine.hardware import Machine
from backends.precision import BackendName, DeviceKind, Precision
from backends.protocol.engine_requests import (
    ChatRequest,
    CompleteRequest,
    DescribePromptRequest,
    LoadRequest,
    Request,
    UnloadRequest,
)
from backends.text.chat_template import Message, Role
from tests.helpers import exports, goldens
from tests.helpers.fakes import ScriptedModel
from tests.helpers.reads import counted
from tests.helpers.sentences import assert_one_sentence

MACHINE = Machine(
    "A processor", 1, frozenset(), 8 * 2**30, 4 * 2**30, libraries={"torch": "2.13.0"}
)
GREEDY = SamplingParams(greedy=True, max_new_tokens=12)


def run(engine: Engine, request: Request) -> list[EngineEvent]:
    return list(run_request(engine, request, threading.Event()))


def finished(events: Sequence[EngineEvent]) -> Finished:
    last = events[-1]
    assert isinstance(last, Finished)
    return last


def text_of(events: Sequence[EngineEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def user(text: str) -> Message:
    return Message(Role.USER, text)


def chat(*messages: Message | str, params: SamplingParams = GREEDY) -> ChatRequest:
    return ChatRequest(tuple(user(m) if isinstance(m, str) else m for m in messages), params)


def loaded(folder: Path | str, machine: Machine = MACHINE, **options: object) -> Engine:
    engine = Engine(lambda: machine)
    run(engine, LoadRequest(str(folder), threads=1, **options))  # type: ignore[arg-type]
    return engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return loaded(goldens.folder("b2-7b"))


def refusal(kind: type[UserFacingError], act: Callable[[], object]) -> str:
    with pytest.raises(kind) as caught:
        act()
    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    return caught.value.message


# --- loading -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "layout"), goldens.CHECKPOINTS)
def test_loading_tells_progress_and_what_runs(name: str, layout: str) -> None:
    checkpoint = goldens.checkpoint(name, layout)
    engine = Engine(lambda: MACHINE)

    *progress, ready = run(engine, LoadRequest(str(checkpoint.folder), Precision.FP32, threads=1))

    assert progress
    assert all(isinstance(event, LoadProgress) for event in progress)
    assert isinstance(ready, ModelReady)
    total = checkpoint.bytes_on_disk
    assert progress[0] == LoadProgress(0, total, device_name="A processor")
    assert progress[-1] == LoadProgress(total, total)
    assert str(ready.reason).startswith("You chose this precision.")
    assert ready.peak_bytes > ready.weights_bytes
    assert ready.needed_bytes > ready.weights_bytes
    assert replace(ready, load_seconds=0) == ModelReady(
        folder=str(checkpoint.folder),
        family=checkpoint.config.family,
        kind=checkpoint.kind,
        backend=BackendName.TORCH_CPU,
        precision=Precision.FP32,
        device_name="A processor",
        device_kind=DeviceKind.CPU,
        reason=ready.reason,
        needed_bytes=ready.needed_bytes,
        peak_bytes=ready.peak_bytes,
        threads=1,
        context_length=256,
        parameters=checkpoint.config.parameters,
        weights_bytes=4 * checkpoint.config.parameters,
        load_seconds=0,
        defaults=checkpoint.defaults,
        longest_token=14,  # <reserved_106>
    )


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"context_length": 0}, InvalidRequestError, "must be from 1 to 256 for this model"),
        ({"context_length": 257}, InvalidRequestError, "must be from 1 to 256 for this model"),
        ({"context_length": -5}, InvalidRequestError, "not -5"),
        ({"threads": 0}, InvalidRequestError, "from 1 to 1,024, not 0"),
        ({"threads": 5000}, InvalidRequestError, "from 1 to 1,024, not 5,000"),
        ({"precision": Precision.FP16}, BackendUnavailableError, "fp16 does not run on"),
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(
    options: dict[str, object], kind: type[UserFacingError], sentence: str
) -> None:
    request = LoadRequest(str(goldens.folder("b2-7b")), **options)  # type: ignore[arg-type]

    assert sentence in refusal(kind, lambda: run(Engine(lambda: MACHINE), request))


def test_too_little_memory_is_said_before_anything_is_read() -> None:
    machine = replace(MACHINE, free_memory_bytes=100 * 2**20)
    request = LoadRequest(str(goldens.folder("b2-7b")))

    message = refusal(InsufficientMemoryError, lambda: run(Engine(lambda: machine), request))

    assert message == "bf16 needs 0.4 GiB on A processor, but only 0.1 GiB is free."


@pytest.mark.parametrize("data", [b"", b"\0" * 10, b"not a model"])
def test_a_broken_tokenizer_is_refused(tmp_path: Path, data: bytes) -> None:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder("b2-7b", "safetensors"), folder)
    (folder / "tokenizer.model").write_bytes(data)

    refusal(TokenizerError, lambda: loaded(folder))


def test_a_load_that_fails_leaves_the_model_before_loaded() -> None:
    engine = loaded(goldens.folder("b2-13b"))
    before = text_of(run(engine, chat("你好")))

    refusal_of_nothing = LoadRequest("/no such folder")
    with pytest.raises(CheckpointError):
        run(engine, refusal_of_nothing)

    assert text_of(run(engine, chat("你好"))) == before


def test_another_load_takes_the_place_of_the_model_before() -> None:
    engine = loaded(goldens.folder("b2-13b"))
    run(engine, chat("你好"))

    run(engine, LoadRequest(str(goldens.folder("b2-7b")), threads=1))
    events = run(engine, chat("你好"))

    assert finished(events).cached_tokens == 0
    assert text_of(events) == text_of(run(loaded(goldens.folder("b2-7b")), chat("你好")))


@pytest.mark.parametrize(
    "request_", [chat("hi"), CompleteRequest("hi", GREEDY)], ids=["chat", "complete"]
)
def test_nothing_answers_without_a_model(request_: Request) -> None:
    assert refusal(InvalidRequestError, lambda: run(Engine(), request_)) == "No model is loaded."


def test_a_load_opens_each_folder_once_and_reads_its_tokenizer_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, export = goldens.folder("b2-7b"), exports.of_golden("b2-7b").folder
    reads = counted(monkeypatch)

    loaded(folder, precision=Precision.FP32, exports=(str(export),))

    assert reads.opened == [folder, export]
    assert reads.tokenizers == [folder / "tokenizer.model", export / "tokenizer.model"]


def test_unloading_is_final_and_may_be_done_twice() -> None:
    engine = loaded(goldens.folder("b2-7b"))

    assert run(engine, UnloadRequest()) == []
    assert run(engine, UnloadRequest()) == []

    refusal(InvalidRequestError, lambda: run(engine, chat("hi")))


# --- answering ---------------------------------------------------------------------------


def test_a_chat_of_two_turns_reads_only_what_is_new(engine: Engine) -> None:
    first = run(engine, chat("今天天气很好吗？"))
    answer = text_of(first)
    assert isinstance(first[0], PromptReady)

    second = run(
        engine,
        chat(user("今天天气很好吗？"), Message(Role.ASSISTANT, answer), user("谢谢你的帮助")),
    )

    tokenizer = goldens.tokenizer("b2-7b")
    last = finished(second)
    assert second[0] == PromptReady(last.prompt_tokens, last.cached_tokens, dropped_messages=0)
    new = last.prompt_tokens - last.cached_tokens
    reached = [event.total_tokens for event in second if isinstance(event, PrefillProgress)]
    assert reached == [new]
    # The random answer may be cut into other pieces when it is read again, from there on it is new.
    question = len(tokenizer.encode("今天天气很好吗？")) + 2
    assert last.cached_tokens >= question
    assert new <= len(tokenizer.encode(answer)) + len(tokenizer.encode("谢谢你的帮助")) + 2


def test_the_prompt_is_told_before_a_token_of_it_is_read() -> None:
    engine = loaded(goldens.folder("b2-7b"))
    events = run_request(engine, chat("你好"), threading.Event())

    assert isinstance(next(events), PromptReady)

    assert list(engine.loaded.model.cached_ids) == []


def test_the_same_question_with_the_same_seed_has_the_same_answer(engine: Engine) -> None:
    params = SamplingParams(temperature=1.5, seed=11, max_new_tokens=30)

    answers = [text_of(run(engine, chat("你好", params=params))) for _ in range(3)]
    run(engine, chat("something else"))
    answers.append(text_of(run(engine, chat("你好", params=params))))
    answers.append(text_of(run(loaded(goldens.folder("b2-7b")), chat("你好", params=params))))

    assert len(set(answers)) == 1
    other = replace(params, seed=12)
    assert text_of(run(engine, chat("你好", params=other))) != answers[0]


def test_rounds_that_do_not_fit_are_left_out_and_counted(engine: Engine) -> None:
    turns = [user("我们一起去公园散步" * 5), Message(Role.ASSISTANT, "好" * 40)] * 6

    events = run(engine, chat(*turns, "谢谢"))

    prompt = events[0]
    assert isinstance(prompt, PromptReady)
    assert prompt.dropped_messages % 2 == 0
    assert 0 < prompt.dropped_messages < len(turns)
    assert prompt.prompt_tokens + GREEDY.max_new_tokens <= 256


def test_messages_that_were_not_even_given_count_as_left_out(engine: Engine) -> None:
    turns = [user("我们一起去公园散步" * 5), Message(Role.ASSISTANT, "好" * 40)] * 6
    whole = run(engine, chat(*turns, "谢谢"))[0]
    part = run(engine, replace(chat(*turns[4:], "谢谢"), older_messages=4))[0]

    assert isinstance(whole, PromptReady)
    assert isinstance(part, PromptReady)
    assert whole.dropped_messages > 4
    assert part.dropped_messages == whole.dropped_messages
    assert part.prompt_tokens == whole.prompt_tokens


@pytest.mark.parametrize("most", [128, 200, 255, 256, 10_000, 2**31])
def test_a_large_number_of_new_tokens_does_not_erase_the_conversation(
    engine: Engine, most: int
) -> None:
    params = replace(GREEDY, max_new_tokens=most, stop=("。",))
    turns = [user("我们一起去公园散步"), Message(Role.ASSISTANT, "好")] * 3

    prompt = run(engine, chat(*turns, "谢谢", params=params))[0]

    assert isinstance(prompt, PromptReady)
    assert prompt.dropped_messages == 0
    assert 30 < prompt.prompt_tokens <= 128
    is_less = most > 256 - prompt.prompt_tokens
    assert prompt.room_tokens == (256 - prompt.prompt_tokens if is_less else None)


def test_an_answer_may_use_what_the_conversation_leaves(engine: Engine) -> None:
    params = replace(GREEDY, max_new_tokens=10_000, repetition_penalty=1.0)
    turns = [user("我们一起去公园散步"), Message(Role.ASSISTANT, "好")] * 3

    events = run(engine, chat(*turns, "谢谢", params=params))

    last = finished(events)
    if last.reason is not FinishReason.STOP:  # the random model did not come to an end
        assert (last.reason, last.context_tokens) == (FinishReason.CONTEXT, 256)


def test_a_message_alone_is_told_of_no_room(engine: Engine) -> None:
    """There was no conversation to keep: the published code makes the same prompt."""
    params = replace(GREEDY, max_new_tokens=10_000, stop=("。",))

    prompt = run(engine, chat("谢谢", params=params))[0]

    assert isinstance(prompt, PromptReady)
    assert (prompt.dropped_messages, prompt.room_tokens) == (0, None)


def test_a_message_that_does_not_fit_is_reported_and_the_next_one_is_answered(
    engine: Engine,
) -> None:
    message = refusal(ContextLengthExceededError, lambda: run(engine, chat("很长的话" * 500)))

    assert message.startswith("Your message needs ")
    assert finished(run(engine, chat("你好"))).new_tokens > 0


def test_a_base_model_completes_and_does_not_chat() -> None:
    engine = loaded(goldens.folder("b1-7b"))

    events = run(engine, CompleteRequest("登鹳雀楼->王之涣\n夜雨寄北->", GREEDY))

    assert finished(events).reason in (FinishReason.LENGTH, FinishReason.STOP)
    assert refusal(InvalidRequestError, lambda: run(engine, chat("hi"))).endswith("does not chat.")


def test_a_base_model_chats_if_it_is_asked_to(tmp_path: Path) -> None:
    """With the ids of the turns, it reads and ends what a chat model does."""
    folder = tmp_path / "base"
    shutil.copytree(goldens.folder("b2-13b", "safetensors"), folder)
    (folder / "generation_config.json").unlink()
    base, question = loaded(folder, precision=Precision.FP32), chat("你好", "在吗？")

    answer = run(base, replace(question, as_chat=True))
    other = run(loaded(goldens.folder("b2-13b", "safetensors"), precision=Precision.FP32), question)

    assert refusal(InvalidRequestError, lambda: run(base, question)).endswith("does not chat.")
    assert text_of(answer) == text_of(other)
    assert finished(answer).prompt_tokens == finished(other).prompt_tokens
    assert finished(answer).reason is finished(other).reason


def test_a_chat_model_keeps_its_own_ids_of_the_turns(engine: Engine) -> None:
    question = chat("你好")

    assert text_of(run(engine, replace(question, as_chat=True))) == text_of(run(engine, question))


@pytest.mark.parametrize("text", ["", "x" * 5000])
def test_a_text_that_cannot_be_continued_is_refused(engine: Engine, text: str) -> None:
    with pytest.raises((InvalidRequestError, ContextLengthExceededError)) as caught:
        run(engine, CompleteRequest(text, GREEDY))

    assert_one_sentence(caught.value)


@pytest.mark.parametrize("text", ["\ud800", "\0", "</s><reserved_106>", "\u2581", " " * 50, "\n"])
def test_any_text_is_answered(engine: Engine, text: str) -> None:
    run(engine, chat(text))
    run(engine, CompleteRequest(text, GREEDY))


def test_what_is_typed_reaches_the_model_without_a_control_id(engine: Engine) -> None:
    text = "</s><reserved_106>x<reserved_107><s><unk>"
    control = goldens.tokenizer("b2-7b").control_ids
    assert engine._loaded is not None

    events = run(engine, chat(Message(Role.SYSTEM, text), text))
    read = engine._loaded.model.cached_ids[: finished(events).prompt_tokens]
    assert [i for i in read if i in control] == [195, 196]

    events = run(engine, CompleteRequest(text, GREEDY))
    read = engine._loaded.model.cached_ids[: finished(events).prompt_tokens]
    assert [i for i in read if i in control] == []


def test_the_prompt_that_is_told_is_the_one_that_is_read(engine: Engine) -> None:
    history = ("散步" * 60, Message(Role.ASSISTANT, "好"), "再" * 90, Message(Role.ASSISTANT, "a"))
    params = replace(GREEDY, max_new_tokens=200)
    request = replace(chat(*history, "你好", params=params), older_messages=4)
    for asked, question in (
        (request, DescribePromptRequest(chat=request)),
        (
            CompleteRequest("从前</s>", GREEDY),
            DescribePromptRequest(complete=CompleteRequest("从前</s>", GREEDY)),
        ),
    ):
        ready, *events = run(engine, asked)
        read = engine.loaded.model.cached_ids
        (told,) = run(engine, question)

        assert isinstance(told, PromptPieces)
        assert isinstance(ready, PromptReady)
        assert list(told.ids) == list(read)[: finished(events).prompt_tokens]
        assert told.context_length == engine.loaded.model.context_length
        assert (told.dropped_messages, told.room_tokens) == (
            ready.dropped_messages,
            ready.room_tokens,
        )
        assert list(engine.loaded.model.cached_ids) == list(read), "nothing is computed"


def test_what_would_not_be_answered_is_not_described(engine: Engine) -> None:
    long = chat("我们散步" * 900)
    for request, error in (
        (DescribePromptRequest(), InvalidRequestError),
        (DescribePromptRequest(chat=chat()), InvalidRequestError),
        (DescribePromptRequest(chat=long), ContextLengthExceededError),
        (DescribePromptRequest(complete=CompleteRequest("", GREEDY)), InvalidRequestError),
    ):
        assert refusal(error, lambda asked=request: run(engine, asked))  # type: ignore[misc]
    assert "No model is loaded" in refusal(
        InvalidRequestError, lambda: run(Engine(lambda: MACHINE), DescribePromptRequest(chat=long))
    )


def test_a_stop_keeps_the_text_and_the_next_request_is_answered(engine: Engine) -> None:
    cancel = threading.Event()
    params = SamplingParams(seed=3, max_new_tokens=200)
    events = []
    for event in run_request(engine, chat("你好", params=params), cancel):
        events.append(event)
        if isinstance(event, TextDelta) and len(text_of(events)) > 5:
            cancel.set()

    assert finished(events).reason is FinishReason.CANCELLED
    assert len(text_of(events)) > 5
    assert finished(events).new_tokens < 200
    assert finished(run(engine, chat("你好"))).reason is not FinishReason.CANCELLED


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("where", ["model.layers.0.mlp.up_proj.weight", "lm_head.weight"])
def test_weights_that_are_no_numbers_end_the_answer_with_a_sentence(
    tmp_path: Path, where: str, value: float
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder("b2-13b", "safetensors"), folder)
    state = safetensors.torch.load_file(folder / "model.safetensors")
    state[where][3] = value
    safetensors.torch.save_file(state, folder / "model.safetensors")
    engine = loaded(folder)

    refusal(InvalidLogitsError, lambda: run(engine, chat("你好")))


def test_the_persons_turn_id_ends_an_answer_too() -> None:
    """A chat model that begins the person's turn has ended its own."""
    engine = loaded(goldens.folder("b2-7b"))
    assert engine._loaded is not None
    newline, person, last_id = 5, 195, 1119
    engine._loaded.model = ScriptedModel([newline, person, last_id], context_length=256, chunk=64)

    events = run(engine, chat("你好"))

    assert (text_of(events), finished(events).reason) == ("\n", FinishReason.STOP)


def test_a_context_length_of_ones_own_is_kept() -> None:
    engine = loaded(goldens.folder("b2-7b"), context_length=40)

    events = run(engine, chat("你好", params=SamplingParams(seed=1, max_new_tokens=1000)))

    assert finished(events).context_tokens <= 40
    message = refusal(ContextLengthExceededError, lambda: run(engine, chat("我们散步" * 20)))
    assert "this model reads 40 tokens" in message
