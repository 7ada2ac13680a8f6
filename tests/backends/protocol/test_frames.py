"""What crosses the pipe arrives as it was sent, and nothing else is taken for a frame."""

from __future__ import annotations

import io
import json
import random
import struct
import typing
from pathlib import Path

import pytest

from backends import errors, events
from backends.choice.expected_speed import ReadBandwidth
from backends.choice.memory import MeasuredPeak
from backends.errors import EngineProtocolError, UserFacingError
from backends.events import (
    AdapterInUse,
    AdapterReady,
    BenchmarkProgress,
    BenchmarkReady,
    BenchmarkStep,
    CopyReady,
    DecodeSpeed,
    Finished,
    FinishReason,
    JobProgress,
    JobStep,
    LoadProgress,
    ModelKind,
    ModelReady,
    PartKind,
    PrefillProgress,
    ProductsTried,
    PromptPart,
    PromptPieces,
    PromptReady,
    QualityProgress,
    QualityReady,
    SamplingDefaults,
    ScoredToken,
    Speed,
    TextDelta,
    TokenScore,
    TokensScored,
)
from backends.generation.sampling import SamplingParams
from backends.generation.terms import AnswerTerms, Grammar, GrammarKind
from backends.model_config import Family
from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind, Precision
from backends.protocol import engine_requests
from backends.protocol.engine_requests import (
    AdapterRequest,
    BenchmarkRequest,
    ChatRequest,
    CompleteRequest,
    CopyRequest,
    DescribePromptRequest,
    ExportRequest,
    LoadRequest,
    MergeRequest,
    ProductsRequest,
    QualityRequest,
    UnloadRequest,
)
from backends.protocol.frames import Alive, Cancel, Done, Failed, Payload, read_frame, write_frame
from backends.protocol.wire_phrases import error_from_wire
from backends.text.chat_template import Message, Role
from tests.helpers import errors_around_chat, errors_of_training
from tests.helpers.sentences import assert_one_sentence

