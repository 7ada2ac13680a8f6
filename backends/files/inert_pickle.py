"""A pickle read as data: names, numbers, lists and where tensors lie. Nothing in it is called.

A pickle is a program for a small stack machine. This one knows the opcodes that `torch.save` writes
for state dicts and makes inert values only: a global is looked up in a list of two dozen names
(`pickle_names`), and “calling” one puts its arguments into a record. What can grow is counted while
it grows, so neither time nor memory depend on more than the limits below, whatever a file of that
size asks for.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from ..phrases import Phrase
from .pickle_names import (
    NAMES,
    CodeError,
    Function,
    PickleError,
    Storage,
    StorageType,
    no_state_dict,
)

#: The largest released file takes about 100,000 opcodes; these are read in half a second.
MAX_OPCODES: Final = 500_000
MAX_MEMO: Final = 250_000
#: Of marks that are open at a time; a tensor of a state dict needs three.
MAX_MARKS: Final = 64
MAX_STRING_BYTES: Final = 4_096
MAX_INTEGER_BYTES: Final = 16
_MAX_DIGITS: Final = 40
_MAX_GLOBAL_BYTES: Final = 4_096


def read_pickle(data: bytes) -> object:
    """The value of a pickle: dicts, lists, tuples, text, numbers, None, and records.

    The records are those of `pickle_names`. Raises PickleError, CodeError.
    """
    return _Machine(data).run()


class _Machine:
    """Runs one pickle: its stack, the marks in it, and its memo."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._stack: list[object] = []
        self._marks: list[int] = []  # heights of the stack
        self._memo: dict[int, object] = {}

    def run(self) -> object:
        """The object that the data is. Raises PickleError."""
        opcodes = 0
        data = self._data
        while True:
            if self._at >= len(data):
                _refuse()
            opcode = data[self._at]
            self._at += 1
            if opcode == _STOP:
                break
            opcodes += 1
            if opcodes > MAX_OPCODES:
                raise PickleError("its list of tensors is implausibly large")
            action = _ACTIONS.get(opcode)
            if action is None:
                _refuse()
            action(self)
        value = self._pop()
        if self._stack or self._marks:
            _refuse()
        return value

    # What opcodes are made of.

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            _refuse()
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _number(self, code: struct.Struct) -> int:
        (number,) = code.unpack(self._take(code.size))
        return int(number)

    def _line(self, limit: int) -> bytes:
        """The bytes up to the end of a line, as in the old protocols."""
        end = self._data.find(b"\n", self._at, self._at + limit + 1)
        if end < 0:
            _refuse()
        line = self._data[self._at : end]
        self._at = end + 1
        return line

    def _pop(self) -> object:
        self._check_height(1)
        return self._stack.pop()

    def _check_height(self, count: int) -> None:
        """Raise PickleError unless `count` values lie above the last mark."""
        if len(self._stack) - (self._marks[-1] if self._marks else 0) < count:
            _refuse()

    def _pop_mark(self) -> list[object]:
        """Take away the last mark; the values that lay above it."""
        if not self._marks:
            _refuse()
        height = self._marks.pop()
        values = self._stack[height:]
        del self._stack[height:]
        return values

    def _push_text(self, raw: bytes) -> None:
        if len(raw) > MAX_STRING_BYTES:
            raise PickleError(
                Phrase("its list of tensors holds a name of {count:,} bytes", count=len(raw))
            )
        self._stack.append(_text(raw))

    def _take_text(self, length: struct.Struct) -> None:
        self._push_text(self._take(self._number(length)))

    def _push_integer(self, raw: bytes) -> None:
        if len(raw) > MAX_INTEGER_BYTES:
            raise PickleError(
                Phrase("its list of tensors holds a number of {count:,} bytes", count=len(raw))
            )
        self._stack.append(int.from_bytes(raw, "little", signed=True))

    def _remember(self, number: int) -> None:
        if len(self._memo) >= MAX_MEMO or number > len(self._data):
            raise PickleError("its list of tensors is implausibly large")
        self._check_height(1)
        self._memo[number] = self._stack[-1]

    def _recall(self, number: int) -> None:
        try:
            self._stack.append(self._memo[number])
        except KeyError:
            _refuse()

    def _extend_list(self, values: list[object]) -> None:
        self._check_height(1)
        target = self._stack[-1]
        if not isinstance(target, list):
            _refuse()
        target.extend(values)

    def _update_dict(self, pairs: list[object]) -> None:
        self._check_height(1)
        target = self._stack[-1]
        if not isinstance(target, dict) or len(pairs) % 2:
            _refuse()
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            # Names, and nothing whose comparison could be work.
            if not isinstance(key, str | int):
                _refuse()
            target[key] = value

    def _push_global(self, module: str, name: str) -> None:
        found = NAMES.get((module, name))
        if found is None:
            raise CodeError(f"{module}.{name}")
        self._stack.append(found)

    # Opcodes, by their names in `pickletools`.

    def proto(self) -> None:
        self._take(1)  # what is written in one that is not known has opcodes that are not

    def frame(self) -> None:
        self._take(8)  # a hint for readers of streams

    def mark(self) -> None:
        if len(self._marks) >= MAX_MARKS:
            raise PickleError("its list of tensors is nested too deeply")
        self._marks.append(len(self._stack))

    def empty_tuple(self) -> None:
        self._stack.append(())

    def tuple(self) -> None:
        self._stack.append(tuple(self._pop_mark()))

    def tuple_of(self, count: int) -> None:
        self._check_height(count)
        values = tuple(self._stack[-count:])
        del self._stack[-count:]
        self._stack.append(values)

    def empty_list(self) -> None:
        self._stack.append([])

    def list(self) -> None:
        self._stack.append(self._pop_mark())

    def append(self) -> None:
        value = self._pop()
        self._extend_list([value])

    def appends(self) -> None:
        self._extend_list(self._pop_mark())

    def empty_dict(self) -> None:
        self._stack.append({})

    def dict(self) -> None:
        pairs = self._pop_mark()
        self._stack.append({})
        self._update_dict(pairs)

    def setitem(self) -> None:
        self._check_height(2)
        value, key = self._stack.pop(), self._stack.pop()
        self._update_dict([key, value])

    def setitems(self) -> None:
        self._update_dict(self._pop_mark())

    def binfloat(self) -> None:
        self._stack += struct.unpack(">d", self._take(8))

    def int_line(self) -> None:
        line = self._line(_MAX_DIGITS)
        # `True` and `False` are written so in protocols that have no opcodes for them.
        self._stack.append(line == b"01" if line in (b"00", b"01") else _integer(line))

    def long_line(self) -> None:
        self._stack.append(_integer(self._line(_MAX_DIGITS).removesuffix(b"L")))

    def unicode_line(self) -> None:
        # Escapes stay as they are: no name of a tensor has one.
        self._push_text(self._line(MAX_STRING_BYTES))

    def global_lines(self) -> None:
        module = _text(self._line(_MAX_GLOBAL_BYTES))
        self._push_global(module, _text(self._line(_MAX_GLOBAL_BYTES)))

    def inst(self) -> None:
        self.global_lines()
        _refuse()  # none of the names is a class

    def stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(name, str) or not isinstance(module, str):
            _refuse()
        self._push_global(module, name)

    def binpersid(self) -> None:
        match self._pop():
            case ("storage", StorageType(dtype), str(key), str(), int(numel)):
                self._stack.append(Storage(dtype, key, numel))
            case _:
                _refuse()

    def reduce(self) -> None:
        arguments, function = self._pop(), self._pop()
        if not isinstance(function, Function) or type(arguments) is not tuple:
            _refuse()
        self._stack.append(function.make(arguments))

    def build(self) -> None:
        """Drop the attributes of a dict: torch's `_metadata`, which holds no tensor."""
        attributes = self._pop()
        self._check_height(1)
        if not isinstance(attributes, dict) or not isinstance(self._stack[-1], dict):
            _refuse()


