"""Fine-tunings of golden models in this process: from files of data to what is told and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from backends.training.commands import Commands
from backends.training.events import TrainingEvent, TrainingStep
from backends.training.running import run
from backends.training.values import (
    Cadence,
    Data,
    Device,
    Keeping,
    Method,
    Optimization,
    TrainingRequest,
)
from tests.helpers import goldens

#: Of the golden curve: what the published fine-tune.py was given, see `finetune/` of the goldens.
CURVE_ROWS: Sequence[Sequence[tuple[str, str]]] = (
    (("human", "你好，请介绍一下自己。"), ("gpt", "我是一个语言模型。")),
    (("human", "1+1等于几？"), ("gpt", "2"), ("human", "再加3呢？"), ("gpt", "5")),
    (("human", "Name three colors."), ("gpt", "Red, blue and yellow.")),
    (("human", "你是谁？"), ("gpt", "助手"), ("human", "谢谢")),
)
Event = TypeVar("Event")


def said(rows: Sequence[Sequence[tuple[str, str]]]) -> list[dict[str, Any]]:
    """Rows of a file of conversations, by who says what."""
    return [{"conversations": [{"from": who, "value": text} for who, text in row]} for row in rows]


def some_rows(count: int) -> list[dict[str, Any]]:
    """Rows of different lengths, all short."""
    return said([
        (("human", f"你好{'，' * (number % 3)}{number}"), ("gpt", f"我是{'一' * (number % 4)}个"))
        for number in range(count)
    ])  # fmt: skip


def write_rows(file: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    """A file of data; gives its path."""
    file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return str(file)


def asked(
    folder: Path,
    name: str = "b2-13b",
    rows: Sequence[Mapping[str, Any]] | None = None,
    *,
    method: Method = Method.LORA,
    **optimization: Any,
) -> TrainingRequest:
    """A request for a golden model on a processor, whose data and result lie in `folder`."""
    layout = "single" if name.endswith("h5") else "safetensors"
    found = {"learning_rate": 2e-3, "epochs": 1.0, "batch_size": 2, **optimization}
    return TrainingRequest(
        model=str(goldens.folder(name, layout)),
        data=Data(
            (write_rows(folder / "data.json", rows or some_rows(6)),),
            max_length=64,
        ),
        keeping=Keeping(output=str(folder / "out"), save=Cadence.NO),
        method=method,
        optimization=Optimization(**found),
        device=Device.CPU,
    )


def kept(request: TrainingRequest, **keeping: Any) -> TrainingRequest:
    """The request with other values of `Keeping`."""
    return replace(request, keeping=replace(request.keeping, **keeping))


def trained(
    request: TrainingRequest,
    meanwhile: Callable[[TrainingEvent, Commands], object] = lambda event, commands: None,
) -> list[TrainingEvent]:
    """All that is told of a training; `meanwhile` may ask something of it at each event."""
    events: list[TrainingEvent] = []
    commands = Commands()

    def tell(event: TrainingEvent) -> None:
        events.append(event)
        meanwhile(event, commands)

    run(request, tell, commands)
    return events


def of(events: Sequence[object], kind: type[Event]) -> list[Event]:
    """The events of a kind."""
    return [event for event in events if isinstance(event, kind)]


def losses(events: Sequence[TrainingEvent]) -> list[float]:
    """The loss of each step."""
    return [step.loss for step in of(events, TrainingStep)]