DEFAULTS = SamplingDefaults(False, 0.3, 5, 0.85, 1.05, 2048)
PARAMS = SamplingParams(True, 0.0, 3, 0.5, 1.25, 9, 2**63 - 1, ("</s>", "\n\n"))
PAYLOADS: list[Payload] = [
    LoadProgress(1, 2**40),
    ModelReady(
        "/模型/a b", Family.BAICHUAN2_7B, ModelKind.CHAT, BackendName.TORCH_CPU, Precision.BF16,
        "A “processor”", DeviceKind.CPU,
        Phrase("Because of {what}.", what=Phrase("{n} bytes", n=7)), 4,
        4096, 7_500_000_000, 15_000_000_000, 17_000_000_000, 16_000_000_000, 1.5, DEFAULTS,
    ),
    PromptReady(10, 4, 2),
    PromptPieces(
        (1, 195, 3), ("▁a", "<reserved_106>", "<0x0A>"), (" a", "", "\n"),
        (PromptPart(PartKind.SYSTEM, 0, 0, 1), PromptPart(PartKind.OPENING, None, 1, 3)),
        2, None, 9,
    ),
    PrefillProgress(64, 512),
    TextDelta("你好\n😀\0\u2028"),
    TextDelta("\ud800"),
    TokensScored(
        (
            ScoredToken(TokenScore(7, (), None), ()),
            ScoredToken(TokenScore(9, (228, 189), -1e-9), (TokenScore(9, (228, 189), -1e-9),)),
        ),
        of_prompt=True,
    ),
    TokensScored(()),
    Finished(FinishReason.CONTEXT, 1, 2, 3, 4, 0.5, 0.25, 1e-9),
    LoadRequest("/x", None, None, None),
    LoadRequest("C:\\模型", Precision.BF16, 128, 2),
    LoadRequest("/x", embedding_on_host=True, head_in_8_bits=True),
    LoadRequest(
        "/x",
        measured=(MeasuredPeak(BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 2**33),),
    ),
    LoadRequest(
        "/x",
        measured=(
            MeasuredPeak(
                BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 2**33, 2**32, "RTX 卡"
            ),
        ),
        bandwidths=(ReadBandwidth(DeviceKind.CPU, "a processor", 3.1e10),),
        scores_every_token=True,
    ),
    ChatRequest((Message(Role.SYSTEM, ""), Message(Role.USER, "你")), PARAMS),
    ChatRequest((), SamplingParams()),
    ChatRequest(
        (), PARAMS, terms=AnswerTerms(-2.0, 0.5, 0, Grammar(GrammarKind.JSON_OBJECT)),
        drops_oldest=False,
    ),
    CompleteRequest(
        "", PARAMS, AnswerTerms(grammar=Grammar(GrammarKind.JSON_SCHEMA, '{"type": "array"}')),
        prompt_ids=(0, 195), scores_prompt=True, continues=False,
    ),
    DescribePromptRequest(chat=ChatRequest((Message(Role.USER, "你"),), PARAMS, as_chat=True)),
    DescribePromptRequest(complete=CompleteRequest("从前", PARAMS)),
    ChatRequest((Message(Role.USER, "你"),), PARAMS, older_messages=9_592),
    CompleteRequest("->", PARAMS),
    UnloadRequest(),
    AdapterReady(AdapterInUse("/模型/l", 2**20, (Phrase("{n} of it", n=3),)), 0.25),
    AdapterReady(None, 0.0),
    AdapterRequest("/模型/l"),
    AdapterRequest(None),
    LoadRequest("/x", adapter="/模型/l"),
    MergeRequest("/x", "/模型/l", "/y", Precision.FP32, licence="a licence"),
    JobProgress(JobStep.WRITE, 1, 2**40),
    CopyReady("/模型/a-4bit", 2**40),
    CopyRequest("/x", "/y", Precision.NF4),
    ExportRequest("/x", "/y", Precision.ONNX_INT4, block_size=128, symmetric=False),
    ExportRequest("/x", "/y", Precision.FP32, adapter="/模型/l"),
    CopyRequest("/x", "/y", None, True),
    BenchmarkProgress(BenchmarkStep.DECODE, 512, 3, 32),
    BenchmarkReady(
        (Speed(128, 1e3, 2e3, 0.5),), (DecodeSpeed(Speed(16, 20.0, 21.0, 0.0), 2**33, 0.7),
        DecodeSpeed(Speed(17, 20.0, 21.0, 0.0), 2**33, None)), (2048,), (), 2**40, None,
    ),
    BenchmarkRequest(LoadRequest("/x", Precision.FP32), (128,), (), 3),
    QualityProgress(1, 2),
    QualityReady(4096, True, 5.25, None, None),
    QualityReady(4096, False, 5.25, 1e-9, 0.99),
    QualityRequest(LoadRequest("/x", Precision.INT8), ("一\n", ""), "t.txt", 7, "/cache/r", False),
    ProductsRequest(),
    ProductsTried(Precision.BF16, Phrase("oneDNN, packed"), True),
    Cancel(),
    Alive(2**40),
    Done(),
]  # fmt: skip


def frame_of(content: object) -> bytes:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return struct.pack(">I", len(data)) + data


def crossed(payload: Payload, request_id: int = 7) -> tuple[int, Payload] | None:
    stream = io.BytesIO()
    write_frame(stream, request_id, payload)
    stream.seek(0)
    return read_frame(stream)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: type(payload).__name__)
def test_a_payload_arrives_as_it_was_sent(payload: Payload) -> None:
    assert crossed(payload, 2**40) == (2**40, payload)


def test_every_kind_of_payload_is_tried_above() -> None:
    kinds = {*typing.get_args(events.EngineEvent), *typing.get_args(engine_requests.Request)}

    assert {type(payload) for payload in PAYLOADS} == kinds | {Alive, Cancel, Done}


def test_frames_follow_one_another_until_the_end() -> None:
    stream = io.BytesIO()
    for number, payload in enumerate(PAYLOADS):
        write_frame(stream, number, payload)
    stream.seek(0)

    assert [read_frame(stream) for _ in PAYLOADS] == list(enumerate(PAYLOADS))
    assert read_frame(stream) is None


@pytest.mark.parametrize("cut", [1, 3, 4, 5, -1])
def test_the_end_in_the_middle_of_a_frame_is_an_error(cut: int) -> None:
    stream = io.BytesIO()
    write_frame(stream, 1, TextDelta("hello"))

    with pytest.raises(EngineProtocolError, match="in the middle of a frame") as caught:
        read_frame(io.BytesIO(stream.getvalue()[:cut]))

    assert_one_sentence(caught.value)


