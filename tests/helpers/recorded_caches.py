"""The caches that the libraries themselves wrote, made again from `tests/goldens/caches`."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.helpers import goldens

CACHES = goldens.ROOT / "caches"
LIBRARIES = (
    "huggingface_hub-1", "huggingface_hub-2", "modelscope-1.18", "modelscope-1.36",
    "modelscope_hub-0.5",
)  # fmt: skip
HUGGINGFACE_ID = "baichuan-inc/Baichuan2-7B-Chat"
MODELSCOPE_ID = "baichuan-inc/Baichuan2-7B-Chat-v1.0"
COMMIT = "fa1c6a0bded5b8f9590c0d53fd6f146849323b3a"
TAG = "v1.0.2"


@cache
def recording(library: str) -> Any:
    """What was recorded of a library: its name and version, and trees by name."""
    return json.loads((CACHES / f"{library}.json").read_text(encoding="utf-8"))


def trees(*names: str) -> list[tuple[str, str]]:
    """Library and tree of those that were recorded under one of these names."""
    return [
        (library, name)
        for library in LIBRARIES
        for name in recording(library)["trees"]
        if name in names
    ]


def rebuild(library: str, tree: str, root: Path) -> Path:
    """Make the files and links of a recorded tree below `root`, which is returned."""
    recorded = recording(library)
    golden = goldens.ROOT / recorded["golden"]
    for entry in recorded["trees"][tree]:
        path = root / entry["path"]
        if "folder" in entry:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if "link" in entry:
            path.symlink_to(entry["link"].replace("{root}", str(root)))
        else:
            path.write_bytes(_content(entry, golden))
    return root


def _content(entry: Any, golden: Path) -> bytes:
    if "golden" in entry:
        data = (golden / str(entry["golden"])).read_bytes()
        return data[: entry.get("bytes", len(data))]
    if "text" in entry:
        return str(entry["text"]).encode()
    return base64.b64decode(entry["base64"])
