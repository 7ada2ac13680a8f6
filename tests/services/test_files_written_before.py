"""Files that an older version of the app wrote open, and mean what they meant.

`tests/goldens/written_before` holds them as the version before precisions and backends became
enums wrote them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from backends.checkpoint.manifest import MANIFEST, read_export
from backends.choice.memory import MeasuredPeak
from backends.events import ModelKind
from backends.model_config import Family
from backends.precision import BackendName, DeviceKind, Precision
from baichuan_desktop.services.library.registry import (
    InstalledModel,
    shipped_registry,
)
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.user_layer import add_installed
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.settings import SettingsFile
from tests.helpers.registry_texts import loaded, read

WRITTEN = Path(__file__).parents[1] / "goldens" / "written_before"
FOLDER = Path("/models/百川 2")
GIB = 2**30


def copy_of(name: str, tmp_path: Path) -> Path:
    return Path(shutil.copy(WRITTEN / name, tmp_path))


# --- measurements ------------------------------------------------------------------------


def test_peaks_that_were_measured_before_are_known(tmp_path: Path) -> None:
    found = Measurements(copy_of("measurements.json", tmp_path)).peaks(FOLDER)

    assert found == (
        MeasuredPeak(BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA, 6 * GIB, 5 * GIB),
        MeasuredPeak(BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CPU, 9 * GIB, 5 * GIB),
        MeasuredPeak(BackendName.TORCH_CPU, Precision.FP32, DeviceKind.CPU, 29 * GIB, 28 * GIB),
        MeasuredPeak(
            BackendName.ONNX_RUNTIME, Precision.ONNX_INT4, DeviceKind.CPU, 5 * GIB, 4 * GIB
        ),
    )


def test_speed_and_quality_that_were_measured_before_are_shown(tmp_path: Path) -> None:
    measurements = Measurements(copy_of("measurements.json", tmp_path))

    card = measurements.of(FOLDER, BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA)
    processor = measurements.of(FOLDER, BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CPU)

    assert card is not None
    assert card.tokens_per_second == 25.0
    assert processor is not None
    assert processor.benchmark is not None
    assert processor.benchmark.device_name == "AMD Ryzen 7 5800X 8-Core Processor"
    assert processor.quality is not None
    assert processor.quality.top1_agreement == 0.987
    assert processor.quality.reference_label == "fp32"
    assert [m.key for m in measurements.measured(FOLDER) if m.benchmark is not None] == [
        (BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CPU)
    ]


def test_measurements_keep_their_keys_and_values_when_they_are_written_again(
    tmp_path: Path,
) -> None:
    file = copy_of("measurements.json", tmp_path)
    before = json.loads(file.read_text(encoding="utf-8"))["measurements"]
    measurements = Measurements(file)
    known = measurements.of(FOLDER, BackendName.BITSANDBYTES, Precision.NF4, DeviceKind.CUDA)
    assert known is not None

    measurements._put(known)

    after = json.loads(file.read_text(encoding="utf-8"))["measurements"]
    assert after == before


# --- settings ----------------------------------------------------------------------------


def test_settings_of_before_are_the_same_wishes(tmp_path: Path) -> None:
    settings = SettingsFile(copy_of("settings.json", tmp_path)).current

    assert settings.precisions == {
        FOLDER: LoadWish(Precision.NF4, "cuda:1", 2048, 4),
        Path("/models/b"): LoadWish(None, "cpu"),
        Path("/models/c"): LoadWish(Precision.ONNX_INT4, None, 512),
    }
    assert settings.as_chat == {Path("/models/base")}
    assert (settings.language, settings.last_model) == ("zh_CN", "baichuan2-7b-chat")
    assert (settings.show_panel, settings.window_size) == (True, (1280, 800))


def test_settings_are_written_as_they_were(tmp_path: Path) -> None:
    file = copy_of("settings.json", tmp_path)
    before = json.loads(file.read_text(encoding="utf-8"))

    SettingsFile(file).change(show_panel=False)

    assert json.loads(file.read_text(encoding="utf-8")) == before | {"show_panel": False}


# --- the window before conversations were kept ----------------------------------------------


def test_what_the_window_wrote_before_conversations_were_kept_is_the_same(tmp_path: Path) -> None:
    """By hand in that window: Chinese, fp32 with 2,048 tokens and 4 threads, panel, 1111x777."""
    settings = SettingsFile(copy_of("before_conversations/settings.json", tmp_path)).current
    registry = copy_of("before_conversations/models_registry.yaml", tmp_path)

    assert (settings.language, settings.last_model) == ("zh_CN", "2")
    assert settings.precisions == {FOLDER: LoadWish(Precision.FP32, "cpu", 2048, 4)}
    assert (settings.show_panel, settings.window_size) == (True, (1111, 777))
    assert (settings.theme, settings.zoom, settings.sidebar_shown) == ("system", 1.0, True)
    assert settings.open_conversation is None
    (mine,) = [one for one in loaded(shipped_registry(), registry).installed if one.path == FOLDER]
    assert (mine.id, mine.name, mine.kind) == ("2", Names(en="百川 2", zh="百川 2"), ModelKind.CHAT)
    assert (mine.family, mine.context_length) == (Family.BAICHUAN2_7B, 256)


def test_what_that_window_wrote_is_kept_when_it_is_written_again(tmp_path: Path) -> None:
    file = copy_of("before_conversations/settings.json", tmp_path)
    before = json.loads(file.read_text(encoding="utf-8"))

    SettingsFile(file).change(zoom=1.1)

    after = json.loads(file.read_text(encoding="utf-8"))
    assert {key: after[key] for key in before} == before
    assert after["zoom"] == 1.1


# --- the person's registry ---------------------------------------------------------------


def test_a_layer_of_before_lists_the_same_models(tmp_path: Path) -> None:
    file = copy_of("models_registry.yaml", tmp_path)

    mine, base = loaded(shipped_registry(), file).installed[::2]

    assert mine == InstalledModel(
        id="mine",
        name=Names(en="Mine", zh="我的"),
        path=FOLDER,
        variant="baichuan2-7b-chat",
        family=Family.BAICHUAN2_7B,
        kind=ModelKind.CHAT,
        context_length=4096,
        exports=mine.exports,
        export_stamps=mine.export_stamps,
    )
    assert (base.family, base.kind) == (Family.BAICHUAN_13B, ModelKind.BASE)


def test_an_entry_is_written_as_it_was(tmp_path: Path) -> None:
    file = copy_of("models_registry.yaml", tmp_path)
    before = file.read_text(encoding="utf-8")
    mine = next(m for m in loaded(shipped_registry(), file).installed)

    add_installed(read(file), mine)

    assert file.read_text(encoding="utf-8") == before


# --- the manifest of an export -----------------------------------------------------------


def test_an_export_of_before_is_read_as_it_was_made(tmp_path: Path) -> None:
    manifest = json.loads(copy_of(MANIFEST, tmp_path).read_text(encoding="utf-8"))
    for name, facts in manifest["files"].items():
        with (tmp_path / name).open("wb") as file:
            file.truncate(facts["size"])

    export = read_export(tmp_path)

    assert (export.precision, export.block_size) == (Precision.ONNX_INT4, 32)
    assert (export.symmetric, export.portable) == (False, False)
    assert export.bytes_on_disk == 292_672
    assert export.sources == manifest["provenance"]["source"]["sha256"]
