"""A cache with something changed in it: a link, a name, a note, what stands in a place."""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.fuzz import mutate_json

#: Names that mean something in a cache, or to a system, or to nobody.
_NAMES = (
    "models--a--b", "models--a", "models--", "models--a--b--c", "models--..--..", "a--b", "models",
    "hub", "snapshots", "blobs", "refs", "trees", "main", ".locks", ".lock", "._____temp", ".cache",
    ".no_exist", ".mdl", ".msc", ".mv", "config.json", "model.safetensors", "tokenizer.model",
    "model.safetensors.incomplete", "pytorch_model.bin.index.json", "x___y", "___", "...", "-rf",
    "a\nb", "\x1b[2J", "\udcff", " ", "百川", "a" * 255, "CON", "x.partial", "COM1.json",
)  # fmt: skip
_NOTES = (
    b"", b"\0", b"\xff\xfe", b"../../../outside", b"Revision:../..,CreatedAt:1", b"Revision:",
    b"f" * 40, b"f" * 40 + b"\n" + b"0" * 64 + b"\n1\n", b"[" * 5_000, b"a" * 100_000,
)  # fmt: skip


class Canary:
    """Unpickled, it makes a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self._file,))


def mutate(root: Path, outside: Path, chance: random.Random) -> None:
    """Change one to four things below `root`; links may lead to `outside` then."""
    for _ in range(chance.choice((1, 1, 2, 3, 4))):
        everything = sorted(root.rglob("*"))
        if not everything:
            return
        path = chance.choice(everything)
        if not os.path.lexists(path):  # it was below a link that is gone
            continue
        chance.choice(_CHANGES)(root, outside, path, chance)


def _link(root: Path, outside: Path, path: Path, chance: random.Random) -> None:
    """A link in place of something, to anywhere."""
    others = sorted(root.rglob("*"))
    up = Path(*[".."] * chance.randrange(1, 12))
    targets: list[str | Path] = [
        outside, outside / "secret.json", outside / "model", outside / "model" / "config.json",
        up, up / "etc" / "passwd", up / chance.choice(others).relative_to(root),
        chance.choice(others), path, path.parent, root, "nowhere", "/", "/dev/zero", "x" * 4_000,
        "/proc/self/mem", "../../blobs/" + "0" * 64,
    ]  # fmt: skip
    _remove(path)
    path.symlink_to(chance.choice(targets))


def _chain(root: Path, outside: Path, path: Path, chance: random.Random) -> None:
    """A link that leads out by way of other links in the cache."""
    end = chance.choice((outside / "secret.json", outside / "model", outside))
    for number in range(chance.randrange(1, 5)):
        hop = root / f"hop{number}{chance.randrange(1_000)}"
        hop.symlink_to(end)
        end = hop
    if path.is_relative_to(root) and os.path.lexists(path):
        _remove(path)
        path.symlink_to(os.path.relpath(end, path.parent))


def _rename(root: Path, _outside: Path, path: Path, chance: random.Random) -> None:
    name = chance.choice((*_NAMES, path.name.upper(), path.name + ".part", path.name[:-1] or "x"))
    other = path.with_name(name) if name not in ("", ".", "..") else path
    if not os.path.lexists(other):
        path.rename(other)


def _move(root: Path, _outside: Path, path: Path, chance: random.Random) -> None:
    """Put something, and what is in it, elsewhere in the cache."""
    folders = [root, *(one for one in sorted(root.rglob("*")) if _is_real_folder(one))]
    target = chance.choice(folders) / path.name
    if not os.path.lexists(target) and not target.is_relative_to(path):
        path.rename(target)


def _copy(root: Path, _outside: Path, path: Path, chance: random.Random) -> None:
    target = path.with_name(chance.choice(_NAMES))
    if os.path.lexists(target):
        return
    if _is_real_folder(path):
        shutil.copytree(path, target, symlinks=True, copy_function=os.link)
    elif path.is_symlink() or path.is_file():
        os.link(path, target, follow_symlinks=False)


def _delete(_root: Path, _outside: Path, path: Path, _chance: random.Random) -> None:
    _remove(path)


def _content(_root: Path, outside: Path, path: Path, chance: random.Random) -> None:
    """Other bytes in a file that is no link."""
    if path.is_symlink() or not path.is_file():
        return
    old = path.read_bytes()
    path.unlink()  # it may have another name, of the golden even
    if path.name in (".msc", ".mdl"):
        path.write_bytes(pickle.dumps(Canary(outside / "sprung")))
    elif path.suffix == ".json" and _is_json(old) and chance.random() < 0.7:
        path.write_bytes(mutate_json.mutate(old, chance, harmless=0.2))
    else:
        end = chance.randrange(len(old) + 1)
        path.write_bytes(chance.choice((*_NOTES, old[:end], old[:end] + b"\0" + old[end + 1 :])))


def _is_json(data: bytes) -> bool:
    try:
        return isinstance(json.loads(data), dict)
    except (ValueError, RecursionError):  # it was changed before
        return False


def _other_kind(_root: Path, _outside: Path, path: Path, chance: random.Random) -> None:
    """A folder, a pipe or a file in place of something."""
    _remove(path)
    match chance.randrange(3):
        case 0:
            path.mkdir()
            (path / chance.choice(_NAMES)).touch()
        case 1:
            os.mkfifo(path)
        case _:
            path.write_bytes(chance.choice(_NOTES))


def _beside(_root: Path, outside: Path, path: Path, chance: random.Random) -> None:
    """Something that a program that downloads, or that writes notes, leaves."""
    folder = path if _is_real_folder(path) else path.parent
    name = chance.choice((*_NAMES, path.name[:200] + ".incomplete", path.name[:200] + ".aria2"))
    other = folder / name
    if not os.path.lexists(other):
        is_pickle = name in (".msc", ".mdl")
        data = pickle.dumps(Canary(outside / "sprung")) if is_pickle else chance.choice(_NOTES)
        other.write_bytes(data)


def _is_real_folder(path: Path) -> bool:
    return not path.is_symlink() and path.is_dir()  # a link may lead to what no path can be


def _remove(path: Path) -> None:
    if _is_real_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink()


_CHANGES: tuple[Callable[[Path, Path, Path, random.Random], None], ...] = (
    _link, _link, _link, _chain, _rename, _rename, _move, _copy, _delete, _content, _content,
    _other_kind, _beside,
)  # fmt: skip
