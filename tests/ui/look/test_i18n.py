from __future__ import annotations

import importlib.util
import re
import shutil
import string
import sys
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QDialogButtonBox

from backends.errors import DamagedCheckpointError, InsufficientMemoryError, UserFacingError
from backends.phrases import Phrase
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look import i18n
from tests.ui.harness import Harness, ScriptedEngine, answer

ROOT = Path(__file__).parents[3]


def _load_tool() -> ModuleType:
    name = "update_translations"
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


tool = _load_tool()
MESSAGES = list(tool.messages(tool.TS_FILE))


def test_the_language_changes_while_the_window_is_open(ui: Harness, engine: ScriptedEngine) -> None:
    window = ui.window
    engine.answers.append(answer("Yes."))
    ui.ask("Here?")
    ui.composer.set_text("a draft")

    window.view.use_language("zh_CN")
    ui.app.processEvents()

    assert window.menus.new_chat.text() == "新对话(&N)"
    assert window.menus.open_folder.text() == "打开模型文件夹(&O)…"
    assert ui.composer.button.accessibleName() == "发送"
    assert ui.composer.text() == "a draft"
    assert window.top_bar.usage.text().endswith("10.0 词元/秒")
    assert window.panel.reset_button.text() == "重置"
    assert window.windowTitle() == "百川内置助手 — Baichuan Desktop"
    assert window.top_bar.picker.currentText() == "百川内置助手"
    assert "这是随程序附带的内置助手" in window.page.welcome.text.text()
    assert "bf16" in window.top_bar.precision.toolTip()
    assert "可以放进" in window.top_bar.precision.toolTip()
    assert SettingsFile(ui.settings._file).current.language == "zh_CN"

    window.view.use_language("en")
    ui.app.processEvents()

    assert ui.composer.button.accessibleName() == "Send"
    assert window.top_bar.picker.currentText() == "Baichuan Guide"


def test_errors_and_standard_buttons_speak_chinese(ui: Harness) -> None:
    ui.window.view.use_language("zh_CN")
    error = DamagedCheckpointError(
        Path("/m/a.safetensors"), Phrase("its header names “{name}” twice", name="x")
    )

    ui.window.errors.show(error)

    dialog = ui.error
    assert dialog is not None
    assert dialog.message.text() == "“a.safetensors”已损坏或不完整：文件头中“x”出现了两次。"
    assert dialog.close_button.text().startswith("关闭")
    assert dialog.findChild(QDialogButtonBox) is not None
    dialog.copy_button.click()
    assert "names “x” twice" in ui.app.clipboard().text(), "who is asked for help reads English"


def test_facts_are_translated_and_formatted_inside_a_sentence(ui: Harness) -> None:
    ui.translations.use("zh_CN")
    error = InsufficientMemoryError(
        device=Phrase("{text}", text="CPU"),
        needed_bytes=15 * 2**30,
        free_bytes=2**33,
    )

    text = error_texts.message(error)

    assert "15.0 GiB" in text
    assert "8.0 GiB 可用" in text


@pytest.mark.usefixtures("app")
def test_a_name_with_braces_is_only_a_name() -> None:
    error = UserFacingError("“{file}” is gone.", file="{evil} {0}")

    assert error_texts.message(error) == "“{evil} {0}” is gone."


@pytest.mark.parametrize(
    ("names", "language"),
    [
        (["zh-Hans-CN", "en-US"], "zh_CN"),
        (["zh_TW"], "zh_CN"),
        (["de-DE", "en-GB", "zh-CN"], "en"),
        (["de-DE"], "en"),
        ([], "en"),
    ],
)
def test_the_systems_language_is_followed(
    monkeypatch: pytest.MonkeyPatch, names: list[str], language: str
) -> None:
    class Locale:
        def uiLanguages(self) -> list[str]:
            return names

    monkeypatch.setattr(QLocale, "system", staticmethod(Locale))

    assert i18n.system_language() == language


def test_every_sentence_of_the_code_is_in_the_translation(tmp_path: Path) -> None:
    copy = tmp_path / "copy.ts"
    shutil.copyfile(tool.TS_FILE, copy)

    tool.update(copy)

    now = {(context, source) for context, source, _ in tool.messages(copy)}
    there = {(context, source) for context, source, _ in MESSAGES}
    assert now == there, "run tools/update_translations.py"
    assert tool.unfinished(copy) == []


def test_every_error_sentence_was_found() -> None:
    sentences = tool.error_sentences()

    assert {
        "The engine that runs the model stopped: {reason}.",
        "The text so far is kept. Your next message starts a fresh engine.",
        "it has no config.json",
        "its header names “{name}” twice",
        "reaches past the end of its data",
        "the system ended it ({code}), as it does when memory runs out",
        "it closed its pipe but did not end",
        "Repetition penalty",
        "Your message",
        "Choose the precision “auto”.",
        "Close other programs, choose a smaller precision, context length or model.",
        "{precision} needs {need:.1f} GiB, which fits on {devices} together.",
    } <= sentences


def test_a_translation_has_the_same_fields() -> None:
    def fields(text: str) -> list[tuple[str, str | None]]:
        return sorted(
            (name, form) for _, name, form, _ in string.Formatter().parse(text) if name is not None
        )

    different = [
        source for _, source, translation in MESSAGES if fields(translation) != fields(source)
    ]

    assert different == []


def test_translations_are_chinese_sentences() -> None:
    latin = {
        "Top-k", "Top-p", "en", "{used} of {length}", "“{tensor}” {what}", "{source} {what}.",
        "{better} {fact}", "{what}: {name}", "{what}: {percent} %", "{precision}: {sentence}",
        "{percent} %", "“{file}” {what}.", "“{name}” {what}.", "“{name}”: {what}.",
        "{count} kB", "{count} MB", "{name}: {sentence}", "{name}: {done:.1f} of {total:.1f} GiB",
        "{name}: {done:.1f} of {total:.1f} GiB · {speed:.0f} MiB/s",
        "Id", "Markdown", "PDF", "UTF-8 (Unicode)", "UTF-16 BE (Unicode)", "UTF-16 LE (Unicode)",
        "UTF-32 BE (Unicode)", "UTF-32 LE (Unicode)", "{name}: {path}", "“{name}”: {percent} %",
        "AdamW beta 1", "AdamW beta 2", "AdamW epsilon", "Alpha", "Dropout", "LoRA", "QLoRA",
        "processor", "{name}: {done} of {total}", "{first}; {second}", "{name}: {text}",
        "{number} of {count}", "“{file}”: {what}.",
    }  # fmt: skip
    without_hanzi = {
        source
        for _, source, translation in MESSAGES
        if not re.search("[\u4e00-\u9fff]", translation)
    }
    mixed = [
        translation
        for _, source, translation in MESSAGES
        if source.endswith(".") and not translation.endswith("。")
    ]

    assert without_hanzi == latin
    assert mixed == []


def test_the_compiled_translation_is_the_one_in_the_source(tmp_path: Path) -> None:
    compiled = tmp_path / "compiled.qm"

    tool.compile_qm(tool.TS_FILE, compiled)

    assert compiled.read_bytes() == tool.TS_FILE.with_suffix(".qm").read_bytes(), (
        "run tools/update_translations.py"
    )
