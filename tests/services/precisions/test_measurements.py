"""What loading and answering took is remembered, and a broken memory harms nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from backends.choice.expected_speed import ReadBandwidth
from backends.choice.memory import MeasuredPeak
from backends.events import (
    AdapterInUse,
    Finished,
    FinishReason,
    ModelKind,
    ModelReady,
    SamplingDefaults,
)
from backends.model_config import Family
from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind, Precision
from baichuan_desktop.services.precisions import measurements as module
from baichuan_desktop.services.precisions.measurements import (
    Benchmark,
    DecodeFigure,
    Measurement,
    Measurements,
    Quality,
)

GIB = 2**30
FOLDER = Path("/models/百川 2")
CARD = "NVIDIA GeForce RTX 3060"


def ready(folder: Path = FOLDER, **changes: Any) -> ModelReady:
    facts: dict[str, Any] = {
        "folder": str(folder), "family": Family.BAICHUAN2_7B, "kind": ModelKind.CHAT,
        "backend": BackendName.BITSANDBYTES, "precision": Precision.NF4,
        "device_name": CARD, "device_kind": DeviceKind.CUDA,
        "reason": Phrase("because."), "needed_bytes": 7 * 2**30,
        "threads": 8, "context_length": 4096, "parameters": 7_505_973_248,
        "weights_bytes": 5 * 2**30, "peak_bytes": 6 * 2**30, "load_seconds": 12.5,
        "defaults": SamplingDefaults(
            greedy=False, temperature=0.3, top_k=5, top_p=0.85, repetition_penalty=1.05,
            max_new_tokens=2048,
        ),
    }  # fmt: skip
    return ModelReady(**facts | changes)


def finished(new_tokens: int = 101, decode_seconds: float = 4.0) -> Finished:
    return Finished(
        reason=FinishReason.STOP,
        prompt_tokens=10,
        cached_tokens=0,
        new_tokens=new_tokens,
        context_tokens=10 + new_tokens,
        prefill_seconds=0.1,
        first_token_seconds=0.2,
        decode_seconds=decode_seconds,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "measurements.json"


def speed(measurements: Measurements, folder: Path = FOLDER) -> float | None:
    known = measurements.of(folder, BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA)
    assert known is not None
    return known.tokens_per_second


def test_nothing_is_known_at_first(file: Path) -> None:
    measurements = Measurements(file)

    assert measurements.peaks(FOLDER) == ()
    assert measurements.of(FOLDER, BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA) is None
    assert not file.parent.exists()


def test_what_was_measured_is_known_after_a_restart(file: Path) -> None:
    measurements = Measurements(file)
    measurements.loaded(ready())
    measurements.answered(ready(), finished())

    again = Measurements(file)

    assert again.peaks(FOLDER) == (
        MeasuredPeak(
            BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 6 * GIB, 5 * GIB, CARD
        ),
    )
    assert again.of(
        FOLDER, BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA
    ) == Measurement(
        folder=str(FOLDER),
        backend="bnb_cuda",
        precision="4bit",
        device_kind=DeviceKind.CUDA,
        peak_bytes=6 * 2**30,
        load_seconds=12.5,
        weights_bytes=5 * 2**30,
        device_name=CARD,
        tokens_per_second=25.0,
    )


def test_the_first_load_counts(file: Path) -> None:
    """Later ones find files in memory, and are quicker."""
    measurements = Measurements(file)
    measurements.loaded(ready())

    measurements.loaded(ready(peak_bytes=1, load_seconds=0.5))

    assert measurements.peaks(FOLDER) == (
        MeasuredPeak(
            BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 6 * GIB, 5 * GIB, CARD
        ),
    )


def test_the_last_speed_counts(file: Path) -> None:
    measurements = Measurements(file)
    measurements.loaded(ready())
    measurements.answered(ready(), finished(decode_seconds=4.0))

    measurements.answered(ready(), finished(decode_seconds=3.0))

    assert speed(measurements) == 33.3


def test_what_is_measured_with_an_adapter_says_nothing_of_the_model_alone(file: Path) -> None:
    measurements = Measurements(file)
    adapted = ready(adapter=AdapterInUse("/adapters/a", 2**20))
    benchmark = Benchmark(
        device_name=CARD, threads=8, load_seconds=1.0, peak_bytes=1, prefill=(),
        decode=(
            DecodeFigure(
                context_tokens=16, tokens_per_second=9.0, bytes_per_token=1, bandwidth_share=None
            ),
        ),
        read_bytes_per_second=None, neighbour_cores=0.0,
    )  # fmt: skip
    quality = Quality(
        reference="bf16", text="text", scored_tokens=64, perplexity=2.0, kl_divergence=0.1,
        top1_agreement=0.9,
    )  # fmt: skip

    measurements.loaded(adapted)
    measurements.answered(adapted, finished())
    measurements.benchmarked(adapted, benchmark)
    measurements.judged(adapted, quality)

    assert speed(measurements) is None
    assert measurements.measured(FOLDER) == ()
    # The peak of loading is that of the model, before its adapter.
    assert [peak.peak_bytes for peak in measurements.peaks(FOLDER)] == [6 * GIB]
    measurements.benchmarked(ready(), benchmark)
    assert speed(measurements) == 9.0


@pytest.mark.parametrize(("tokens", "counts"), [(1, False), (15, False), (16, True), (17, True)])
def test_short_answers_say_nothing_of_speed(tokens: int, counts: bool, file: Path) -> None:
    measurements = Measurements(file)
    measurements.loaded(ready())

    measurements.answered(ready(), finished(new_tokens=tokens))

    assert (speed(measurements) is not None) is counts


def test_an_answer_of_a_model_whose_loading_was_not_measured(file: Path) -> None:
    measurements = Measurements(file)

    measurements.answered(ready(), finished())

    assert measurements.of(FOLDER, BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA) is None


def test_a_card_and_the_processor_are_told_apart(file: Path) -> None:
    """One backend, bitsandbytes, runs on both."""
    measurements = Measurements(file)
    measurements.loaded(ready())
    measurements.loaded(ready(device_kind=DeviceKind.CPU, peak_bytes=9))
    measurements.answered(ready(device_kind=DeviceKind.CPU), finished())

    assert Measurements(file).peaks(FOLDER) == (
        MeasuredPeak(
            BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 6 * GIB, 5 * GIB, CARD
        ),
        MeasuredPeak(BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CPU, 9, 5 * 2**30),
    )
    assert speed(measurements) is None


def test_models_precisions_and_backends_are_told_apart(file: Path) -> None:
    measurements = Measurements(file)
    other = Path("/models/other")
    measurements.loaded(ready())
    measurements.loaded(ready(precision=Precision.INT8, peak_bytes=8))
    measurements.loaded(
        ready(backend=BackendName.TORCH_CUDA, precision=Precision.BF16, peak_bytes=16)
    )
    measurements.loaded(ready(other, peak_bytes=3))

    assert Measurements(file).peaks(FOLDER) == (
        MeasuredPeak(
            BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 6 * GIB, 5 * GIB, CARD
        ),
        MeasuredPeak(BackendName.BITSANDBYTES, Precision.INT8, DeviceKind.CUDA, 8, 5 * 2**30, CARD),
        MeasuredPeak(BackendName.TORCH_CUDA, Precision.BF16, DeviceKind.CUDA, 16, 5 * 2**30, CARD),
    )
    assert Measurements(file).peaks(other) == (
        MeasuredPeak(BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 3, 5 * 2**30, CARD),
    )
    measurements.answered(ready(), finished())
    assert speed(measurements, other) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe\x00",
        b'{"measurements": 7}',
        b'{"measurements": [{}]}',
        (
            b'{"measurements": [{"folder": "/m", "backend": "torch_cpu", "precision": "4bit", '
            b'"device": "cpu", "peak_bytes": "many", "load_seconds": 1}]}'
        ),
        b"[" * 100_000,
    ],
    ids=range(10),
)
def test_a_broken_file_is_begun_anew(
    content: bytes, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir()
    file.write_bytes(content)

    measurements = Measurements(file)

    assert measurements.peaks(FOLDER) == ()
    assert "not usable" in caplog.text
    assert file.read_bytes() == content  # until there is something to write
    measurements.loaded(ready())
    assert Measurements(file).peaks(FOLDER)


def test_what_a_newer_version_wrote_is_read(file: Path) -> None:
    measurements = Measurements(file)
    measurements.loaded(ready())
    content = json.loads(file.read_text(encoding="utf-8"))
    content["more"] = 1
    content["measurements"][0]["card"] = "NVIDIA"
    content["measurements"].append(content["measurements"][0] | {"precision": "3bit"})
    content["measurements"].append(content["measurements"][0] | {"device": "npu"})
    file.write_text(json.dumps(content), encoding="utf-8")

    # What this version does not have is no reason to forget the others, nor to fail.
    assert Measurements(file).peaks(FOLDER) == (
        MeasuredPeak(
            BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 6 * GIB, 5 * GIB, CARD
        ),
    )


def test_a_folder_that_cannot_be_written_to_costs_only_the_memory_of_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module, "replace_text", refuse)
    measurements = Measurements(file)

    measurements.loaded(ready())

    assert "could not be written" in caplog.text
    assert measurements.peaks(FOLDER)


def test_the_file_can_be_read_by_a_person(file: Path) -> None:
    Measurements(file).loaded(ready())

    assert "百川 2" in file.read_text(encoding="utf-8")


def test_what_a_terminal_measured_meanwhile_stays(file: Path) -> None:
    window, terminal = Measurements(file), Measurements(file)
    terminal.loaded(ready(precision=Precision.INT8))
    terminal.answered(ready(precision=Precision.INT8), finished())

    window.loaded(ready())
    window.loaded(ready(precision=Precision.INT8, peak_bytes=1))

    found = Measurements(file)
    assert speed(found) is None
    assert found.of(
        FOLDER, BackendName.BITSANDBYTES, Precision.INT8, DeviceKind.CUDA
    ) == terminal.of(FOLDER, BackendName.BITSANDBYTES, Precision.INT8, DeviceKind.CUDA)


def test_weights_of_another_size_are_measured_anew(file: Path) -> None:
    """An export was made again, in blocks of another size."""
    measurements = Measurements(file)
    measurements.loaded(ready(peak_bytes=3))
    measurements.answered(ready(), finished())

    measurements.loaded(ready(weights_bytes=4, peak_bytes=2))

    assert measurements.peaks(FOLDER) == (
        MeasuredPeak(BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 2, 4, CARD),
    )
    assert speed(measurements) is None
    assert (
        measurements.of(FOLDER, BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 5) is None
    )


def stored(**changes: Any) -> dict[str, Any]:
    return {
        "folder": "/m", "backend": "torch_cpu", "precision": "4bit", "device": "cpu",
        "peak_bytes": 7, "load_seconds": 1.5,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        7, None, [], {}, "text", stored(peak_bytes=-1), stored(peak_bytes=2**63),
        stored(peak_bytes=float("nan")), stored(load_seconds=float("inf")), stored(folder=7),
        stored(load_seconds=-1), stored(folder="\ud800", benchmark=7), stored(quality=[1]),
        stored(tokens_per_second=float("nan")), stored(tokens_per_second=1e300),
        stored(backend="\ud800"), stored(precision="\0"), stored(device="\udfff"),
    ],
    ids=repr,
)  # fmt: skip
def test_an_entry_that_is_wrong_costs_itself(
    wrong: object, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"measurements": [wrong, stored(folder="/right")]}))

    measurements = Measurements(file)

    assert measurements.peaks(Path("/right")) == (
        MeasuredPeak(BackendName.TORCH_CPU, Precision.NF4, DeviceKind.CPU, 7, None),
    )
    assert measurements.peaks(Path("/m")) == ()
    assert "1 of the measurements" in caplog.text


def test_half_a_surrogate_in_the_file_keeps_nothing_from_being_remembered(file: Path) -> None:
    file.parent.mkdir()
    judged = {"reference": "fp32", "text": "\ud800", "scored_tokens": 1, "perplexity": 2}
    judged |= {"kl_divergence": None, "top1_agreement": None}
    entries = [stored(quality=judged), stored(folder="/right")]
    file.write_text(json.dumps({"measurements": entries}))

    Measurements(file).loaded(ready())

    assert [m.folder for m in Measurements(file)._read()] == ["/right", str(FOLDER)]


def test_a_number_of_thousands_of_digits_costs_its_entry(file: Path) -> None:
    file.parent.mkdir()
    right = json.dumps(stored(folder="/right"))
    wrong = json.dumps(stored()).replace(": 7,", f": {'9' * 5000},")
    file.write_text(f'{{"measurements": [{wrong}, {right}]}}')

    assert [m.folder for m in Measurements(file)._read()] == ["/right"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs")
@pytest.mark.parametrize("target", [None, "/dev/zero"])
def test_a_fifo_or_a_device_is_not_read_and_stays_what_it_is(
    target: str | None, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir()
    if target is None:
        os.mkfifo(file)
    else:
        file.symlink_to(target)

    measurements = Measurements(file)
    measurements.loaded(ready())

    assert measurements.peaks(FOLDER)  # until the end
    assert not file.is_file()
    assert "no ordinary file" in caplog.text


def test_a_file_of_too_many_entries_is_not_gone_through(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"measurements": [stored()] + [7] * 10_000}))

    assert Measurements(file).peaks(Path("/m")) == ()
    assert "not usable" in caplog.text


# --- cards -------------------------------------------------------------------------------


def test_weights_on_the_host_are_none_of_the_cards(file: Path) -> None:
    Measurements(file).loaded(ready(host_weights_bytes=GIB))

    (peak,) = Measurements(file).peaks(FOLDER)

    assert (peak.peak_bytes, peak.weights_bytes, peak.device_name) == (6 * GIB, 4 * GIB, CARD)


def test_another_card_is_measured_anew_and_the_speed_stays(file: Path) -> None:
    """Contexts differ from card to card."""
    measurements = Measurements(file)
    measurements.loaded(ready())
    measurements.answered(ready(), finished())
    bigger: dict[str, Any] = {"device_name": "NVIDIA GeForce RTX 4090", "peak_bytes": 7 * GIB}

    measurements.loaded(ready(**bigger))
    measurements.loaded(ready(**bigger | {"peak_bytes": 1}))

    (peak,) = Measurements(file).peaks(FOLDER)
    assert (peak.device_name, peak.peak_bytes) == ("NVIDIA GeForce RTX 4090", 7 * GIB)
    assert speed(Measurements(file)) == 25.0


@pytest.mark.parametrize(("device", "expected"), [("cuda", (5 * GIB, CARD)), ("cpu", (7, None))])
def test_what_an_older_version_measured_of_a_card_is_measured_anew(
    device: str, expected: tuple[int, str | None], file: Path
) -> None:
    """It counted no context; of the processor it counted all there is."""
    file.parent.mkdir()
    old = stored(folder=str(FOLDER), backend="bnb_cuda", device=device, weights_bytes=4 * GIB)
    file.write_text(json.dumps({"measurements": [old]}), encoding="utf-8")
    measurements = Measurements(file)

    measurements.loaded(
        ready(device_kind=DeviceKind(device), weights_bytes=4 * GIB, peak_bytes=5 * GIB)
    )

    (peak,) = Measurements(file).peaks(FOLDER)
    assert (peak.peak_bytes, peak.device_name) == expected


def test_how_fast_devices_read_is_known_by_whichever_model_was_measured(file: Path) -> None:
    def bench(device: str, rate: float | None) -> Benchmark:
        return Benchmark(
            device_name=device,
            threads=8,
            load_seconds=1,
            peak_bytes=1,
            prefill=(),
            decode=(),
            read_bytes_per_second=rate,
            neighbour_cores=0,
        )

    measurements = Measurements(file)
    processor: dict[str, Any] = {"device_kind": DeviceKind.CPU, "device_name": "a processor"}
    measurements.benchmarked(ready(Path("/models/a"), **processor), bench("a processor", 31e9))
    measurements.benchmarked(ready(Path("/models/b"), **processor), bench("a processor", 40e9))
    measurements.benchmarked(ready(Path("/models/c")), bench(CARD, 330e9))
    measurements.benchmarked(ready(Path("/models/d"), **processor), bench("a processor", None))

    assert set(Measurements(file).bandwidths) == {
        ReadBandwidth(DeviceKind.CPU, "a processor", 40e9),  # others may slow it down
        ReadBandwidth(DeviceKind.CUDA, CARD, 330e9),
    }