#: What of an error makes it none.
WRONG_ERRORS: list[dict[str, object]] = [
    {"facts": {}},
    {"facts": 5},
    {"facts": {"template": 1}},
    {"template": "{0}"},
    {"template": "{"},
    {"template": "{what:%Q}"},
    {"hint": 5},
    {"type": {}},
    {"facts": {"what": {"template": "{of}", "facts": {}}}},
]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\xff", b"null", b"[]", b"5", b"[" * 100_000,
        {"id": 1, "type": "Message", "value": {}},
        {"id": 1, "type": "SystemExit", "value": {}},
        {"id": 1, "type": "TextDelta"},
        {"id": 1, "type": "TextDelta", "value": {}},
        {"id": 1, "type": "TextDelta", "value": {"text": 5}},
        {"id": 1, "type": "TextDelta", "value": {"text": None}},
        {"id": 1, "type": "TextDelta", "value": {"text": "a", "more": 1}},
        {"id": 1, "type": "TextDelta", "value": "a"},
        {"id": 1, "type": "TextDelta", "value": []},
        {"id": "x", "type": "Done", "value": {}},
        {"id": None, "type": "Done", "value": {}},
        {"type": "Done", "value": {}},
        {"id": 1, "type": ["Done"], "value": {}},
        {"id": 1, "type": "LoadProgress", "value": {"done_bytes": True, "total_bytes": 1}},
        {"id": 1, "type": "LoadProgress", "value": {"done_bytes": 1.0, "total_bytes": 1}},
        {"id": 1, "type": "LoadProgress", "value": {"done_bytes": 1}},
        {"id": 1, "type": "ChatRequest", "value": {"messages": 5, "params": {}}},
        {"id": 1, "type": "ChatRequest", "value": {"messages": [{}], "params": {}}},
        {"id": 1, "type": "CompleteRequest", "value": {"prompt": "", "params": {"seed": "1"}}},
        {"id": 1, "type": "CompleteRequest", "value": {"prompt": "", "params": {"top_k": -1}}},
        {"id": 1, "type": "CompleteRequest",
         "value": {"prompt": "", "params": {}, "terms": {"presence_penalty": 2.1}}},
        {"id": 1, "type": "CompleteRequest",
         "value": {"prompt": "", "params": {}, "prompt_ids": ["1"]}},
        {"id": float("inf"), "type": "Done", "value": {}},
        {"id": 1, "type": "CompleteRequest",
         "value": {"prompt": "", "params": {"top_p": 10**400}}},
        {"id": 1, "type": "Failed", "value": {"error": 5}},
        {"id": 1, "type": "Failed", "value": {"error": {"type": "EngineError"}}},
        *(
            {"id": 1, "type": "Failed", "value": {"error": {
                "type": "EngineError", "template": "It is {what}.", "hint": "",
                "facts": {"what": 1}, **wrong}}}
            for wrong in WRONG_ERRORS
        ),
        {"id": 1, "type": "ProductsTried", "value": {
            "precision": "fp32", "way": {"template": "{by}", "facts": {}}, "is_right": True}},
    ],
    ids=lambda content: str(content)[:60],
)  # fmt: skip
def test_what_is_no_frame_is_an_error(content: object) -> None:
    with pytest.raises(EngineProtocolError) as caught:
        read_frame(io.BytesIO(frame_of(content)))

    assert_one_sentence(caught.value)


def test_a_frame_of_gigabytes_is_refused_before_it_is_read() -> None:
    with pytest.raises(EngineProtocolError, match="A frame of 4,294,967,295 bytes"):
        read_frame(io.BytesIO(b"\xff\xff\xff\xff"))


def test_mutated_frames_are_frames_or_errors() -> None:
    chance = random.Random(12)
    stream = io.BytesIO()
    write_frame(stream, 1, PAYLOADS[9])
    whole = stream.getvalue()[4:]
    refused = 0
    for _ in range(2000):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.choice(
                b'0123456789"{}[]:,.eEnulltrue-\\\xff'
            )
        try:
            read_frame(io.BytesIO(frame_of(bytes(data))))
        except EngineProtocolError:
            refused += 1
    assert refused > 1000


