"""Records what this process does to the files of a folder: SQLite's own writes, and Python's.

SQLite reaches every file through a table of functions, its VFS. Here the one that the `sqlite3` of
this Python uses gets other entries for what changes files; they write down what is asked for and
have the old ones do it. The memory that connections share (`-shm`) does not pass through them:
SQLite makes it anew after a cut. Only for a process that ends afterwards: nothing is put back.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from ctypes import POINTER, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, Final

from tests.durability.operations import Act, Operation

_OK: Final = 0
_IO_ERROR: Final = 10
_NOTHING_TO_DELETE: Final = 10 | 23 << 8
_CREATE: Final = 0x4  # of the flags of xOpen

_Open = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_Delete = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_Write = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = ctypes.CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = ctypes.CFUNCTYPE(c_int, c_void_p, c_int)
_GetSystemCall = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_char_p)
_SetSystemCall = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p)
_OpenFolder = ctypes.CFUNCTYPE(c_int, c_char_p, POINTER(c_int))


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs`, of which SQLite promises that it does not change."""

    _fields_ = (
        ("iVersion", c_int), ("szOsFile", c_int), ("mxPathname", c_int), ("pNext", c_void_p),
        ("zName", c_void_p), ("pAppData", c_void_p), ("xOpen", c_void_p), ("xDelete", c_void_p),
        ("xAccess", c_void_p), ("xFullPathname", c_void_p), ("xDlOpen", c_void_p),
        ("xDlError", c_void_p), ("xDlSym", c_void_p), ("xDlClose", c_void_p),
        ("xRandomness", c_void_p), ("xSleep", c_void_p), ("xCurrentTime", c_void_p),
        ("xGetLastError", c_void_p), ("xCurrentTimeInt64", c_void_p), ("xSetSystemCall", c_void_p),
        ("xGetSystemCall", c_void_p), ("xNextSystemCall", c_void_p),
    )  # fmt: skip


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`, the functions of an open file; promised as well."""

    _fields_ = (
        ("iVersion", c_int), ("xClose", c_void_p), ("xRead", c_void_p), ("xWrite", c_void_p),
        ("xTruncate", c_void_p), ("xSync", c_void_p), ("xFileSize", c_void_p),
        ("xLock", c_void_p), ("xUnlock", c_void_p), ("xCheckReservedLock", c_void_p),
        ("xFileControl", c_void_p), ("xSectorSize", c_void_p), ("xDeviceCharacteristics", c_void_p),
        ("xShmMap", c_void_p), ("xShmLock", c_void_p), ("xShmBarrier", c_void_p),
        ("xShmUnmap", c_void_p), ("xFetch", c_void_p), ("xUnfetch", c_void_p),
    )  # fmt: skip


def vfs_address(connection: sqlite3.Connection) -> int:
    """Where the VFS of an open connection is.

    A library that is linked into Python exports no `sqlite3_vfs_find`, and another copy of SQLite
    in the process may: so the way goes through the connection itself. Behind the head of every
    object of Python the first thing in it is the `sqlite3 *`, and the first thing there the
    `sqlite3_vfs *`.
    """
    handle = c_void_p.from_address(id(connection) + object.__basicsize__).value
    assert handle is not None
    address = c_void_p.from_address(handle).value
    assert address is not None
    return address


class Recorder:
    """Records from now on; files that are open already are not seen.

    Attributes:
        operations: What was done below the folder, in order. A write stands there once it is done,
            and what is synchronised once that is asked for: so that nothing counts as on the drive
            that another thread wrote meanwhile.
        failures: What went wrong in recording; then the operations are worth nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.operations: list[Operation] = []
        self.failures: list[BaseException] = []
        self._folder = folder
        self._paths: dict[int, Path] = {}  #: of open files, by their addresses
        self._methods: dict[int, _Methods] = {}  #: ours, by the address of the old ones
        self._kept: list[object] = []  #: what SQLite calls
        self._lock = threading.Lock()
        with closing(sqlite3.connect(":memory:")) as connection:
            self._vfs = _Vfs.from_address(vfs_address(connection))
        if self._vfs.iVersion not in (1, 2, 3):
            raise RuntimeError("This Python keeps the connection elsewhere in its object.")
        self._old_open = _Open(self._vfs.xOpen)
        self._old_delete = _Delete(self._vfs.xDelete)
        self._vfs.xOpen = self._entry(_Open, self._open)
        self._vfs.xDelete = self._entry(_Delete, self._delete)
        self._watch_folders()
        self._watch_python()

    def add(
        self,
        act: Act,
        path: Path,
        offset: int = 0,
        content: bytes = b"",
        target: Path | None = None,
    ) -> None:
        """Record an operation, if it is one in the folder."""
        if path == self._folder or path.is_relative_to(self._folder):
            self.operations.append(Operation(act, path, offset, content, target))

    def _entry(self, kind: Callable[..., Any], function: Callable[..., int]) -> int:
        """The address of a function for SQLite, which gets an error where there is an exception."""

        def called(*arguments: Any) -> int:
            try:
                return function(*arguments)
            except BaseException as error:  # noqa: BLE001  it cannot pass through SQLite
                self.failures.append(error)
                return _IO_ERROR

        made = kind(called)
        self._kept.append(made)
        address = ctypes.cast(made, c_void_p).value
        assert address is not None
        return address

    # --- what SQLite does ---------------------------------------------------------------------

    def _open(self, vfs: int, name: int | None, file: int, flags: int, given: Any) -> int:
        result: int = self._old_open(vfs, name, file, flags, given)
        if result != _OK or name is None:  # a file without a name is gone with its connection
            return result
        path = _path(name)
        if flags & _CREATE:
            self.add(Act.CREATE, path)
        with self._lock:
            self._paths[file] = path
            slot = c_void_p.from_address(file)
            assert slot.value is not None
            slot.value = ctypes.addressof(self._methods_for(slot.value))
        return result

    def _methods_for(self, old_address: int) -> _Methods:
        """A table with our functions in the place of those that change a file."""
        if old_address in self._methods:
            return self._methods[old_address]
        version = c_int.from_address(old_address).value
        length = {1: _Methods.xShmMap.offset, 2: _Methods.xFetch.offset}.get(
            version, ctypes.sizeof(_Methods)
        )
        made = _Methods()
        ctypes.memmove(ctypes.addressof(made), old_address, length)
        old_write, old_sync = _Write(made.xWrite), _Sync(made.xSync)
        old_truncate = _Truncate(made.xTruncate)

        def write(file: int, content: int, length: int, offset: int) -> int:
            result: int = old_write(file, content, length, offset)
            _require(result, "xWrite")
            written = ctypes.string_at(content, length)
            self.add(Act.WRITE, self._paths[file], offset, written)
            return result

        def truncate(file: int, length: int) -> int:
            result: int = old_truncate(file, length)
            _require(result, "xTruncate")
            self.add(Act.TRUNCATE, self._paths[file], length)
            return result

        def sync(file: int, flags: int) -> int:
            self.add(Act.SYNC, self._paths[file])
            result: int = old_sync(file, flags)
            _require(result, "xSync")
            return result

        made.xWrite = self._entry(_Write, write)
        made.xTruncate = self._entry(_Truncate, truncate)
        made.xSync = self._entry(_Sync, sync)
        self._methods[old_address] = made
        return made

    def _delete(self, vfs: int, name: int, sync_folder: int) -> int:
        path = _path(name)
        if path.exists():
            self.add(Act.UNLINK, path)
        result: int = self._old_delete(vfs, name, sync_folder)
        if result != _NOTHING_TO_DELETE:
            _require(result, "xDelete")
        return result

    def _watch_folders(self) -> None:
        """Record what folders SQLite synchronises: it opens each for nothing else."""
        if self._vfs.iVersion < 3 or not self._vfs.xSetSystemCall:
            return
        find = _GetSystemCall(self._vfs.xGetSystemCall)
        address = find(ctypes.addressof(self._vfs), b"openDirectory")
        if address is None:
            return
        old = _OpenFolder(address)

        def open_folder(file: bytes, descriptor: Any) -> int:
            result: int = old(file, descriptor)
            if result == _OK:
                self.add(Act.SYNC, Path(os.fsdecode(file)).parent)
            return result

        put = _SetSystemCall(self._vfs.xSetSystemCall)
        ours = self._entry(_OpenFolder, open_folder)
        _require(put(ctypes.addressof(self._vfs), b"openDirectory", ours), "xSetSystemCall")

    # --- what Python does ---------------------------------------------------------------------

    def _watch_python(self) -> None:
        """Record names that Python changes and what it synchronises; it writes no file here."""
        old_sync, old_replace, old_unlink, old_mkdir = os.fsync, os.replace, os.unlink, os.mkdir

        def fsync(descriptor: int) -> None:
            facts = os.fstat(descriptor)
            for path in (self._folder, *self._folder.rglob("*")):
                with contextlib.suppress(FileNotFoundError):  # SQLite deleted it meanwhile
                    if os.path.samestat(facts, path.stat()):
                        self.add(Act.SYNC, path)
            old_sync(descriptor)

        def replace(source: Path, target: Path) -> None:
            old_replace(source, target)
            self.add(Act.RENAME, Path(source), target=Path(target))

        def unlink(path: Path, **options: Any) -> None:
            old_unlink(path, **options)
            self.add(Act.UNLINK, Path(path))

        def mkdir(path: Path, mode: int = 0o777, **options: Any) -> None:
            old_mkdir(path, mode, **options)
            self.add(Act.CREATE_FOLDER, Path(path))

        vars(os).update(fsync=fsync, replace=replace, unlink=unlink, mkdir=mkdir)


def _path(name: int) -> Path:
    return Path(os.fsdecode(ctypes.string_at(name)))


def _require(result: int, what: str) -> None:
    if result != _OK:
        raise OSError(f"{what} gave {result}.")
