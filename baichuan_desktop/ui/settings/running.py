"""The settings of how models are loaded, and how long they stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QCoreApplication

from backends.precision import Precision
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.settings.controls import Choice
from baichuan_desktop.ui.settings.row import Setting
from baichuan_desktop.ui.settings.values import QT_TRANSLATE_NOOP, Section, Words

_CONTEXTS = (512, 1024, 2048, 3072, 4096)  # tokens; of the released models, the longest has 4,096
_IDLE_MINUTES = (5, 15, 30, 60, 120, 480)

PRECISION = Words(
    QT_TRANSLATE_NOOP("Settings", "Precision"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "For models for which you have not chosen one. Automatic is the best that fits this "
        "machine. It holds from the next load on.",
    ),
    "quantisation quantization bits int8 nf4 bf16 fp32 4-bit 8-bit memory 精度 量化 位 内存 显存",
)
CONTEXT = Words(
    QT_TRANSLATE_NOOP("Settings", "Context length"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "How many tokens a model has for a conversation and its answer. A shorter one takes less "
        "memory. It holds from the next load on.",
    ),
    "tokens window history memory 上下文 词元 长度 窗口 内存",
)
THREADS = Words(
    QT_TRANSLATE_NOOP("Settings", "Threads"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "How many threads of the processor compute an answer. It holds from the next load on.",
    ),
    "cores cpu processor speed 线程 核心 处理器 速度",
)
IDLE = Words(
    QT_TRANSLATE_NOOP("Settings", "Free the memory when idle"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "The model leaves the memory after so long without an answer. Your next message loads it "
        "again, and the conversation stays as it is.",
    ),
    "unload timeout idle keep alive ram memory power 卸载 空闲 闲置 释放 内存 显存 超时",
)


def running(settings: SettingsFile, theme: Theme, cores: int) -> Sequence[Setting]:
    """The settings, in their order; `cores` is how many threads are offered at most."""
    translate = QCoreApplication.translate

    def automatic() -> tuple[object, str]:
        return (None, translate("Settings", "Automatic"))

    def wished(name: str) -> tuple[Callable[[], object], Callable[[object], object]]:
        def get() -> object:
            return getattr(settings.current.default_wish, name)

        def use(value: object) -> None:
            changes: dict[str, Any] = {name: value}
            settings.change(default_wish=replace(settings.current.default_wish, **changes))

        return get, use

    def precisions() -> Sequence[tuple[object, str]]:
        return (automatic(), *((one, one.label) for one in Precision))

    def contexts() -> Sequence[tuple[object, str]]:
        return (automatic(), *((count, _tokens(count)) for count in _CONTEXTS))

    def threads() -> Sequence[tuple[object, str]]:
        return (automatic(), *((count, str(count)) for count in range(1, cores + 1)))

    def minutes() -> Sequence[tuple[object, str]]:
        never = translate("Settings", "Never")
        return ((0, never), *((count, _after(count)) for count in _IDLE_MINUTES))

    idle = Choice(
        theme,
        minutes,
        lambda: settings.current.idle_minutes,
        lambda value: settings.change(idle_minutes=value),
        0,
        other=_after,
    )
    context = Choice(theme, contexts, *wished("context_length"), None, other=_tokens)
    chosen = (
        ("precision", PRECISION, Choice(theme, precisions, *wished("precision"), None)),
        ("context", CONTEXT, context),
        ("threads", THREADS, Choice(theme, threads, *wished("threads"), None)),
        ("idle", IDLE, idle),
    )
    return [Setting(key, Section.MODELS, words, control) for key, words, control in chosen]


def _tokens(count: object) -> str:
    return QCoreApplication.translate("Settings", "{count} tokens").format(count=f"{count:,}")


def _after(minutes: object) -> str:
    assert isinstance(minutes, int)
    if minutes % 60 == 0:
        hours = minutes // 60
        if hours == 1:
            return QCoreApplication.translate("Settings", "After an hour")
        return QCoreApplication.translate("Settings", "After {count} hours").format(count=hours)
    return QCoreApplication.translate("Settings", "After {count} minutes").format(count=minutes)
