from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.errors import (
    AnswersFileError,
    ContextLengthExceededError,
    EngineEndedError,
    NotAnswersError,
    UserFacingError,
)
from backends.events import Finished, FinishReason, PromptReady, TextDelta
from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import CompleteRequest, Request
from baichuan_desktop.services.batches.answers_file import AnswersFile, as_line
from baichuan_desktop.services.batches.requests import Asked, lines_of
from baichuan_desktop.services.batches.running import Batch
from baichuan_desktop.services.engines.port import ClientEvent


def end(reason: FinishReason = FinishReason.STOP) -> Finished:
    return Finished(reason, 3, 0, 2, 5, 0.1, 0.1, 0.2)


class Engine:
    """Answers with the text that it is asked, in two pieces."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.cancel_at = ""

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        assert isinstance(request, CompleteRequest)
        self.asked.append(request.prompt)
        if request.prompt == "too long":
            raise ContextLengthExceededError(what="It", prompt_tokens=9, context_length=5)
        if request.prompt == "crash":
            raise EngineEndedError
        yield PromptReady(3, 0, 4 if request.prompt == "cut" else 0)
        yield TextDelta("<")
        if request.prompt == self.cancel_at:
            cancel.set()
            yield end(FinishReason.CANCELLED)
            return
        yield TextDelta(f"{request.prompt}>")
        yield end()


def make(asked: Asked) -> Request:
    if asked.adapter == "nope":
        raise UserFacingError("There is no adapter “nope”.", hint="Name another.")
    return CompleteRequest(asked.messages[-1].text, SamplingParams(**asked.sampling))


def run(engine: Engine, file: Path, *texts: str) -> Batch:
    """Answer these prompts, named after their places, into a file."""
    lines = [json.dumps({"id": at, "prompt": text}) for at, text in enumerate(texts)]
    stream = io.BytesIO("\n".join(lines).encode())
    with AnswersFile(file) as answers:
        batch = Batch(False, make, engine.run, answers.answered, answers.wrong_lines)
        for answer in batch.answers(lines_of(stream), threading.Event()):
            answers.write(answer)
    return batch


def written(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


def test_answers_come_in_order_with_their_ids(file: Path) -> None:
    run(Engine(), file, "一", "cut", "too long", "b")

    answers = written(file)
    assert [one["id"] for one in answers] == [0, 1, 2, 3]
    assert answers[0] == {
        "id": 0, "line": 1, "text": "<一>", "finish_reason": "stop", "prompt_tokens": 3,
        "new_tokens": 2,
    }  # fmt: skip
    assert answers[1]["dropped_messages"] == 4
    error = answers[2]["error"]
    assert isinstance(error, dict)
    assert error["type"] == "ContextLengthExceededError"
    assert answers[3]["text"] == "<b>"


def test_what_is_answered_is_not_asked_again_after_a_stop_at_any_place(file: Path) -> None:
    texts = ("a", "b", "too long", "c", "d")
    whole = file.with_name("whole.jsonl")
    run(Engine(), whole, *texts)
    for stop in ("a", "b", "c", "d"):
        file.unlink(missing_ok=True)
        first, second = Engine(), Engine()
        first.cancel_at = stop

        assert run(first, file, *texts).is_stopped
        assert not run(second, file, *texts).is_stopped

        assert file.read_bytes() == whole.read_bytes()
        assert first.asked[:-1] + second.asked == list(texts)


def test_a_file_that_was_cut_anywhere_becomes_whole(file: Path) -> None:
    texts = ("一", "too long", "b")
    run(Engine(), file, *texts)
    whole = file.read_bytes()
    for cut in range(len(whole)):
        file.write_bytes(whole[:cut])
        run(Engine(), file, *texts)

        assert file.read_bytes() == whole, cut


@pytest.mark.parametrize(
    "content",
    [b"my notes\n", b'{"id": 1, "text": "x"}\nmy notes', b'{"id": 1}\n', b'{"a": 1}'],
)
def test_a_file_of_something_else_is_refused_and_stays(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(NotAnswersError):
        run(Engine(), file, "a")

    assert file.read_bytes() == content


def test_an_engine_that_is_gone_ends_the_run_and_keeps_what_there_is(file: Path) -> None:
    with pytest.raises(EngineEndedError):
        run(Engine(), file, "a", "crash", "b")

    assert [one["id"] for one in written(file)] == [0]


def test_a_wrong_line_is_an_answer_and_not_the_end(file: Path) -> None:
    lines = (
        b'nonsense\n{"id": 1, "prompt": "a"}\n{"id": 1, "prompt": "b"}\n'
        b'{"id": 2, "prompt": "c", "adapter": "nope"}\n{"id": 3, "prompt": "d"}'
    )
    for _ in range(2):  # the second time nothing is left to be done
        with AnswersFile(file) as answers:
            batch = Batch(False, make, Engine().run, answers.answered, answers.wrong_lines)
            for answer in batch.answers(lines_of(io.BytesIO(lines)), threading.Event()):
                answers.write(answer)

    said = [
        one["error"]["message"] if "error" in one else one["text"]  # type: ignore[index]
        for one in written(file)
    ]
    assert said == [
        "Line 1 cannot be answered: it is no JSON object.",
        "<a>",
        "Line 3 cannot be answered: the id “1” stands in line 2 already.",
        "There is no adapter “nope”.",
        "<d>",
    ]
    assert (batch.counts.skipped, batch.counts.answered, batch.counts.wrong) == (5, 0, 0)


def test_a_folder_is_no_place_for_answers(tmp_path: Path) -> None:
    with pytest.raises(AnswersFileError):
        AnswersFile(tmp_path)


def test_an_answer_is_one_line_whatever_is_in_it() -> None:
    assert as_line({"text": "a\nb\u2028"}).count("\n") == 1