def _refuse() -> NoReturn:
    raise no_state_dict()


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        _refuse()


def _integer(line: bytes) -> int:
    try:
        return int(line)
    except ValueError:
        _refuse()


_U1, _U2, _U4, _U8 = (struct.Struct(code) for code in ("<B", "<H", "<I", "<Q"))
_I4 = struct.Struct("<i")
_STOP: Final = ord(".")
_ACTIONS: Mapping[int, Callable[[_Machine], None]] = {
    ord(code): action
    for code, action in {
        "\x80": _Machine.proto,
        "\x95": _Machine.frame,
        "(": _Machine.mark,
        ")": _Machine.empty_tuple,
        "t": _Machine.tuple,
        "\x85": lambda m: m.tuple_of(1),
        "\x86": lambda m: m.tuple_of(2),
        "\x87": lambda m: m.tuple_of(3),
        "]": _Machine.empty_list,
        "l": _Machine.list,
        "a": _Machine.append,
        "e": _Machine.appends,
        "}": _Machine.empty_dict,
        "d": _Machine.dict,
        "s": _Machine.setitem,
        "u": _Machine.setitems,
        "N": lambda m: m._stack.append(None),
        "\x88": lambda m: m._stack.append(True),
        "\x89": lambda m: m._stack.append(False),
        "K": lambda m: m._stack.append(m._number(_U1)),
        "M": lambda m: m._stack.append(m._number(_U2)),
        "J": lambda m: m._stack.append(m._number(_I4)),
        "\x8a": lambda m: m._push_integer(m._take(m._number(_U1))),
        "\x8b": lambda m: m._push_integer(m._take(m._number(_U4))),
        "I": _Machine.int_line,
        "L": _Machine.long_line,
        "G": _Machine.binfloat,
        "\x8c": lambda m: m._take_text(_U1),
        "X": lambda m: m._take_text(_U4),
        "\x8d": lambda m: m._take_text(_U8),
        "V": _Machine.unicode_line,
        "q": lambda m: m._remember(m._number(_U1)),
        "r": lambda m: m._remember(m._number(_U4)),
        "p": lambda m: m._remember(_integer(m._line(_MAX_DIGITS))),
        "\x94": lambda m: m._remember(len(m._memo)),
        "h": lambda m: m._recall(m._number(_U1)),
        "j": lambda m: m._recall(m._number(_U4)),
        "g": lambda m: m._recall(_integer(m._line(_MAX_DIGITS))),
        "c": _Machine.global_lines,
        "i": _Machine.inst,
        "\x93": _Machine.stack_global,
        "Q": _Machine.binpersid,
        "R": _Machine.reduce,
        "b": _Machine.build,
    }.items()
}
