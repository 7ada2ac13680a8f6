"""The note that goes with a copy: what was changed of the model, when, and by which version."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import json
from collections.abc import Mapping, Sequence

from ..printable import one_line, printable

_HEAD = """\
NOTICE: this folder holds a changed copy of a model. The licence of the model goes for the copy too.
本文件夹中的模型为修改后的副本，原模型的许可协议同样适用于本副本。
"""


def today() -> datetime.date:
    """The date in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


def versions_of(libraries: Sequence[str]) -> dict[str, str]:
    """The versions of the app and of libraries, by name; of those that are installed."""
    found: dict[str, str] = {}
    for name in ("baichuan-desktop", *libraries):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def changes_note(
    source: str,
    options: Mapping[str, object],
    versions: Mapping[str, str],
    *,
    adapter: tuple[str, str] | None = None,
    earlier: bytes = b"",
    licence: str = "",
) -> bytes:
    """The note in UTF-8.

    Args:
        source: The name of the folder that was copied.
        options: Of the conversion, as in the manifest.
        versions: Of the programs that made it, by name.
        adapter: Of one that was merged into the copy, the folder's name and its tensors' SHA-256.
        earlier: The note of a source that was a copy itself; its lines stay.
        licence: What the app knows of the licence, where the source's folder has no file of it.
    """
    made_by = ", ".join(f"{name} {version}" for name, version in versions.items())
    made_of = f"“{one_line(source)}”"
    if adapter is not None:
        name, digest = adapter
        made_of += f" with the adapter “{one_line(name)}” (SHA-256 {digest}) merged into it"
    change = f"{today()}: written from {made_of} by {made_by or 'Baichuan Desktop'}"
    wanted = json.dumps(dict(options), ensure_ascii=False, sort_keys=True)
    parts = [earlier.decode("utf-8", "replace").rstrip("\n") if earlier else _HEAD]
    parts.append(f"{change}; options {wanted}.")
    if licence and not earlier:
        parts.append(
            "\nThe model's folder held no licence file. What is known of its licence:\n"
            f"\n{printable(licence)}"
        )
    return ("\n".join(parts) + "\n").encode("utf-8", "replace")