# --- errors ------------------------------------------------------------------------------

ERRORS: list[UserFacingError] = [
    errors.NotACheckpointError(Path("/模型/x"), Phrase("it has no {name}", name="config.json")),
    errors.ForeignModelError(Path("/x/y"), Phrase("is in {form}", form="GGUF"), hint="Take it."),
    errors.NotDownloadedError(Path("/x/y.bin"), "is a pointer", hint="Download it."),
    errors.UnsupportedArchitectureError(Path("/x/y"), "it is a llama"),
    errors.DamagedCheckpointError(
        Path("/x/y.bin"), Phrase("“{a}” {b}", a="w", b=Phrase("has {n} bytes", n=7))
    ),
    errors.UnsafeCheckpointError(Path("/x/y.bin"), "it contains code"),
    errors.PortableExportError(Path("/x/chat-onnx-fp32-portable")),
    errors.ExportRefusedError(
        Path("/x/export"), errors.DamagedCheckpointError(Path("/x/y"), "bad")
    ),
    errors.NewerFormatError(Path("/x/baichuan_manifest.json"), version=2, known=1),
    errors.TokenizerError(Path("/x/t.model"), "it is broken"),
    errors.ConversationsUnwritableError(Path("/d/c.sqlite3"), "read-only file system"),
    errors.ConversationsDriveFullError(Path("/d/c.sqlite3")),
    errors.ConversationsInUseError(Path("/d/c.sqlite3")),
    errors.ConversationsNewerError(Path("/d/c.sqlite3")),
    errors.ConversationsDamagedError(
        Path("/d/c.sqlite3"), kept=Path("/d/c.damaged"), conversations=2, messages=7, backup=None
    ),
    errors.NotConversationsError(Path("/d/backup.sqlite3")),
    errors.BackendUnavailableError("There is no precision “{name}”.", name="int3"),
    errors.InsufficientMemoryError(
        device=Phrase("this machine in {precision}", precision="bf16"),
        needed_bytes=3 * 2**30,
        free_bytes=2**30,
    ),
    errors.GpuLostError("it fell off the bus"),
    errors.GpuLostError(Phrase("{text}", text="a launch failed"), device="RTX 3060 (cuda:1)"),
    errors.CardUnavailableError("{device} is not used.", hint="Install {it}.", device="RTX 3060"),
    errors.JobError("“{folder}” exists already.", folder="/x"),
    errors.CopyTakenError(Path("/x")),
    errors.DiskFullError(Path("/x"), needed_bytes=2**33, free_bytes=2**30),
    errors.SourceChangedError(Path("/x/y.bin")),
    errors.AdapterError("“{name}” cannot be used.", name="l"),
    errors.NotAnAdapterError(Path("/模型/l"), Phrase("it has no {name}", name="a.json")),
    errors.DamagedAdapterError(Path("/x/l/a.safetensors"), "it is cut off"),
    errors.UnsupportedAdapterError(Path("/x/l"), "is of another kind"),
    errors.AdapterOnExportError(Path("/x/l"), "cannot be used"),
    errors.UnreadableAdapterError(
        Path("/x/l"), errors.DamagedCheckpointError(Path("/x/l/a.bin"), "it is cut off")
    ),
    errors.WrongBaseError(Path("/x/l"), "7b", Phrase("it has {n} layers", n=3)),
    errors.QualityError("“{name}” is empty.", name="一.txt", hint="Choose another."),
    errors.ContextLengthExceededError(what="Your message", prompt_tokens=9, context_length=8),
    errors.InvalidLogitsError(),
    errors.InvalidRequestError("{name} must be from {low:g}.", name="Top-p", low=0.5, hint="Hm."),
    errors.PolicyError(
        Phrase("The model in “{folder}” is not used here", folder="/x"), Path("/p"), None
    ),
    errors.PrecisionOffError(
        Phrase("The precision {p} is not used", p="bf16"), Path("/p"), "desk 7"
    ),
    errors.PolicyFileError(Path("/p"), Phrase("there is no {what}", what="key"), place="models.0"),
    errors.LicenceNotAcceptedError("7b", "Baichuan 7B"),
    errors.AcceptanceNotKeptError(Path("/d/licences.json"), OSError(28, "No space left")),
    errors.FailedVerificationError("7b", ["a.bin"], is_changed_since=False),
    errors.IntegrityError("“{file}” cannot be written.", file="/x"),
    errors.SumsError(Path("/x/SHA256SUMS"), "is empty"),
    errors.NewerManifestError(Path("/d/7b.json"), version=2, known=1),
    errors.ModelAwayError(Phrase("The folder “{folder}” is gone.", folder="/x"), is_drive=False),
    errors.StrayLinkError(Path("/x/a.bin"), Path("/y/a.bin"), Path("/x")),
    errors.OutdatedExportError(Path("/x/export")),
    errors.ImportRefusedError(Path("/x"), "it is one already", hint="Take another."),
    errors.ImportBrokenError("“{folder}” was not imported.", folder="/x"),
    errors.SourceUnreadableError(Path("/x/a.bin"), "no such device"),
    errors.TargetUnwritableError(Path("/y"), "read-only file system"),
    errors.ImportChangedError(Path("/x/a.bin")),
    errors.DamagedSourceError(Path("/x/a.bin"), "blobs/0123"),
    errors.BadCopyError(Path("/x/a.bin")),
    errors.RemovalError("“{folder}” was not removed.", folder="/x"),
    errors.NoTrashError(Path("/x")),
    errors.NotVerifiedError("7b", Path("/p"), ["a.bin", "b.bin", "c.bin", "d.bin"], None),
    errors.ServerError("It cannot be run."),
    errors.ServerLibrariesError("starlette"),
    errors.PortTakenError(8000, "Address already in use"),
    errors.ServerStoppedError(),
    errors.KeyFileError(Path("/c/server.key"), Phrase("others may read {it}", it="it")),
    errors.TlsFilesError(Path("/c/a.pem"), "it is no certificate"),
    errors.QueueFullError(8),
    errors.NoModelServedError(),
    errors.ModelNotServedError("7b", "7b-chat"),
    errors.EngineCrashedError("it crashed"),
    errors.EngineKilledError("it was killed"),
    errors.EngineCardError(Phrase("a library ended it ({text})", text="invalid argument")),
    errors.EngineEndedError(),
    errors.EngineProtocolError("A frame."),
    errors.EngineError("The engine."),
    *errors_around_chat.ERRORS,
    *errors_of_training.ERRORS,
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_crosses_with_its_type_template_facts_and_hint(error: UserFacingError) -> None:
    frame = crossed(Failed.of(error))

    assert frame is not None
    assert isinstance(frame[1], Failed)
    arrived = frame[1].exception()
    assert type(arrived) is type(error)
    assert (arrived.template, arrived.hint) == (error.template, error.hint)
    assert arrived.facts == error.facts
    assert {k: type(v) for k, v in arrived.facts.items()} == {
        k: type(v) for k, v in error.facts.items()
    }
    assert arrived.message == str(arrived) == error.message
    assert_one_sentence(arrived)


def test_every_error_is_tried_above() -> None:
    kinds = [UserFacingError]
    for kind in kinds:
        kinds += [
            sub for sub in kind.__subclasses__() if sub.__module__.startswith("backends.errors.")
        ]
    bases = {
        UserFacingError, errors.CheckpointError, errors.BackendError, errors.GenerationError,
        errors.ConversationsError, errors.NotAdmittedError, *errors_around_chat.BASES,
        *errors_of_training.BASES,
    }  # fmt: skip

    assert {type(error) for error in ERRORS} == set(kinds) - bases


def test_an_error_of_a_newer_engine_arrives_as_a_plain_one() -> None:
    data = {"type": "FromTheFutureError", "template": "{n} of it.", "hint": "h", "facts": {"n": 1}}

    error = error_from_wire(data)

    assert type(error) is UserFacingError
    assert error.message == "1 of it."


def test_names_from_files_cannot_break_a_line_or_a_terminal() -> None:
    error = errors.NotACheckpointError(
        Path("/x"), Phrase("it has “{name}”", name="a\nb\x1b[31m\ud800\u202e\u3000模")
    )

    assert "it has “a�b�[31m��\u3000模”." in error.message
    assert error.message.encode("utf-8")
