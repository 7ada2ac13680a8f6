"""NVIDIA cards on a machine without one: what `torch.cuda` does with them, on a CPU build of torch.

    with fake_cards(Card("NVIDIA GeForce RTX 3060", 12 * GIB), Card("second", 24 * GIB)) as cards:
        x = torch.zeros(3, device="cuda:1")  # a tensor that says it is there, and computes here

Kept as on a real card: the current device and the current streams are a thread's; work goes to the
current stream of the device that its tensors are on, whatever the current device is; a graph
captures what goes to its stream, computes nothing of it then, and a replay computes it into the
same memory, so that work on another stream is done at once and is no part of the graph; a capture
does not bear waiting for the card, nor the first product on it, with which cuBLAS begins; every
device has memory, and running out of it is torch's own error; a tensor's memory comes back when
nothing refers to it; a lost card refuses everything.

Not kept: the order of work on several streams (all is done at once), and tensors are only followed
in the thread that opened the cards.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from typing_extensions import override

GIB = 2**30
MIB = 2**20
_BLOCK, _SEGMENT = 512, 2 * MIB  # what the allocator rounds to, and what it asks the driver for

LOST = (
    "CUDA error: unspecified launch failure\n"
    "CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace "
    "below might be incorrect.\n"
)
CAPTURING = "CUDA error: operation not permitted when stream is capturing"
BROKEN = "CUDA error: operation failed due to a previous error during capture"

#: Operations that wait for the card, as their result goes to the host.
_WAITING = {
    "aten::_local_scalar_dense", "aten::item", "aten::equal", "aten::allclose", "aten::nonzero",
    "aten::is_nonzero",
}  # fmt: skip
#: Operations that cuBLAS does.
_PRODUCTS = {"aten::linear", "aten::matmul", "aten::mm", "aten::bmm", "aten::_int_mm"}
#: Operations that take tensors of several devices.
_BETWEEN = {"aten::copy_", "aten::_to_copy", "aten::index.Tensor", "aten::set_.source_Tensor"}


@dataclass(eq=False)
class Card:
    """One card: facts that a test states, and counters."""

    name: str = "NVIDIA GeForce RTX 3060"
    memory_bytes: int = 12 * GIB
    capability: tuple[int, int] = (8, 6)
    context_bytes: int = 400 * MIB  #: that the process takes with its first use of the card
    others_bytes: int = 0  #: that other processes hold
    is_lost: bool = False  #: everything that is asked of it fails from now on
    #: What an operation raises instead of being done, by its name: “aten::linear” where nothing is
    #: differentiated, else “aten::mm”.
    failures: dict[str, Exception] = field(default_factory=dict)

    index: int = field(default=0, init=False)
    is_used: bool = field(default=False, init=False)  #: this process has a context on it
    has_multiplied: bool = field(default=False, init=False)  #: cuBLAS has begun on it
    allocated_bytes: int = field(default=0, init=False)
    reserved_bytes: int = field(default=0, init=False)
    peak_reserved_bytes: int = field(default=0, init=False)
    launches: int = field(default=0, init=False)  #: operations done at once, outside of a graph
    pool_bytes: int = field(default=0, init=False)  #: that graphs keep

    @property
    def free_bytes(self) -> int:
        """What the driver can still give."""
        context = self.context_bytes if self.is_used else 0
        return self.memory_bytes - self.others_bytes - context - self.reserved_bytes

    def check(self) -> None:
        """Raise what a lost card raises, or take the context that a first use takes."""
        if self.is_lost:
            raise torch.AcceleratorError(LOST)
        self.is_used = True

    def take(self, count: int) -> None:
        """Allocate. Raises torch.cuda.OutOfMemoryError."""
        self.check()
        allocated = self.allocated_bytes + _rounded(count, _BLOCK)
        wanted = _rounded(allocated + self.pool_bytes, _SEGMENT)
        if wanted > self.reserved_bytes + self.free_bytes:
            raise torch.cuda.OutOfMemoryError(
                f"CUDA out of memory. Tried to allocate {_size(count)}. GPU {self.index} has a "
                f"total capacity of {_size(self.memory_bytes)} of which {_size(self.free_bytes)} "
                f"is free. Including non-PyTorch memory, this process has "
                f"{_size(self.reserved_bytes + self.context_bytes)} memory in use. Of the "
                f"allocated memory {_size(self.allocated_bytes)} is allocated by PyTorch, and "
                f"{_size(self.reserved_bytes - self.allocated_bytes)} is reserved by PyTorch but "
                "unallocated."
            )
        self.allocated_bytes = allocated
        self.reserved_bytes = max(self.reserved_bytes, wanted)
        self.peak_reserved_bytes = max(self.peak_reserved_bytes, self.reserved_bytes)

    def empty_cache(self) -> None:
        """Give what is reserved and not allocated back to the driver."""
        self.check()
        held = self.allocated_bytes + self.pool_bytes
        self.reserved_bytes = _rounded(held, _SEGMENT)


class _Block:
    """The memory of one tensor and its views, for as long as one of them lives."""

    def __init__(self, card: Card, count: int) -> None:
        card.take(count)
        self._card, self._bytes = card, _rounded(count, _BLOCK)

    def __del__(self) -> None:
        if hasattr(self, "_card"):
            self._card.allocated_bytes -= self._bytes


class CardTensor(torch.Tensor):
    """A tensor that says it is on a card; its values are `on_host`."""

    on_host: torch.Tensor
    block: _Block
    _place: torch.device

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]  # as torch's guide has it

    @staticmethod
    def __new__(cls, values: torch.Tensor, place: torch.device, block: _Block) -> CardTensor:
        # To torch's own code it is on the processor, which has all operations.
        made: CardTensor = torch.Tensor._make_wrapper_subclass(
            cls,
            values.shape,
            strides=values.stride(),
            storage_offset=values.storage_offset(),
            dtype=values.dtype,
            device=torch.device("cpu"),
        )
        made.on_host, made._place, made.block = values, place, block
        return made

    @property
    def device(self) -> torch.device:  # type: ignore[override]  # no property there
        return self._place

    @property
    def is_cuda(self) -> bool:  # type: ignore[override]  # as above
        return True

    @property
    def data(self) -> torch.Tensor:
        """The same memory; another tensor's may take its place."""
        return CardTensor(self.on_host, self._place, self.block)

    @data.setter
    def data(self, other: torch.Tensor) -> None:
        assert isinstance(other, CardTensor)
        assert (self.shape, self.stride()) == (other.shape, other.stride())
        self.on_host, self._place, self.block = other.on_host, other._place, other.block

    @override
    def data_ptr(self) -> int:
        return self.on_host.data_ptr()

    @override
    def __repr__(self, *, tensor_contents: object = None) -> str:  # type: ignore[override]  # unnamed there
        return f"CardTensor({self.on_host}, device='{self._place}')"

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # torch's stub is of the disabled one
        cls,
        func: Any,
        types: Any,
        args: Any = (),
        kwargs: Any = None,
    ) -> Any:
        return _current().run(func, args, dict(kwargs or {}))


class Stream:
    """`torch.cuda.Stream`: of one device, the current one if none is named."""

    def __init__(self, device: object = None, priority: int = 0, **_: object) -> None:
        self.device = torch.device("cuda", _current().index(device))

    def wait_stream(self, stream: Stream) -> None:
        _current().card(self.device).check()
        _current().card(stream.device).check()

    def wait_event(self, event: Event) -> None:
        _current().card(self.device).check()

    def record_event(self, event: Event | None = None) -> Event:
        return event or Event()

    def synchronize(self) -> None:
        _current().wait(self.device)

    def query(self) -> bool:
        return True


class Event:
    """`torch.cuda.Event`: all work is done already."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def record(self, stream: Stream | None = None) -> None:
        pass

    def wait(self, stream: Stream | None = None) -> None:
        pass

    def query(self) -> bool:
        return True

    def synchronize(self) -> None:
        cards = _current()
        cards.wait(cards.place(None))

    def elapsed_time(self, other: Event) -> float:
        return 0.0


class _Pool:
    """The memory of graphs that share it, for as long as one of them lives."""

    def __init__(self, card: Card) -> None:
        self._card, self._bytes = card, 0

    def grow(self, count: int) -> None:
        """Keep at least so much."""
        more = max(count - self._bytes, 0)
        self._bytes += more
        self._card.pool_bytes += more

    def __del__(self) -> None:
        self._card.pool_bytes -= self._bytes


class CUDAGraph:
    """`torch.cuda.CUDAGraph`: the operations of one stream, done again by a replay."""

    def __init__(self, keep_graph: bool = False) -> None:
        self.operations: list[Callable[[], None]] = []
        self.outputs: list[torch.Tensor] = []
        self.replays = 0
        self.is_broken = False  #: what a capture does not bear was done in it
        self._stream: Stream | None = None
        self._pool: _Pool | None = None
        self._before = self._most = 0

    def capture_begin(self, pool: object = None, capture_error_mode: str = "global") -> None:
        cards = _current()
        self._stream = cards.current_stream()
        if cards.capturing is not None:
            raise torch.AcceleratorError(CAPTURING)
        cards.capturing = self
        card = cards.card(self._stream.device)
        assert pool is None or isinstance(pool, _Pool)
        self._pool = pool or _Pool(card)
        self._before = self._most = card.allocated_bytes

    def capture_end(self) -> None:
        cards = _current()
        cards.capturing = None
        if self.is_broken:
            raise torch.AcceleratorError(BROKEN)
        assert self._pool is not None
        self._pool.grow(self._most - self._before)
        for output in self.outputs:  # nothing was computed
            output.fill_(float("nan") if output.is_floating_point() else 0)

    def record(self, stream: Stream, operation: Callable[[], None]) -> None:
        """Take an operation in, which was just allocated for."""
        self.operations.append(operation)
        self._most = max(self._most, _current().card(stream.device).allocated_bytes)

    def refuse(self) -> NoReturn:
        """Raise what torch raises for what a capture does not bear, and does not recover from."""
        self.is_broken = True
        raise torch.AcceleratorError(CAPTURING)

    def captures(self, stream: Stream) -> bool:
        return stream is self._stream

    def pool(self) -> object:
        return self._pool

    def replay(self) -> None:
        cards = _current()
        assert self._stream is not None, "a graph must be captured before it is replayed"
        cards.card(self._stream.device).check()
        self.replays += 1
        with cards.unfollowed():
            for operation in self.operations:
                operation()

    def reset(self) -> None:
        self.operations.clear()
        self.outputs.clear()
        self._pool = None


class graph:  # noqa: N801  as torch names it
    """`torch.cuda.graph`: without a stream it takes one of its own for all graphs.

    That one is on the device that was current when the first capture of the process began.
    """

    default_capture_stream: Stream | None = None

    def __init__(
        self,
        cuda_graph: CUDAGraph,
        pool: object = None,
        stream: Stream | None = None,
        capture_error_mode: str = "global",
    ) -> None:
        if graph.default_capture_stream is None:
            graph.default_capture_stream = Stream()
        self._graph, self._pool = cuda_graph, pool
        self._context = StreamContext(stream or graph.default_capture_stream)

    def __enter__(self) -> None:
        cards = _current()
        cards.wait(cards.place(None))
        cards.empty_cache()
        self._context.__enter__()
        self._graph.capture_begin(self._pool)

    def __exit__(self, *error: Any) -> None:
        self._graph.capture_end()  # as torch does: if it raises, the stream stays the current one
        self._context.__exit__(*error)


class device:  # noqa: N801  as torch names it
    """`torch.cuda.device`: another current device. No generator, whose end would restore it."""

    def __init__(self, device: object) -> None:
        self._index = _current().index(device)

    def __enter__(self) -> None:
        cards = _current()
        self._before = cards.current
        cards.current = self._index

    def __exit__(self, *error: object) -> None:
        _current().current = self._before


class StreamContext:
    """`torch.cuda.stream`: another current stream, and its device the current one."""

    def __init__(self, stream: Stream | None) -> None:
        self._stream = stream

    def __enter__(self) -> None:
        cards = _current()
        if self._stream is not None:
            self._device = cards.current
            self._before = cards.current_stream(self._stream.device)
            cards.set_stream(self._stream)

    def __exit__(self, *error: object) -> None:
        cards = _current()
        if self._stream is not None:
            cards.set_stream(self._before)
            cards.current = self._device


class Cards:
    """The cards of a machine, and what a process does with them."""

    def __init__(self, cards: Sequence[Card]) -> None:
        self.all = tuple(cards)
        for index, card in enumerate(cards):
            card.index = index
        self.capturing: CUDAGraph | None = None
        #: Kinds of code that the build of torch has, as `torch.cuda.get_arch_list` tells them.
        self.arch_list = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"]
        #: What the first use of CUDA raises, as with a driver that is too old.
        self.start_error: Exception | None = None
        self._of_thread = threading.local()
        self._modes: list[Any] = []

    def __getitem__(self, index: int) -> Card:
        return self.all[index]

    # --- devices and streams of a thread --------------------------------------------------

    @property
    def current(self) -> int:
        """The current device of this thread."""
        return getattr(self._of_thread, "device", 0)

    @current.setter
    def current(self, index: int) -> None:
        self._of_thread.device = index

    def index(self, device: object) -> int:
        """The number of a device as torch names it; None: the current one."""
        if device is None:
            return self.current
        if isinstance(device, int):
            index = device if device >= 0 else self.current
        else:
            place = torch.device(device)  # type: ignore[call-overload]  # torch says what is wrong
            if place.type != "cuda":
                raise ValueError(f"Expected a cuda device, but got: {place}")
            index = self.current if place.index is None else place.index
        if index >= len(self.all):
            raise torch.AcceleratorError("CUDA error: invalid device ordinal")
        return index

    def place(self, device: object) -> torch.device:
        return torch.device("cuda", self.index(device))

    def card(self, device: object) -> Card:
        """The card of a device; the current one for None."""
        self.start()
        return self.all[self.index(device)]

    def start(self) -> None:
        """What happens before the first use of CUDA. Raises `start_error`."""
        if self.start_error is not None:
            raise self.start_error

    def set_device(self, device: object) -> None:
        self.card(device).check()
        self.current = self.index(device)

    def set_stream(self, stream: Stream) -> None:
        """Make a stream the current one of its device, and that the current device."""
        self.current = self.index(stream.device)
        self._streams()[self.current] = stream

    def _streams(self) -> dict[int, Stream]:
        if not hasattr(self._of_thread, "streams"):
            self._of_thread.streams = {}
        streams: dict[int, Stream] = self._of_thread.streams
        return streams

    def current_stream(self, device: object = None) -> Stream:
        index = self.index(device)
        if index not in self._streams():
            self._streams()[index] = Stream(index)
        return self._streams()[index]

    def wait(self, device: torch.device) -> None:
        """Wait for a card. Raises torch.AcceleratorError."""
        self.card(device).check()
        if self.capturing is not None:
            self.capturing.refuse()

    # --- memory ---------------------------------------------------------------------------

    def empty_cache(self) -> None:
        for card in self.all:
            if card.is_used:
                card.empty_cache()

    def mem_get_info(self, device: object = None) -> tuple[int, int]:
        card = self.card(device)
        card.check()
        return card.free_bytes, card.memory_bytes

    def reset_peak(self, device: object = None) -> None:
        card = self.card(device)
        card.peak_reserved_bytes = card.reserved_bytes

    # --- operations -----------------------------------------------------------------------

    @contextlib.contextmanager
    def unfollowed(self) -> Iterator[None]:
        """Without the modes that follow tensors, for work on what is inside of them."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(torch._C._DisableTorchDispatch())
            yield

    def run(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do an operation where its tensors are, or have it captured."""
        name = func.name()
        flat = [*_flat(args), *_flat(kwargs)]
        given = [value for value in flat if isinstance(value, CardTensor)]
        place = given[0].device if given else None
        if name not in _BETWEEN:
            self._check_together(flat, given)
        target = kwargs.get("device")
        kwargs.pop("pin_memory", None)
        if target is not None:
            target = torch.device(target)
            if target.type == "cuda":
                place = self.place(target)
                kwargs["device"] = "cpu"
        if place is None:
            return func(*args, **kwargs)
        card = self.card(place)
        card.check()
        if name in card.failures:
            raise card.failures[name]
        stream = self.current_stream(place)
        inner = _mapped(CardTensor, lambda t: t.on_host, args)
        inner_kwargs = _mapped(CardTensor, lambda t: t.on_host, kwargs)
        captured = self.capturing is not None and self.capturing.captures(stream)
        to_host = target is not None and target.type == "cpu"
        to_host |= name == "aten::copy_" and not isinstance(args[0], CardTensor)
        from_host = name in ("aten::copy_", "aten::_to_copy") and not isinstance(
            args[1 if name == "aten::copy_" else 0], CardTensor
        )
        if captured and (name in _WAITING or to_host or from_host):
            assert self.capturing is not None
            self.capturing.refuse()
        if name in _PRODUCTS:
            if captured and not card.has_multiplied:
                assert self.capturing is not None
                self.capturing.refuse()
            card.has_multiplied = True
        changed = _changed(func, args, kwargs)
        if changed is not None:
            if captured:
                assert self.capturing is not None
                self.capturing.record(stream, lambda: func(*inner, **inner_kwargs))
            else:
                card.launches += 1
                func(*inner, **inner_kwargs)
            return changed
        out = func(*inner, **inner_kwargs)
        if to_host or (name in _WAITING and not isinstance(out, torch.Tensor)):
            card.launches += 1
            return out
        wrapped = self._wrapped(out, given, place, card)
        owned = _owned(wrapped, given)
        if not owned:
            return wrapped  # a view
        if captured:
            self._capture(func, inner, inner_kwargs, out, stream)
        else:
            card.launches += 1
        return wrapped

    def _wrapped(
        self, out: Any, given: Sequence[CardTensor], place: torch.device, card: Card
    ) -> Any:
        def wrap(tensor: torch.Tensor) -> CardTensor:
            storage = tensor.untyped_storage()
            for one in given:
                if one.on_host.untyped_storage()._cdata == storage._cdata:
                    with torch.inference_mode(one.is_inference()):  # as a view's base is
                        return CardTensor(tensor, place, one.block)
            return CardTensor(tensor, place, _Block(card, storage.nbytes()))

        return _mapped(torch.Tensor, wrap, out)

    def _capture(
        self, func: Any, args: Any, kwargs: dict[str, Any], out: Any, stream: Stream
    ) -> None:
        assert self.capturing is not None
        outputs = [value for value in _flat(out) if isinstance(value, torch.Tensor)]
        self.capturing.outputs += outputs

        def again() -> None:
            made = _flat(func(*args, **kwargs))
            for old, new in zip(
                outputs, [v for v in made if isinstance(v, torch.Tensor)], strict=True
            ):
                old.copy_(new)

        self.capturing.record(stream, again)

    def _check_together(self, flat: Sequence[Any], given: Sequence[CardTensor]) -> None:
        """Raise torch's error unless all tensors but single numbers are on one device."""
        if not given:
            return
        places = {value.device for value in flat if isinstance(value, torch.Tensor) and value.dim()}
        if len(places) > 1:
            names = " and ".join(sorted(map(str, places)))
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, "
                f"{names}!"
            )


class _Dispatch(TorchDispatchMode):
    def __init__(self, cards: Cards) -> None:
        super().__init__()
        self._cards = cards

    @override
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self._cards.run(func, args, dict(kwargs or {}))


class _Function(TorchFunctionMode):
    """What torch's own code decides by a tensor's device before it gets to an operation."""

    def __init__(self, cards: Cards) -> None:
        super().__init__()
        self._cards = cards

    @override
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in (torch.tensor, torch.as_tensor) and kwargs.get("device") is not None:
            device = kwargs.pop("device")
            return func(*args, **kwargs).to(device)
        mine = bool(args) and isinstance(args[0], CardTensor)
        if func is torch.Tensor.cuda:
            place = self._cards.place(args[1] if len(args) > 1 else kwargs.get("device"))
            return args[0].to(place)
        if mine and func is torch.Tensor.numpy:
            raise TypeError(
                f"can't convert {args[0].device} device type tensor to numpy. Use Tensor.cpu() to "
                "copy the tensor to host memory first."
            )
        if mine and func is torch.Tensor.cpu:
            return self._moved(args[0], torch.device("cpu"), None)
        if func is torch.Tensor.to and len(args) > 1 and isinstance(args[1], torch.Tensor):
            return self._moved(args[0], args[1].device, args[1].dtype)
        if mine and func is torch.Tensor.to:
            copy = bool(kwargs.pop("copy", False))
            parse: Any = torch._C._nn._parse_to
            device, dtype, _, _ = parse(*args[1:], **kwargs)
            return self._moved(args[0], device, dtype, copy=copy)
        return func(*args, **kwargs)

    def _moved(
        self,
        tensor: torch.Tensor,
        device: torch.device | None,
        dtype: torch.dtype | None,
        *,
        copy: bool = False,
    ) -> torch.Tensor:
        if device is not None and device.type == "cuda":
            device = self._cards.place(device)
        device = device or tensor.device
        if device == tensor.device and dtype in (None, tensor.dtype) and not copy:
            return tensor
        moved: torch.Tensor = torch.ops.aten._to_copy(tensor, dtype=dtype, device=device)
        return moved


# torch's own trees know more containers, and took a third of the time of what is done on a card.


def _flat(value: Any) -> Iterator[Any]:
    """What lies in the tuples, lists and dictionaries of a call or of a result."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        for one in value:
            yield from _flat(one)
    else:
        yield value


def _mapped(kind: type[Any], how: Callable[[Any], Any], value: Any) -> Any:
    """The same with each value of a kind exchanged."""
    if isinstance(value, kind):
        return how(value)
    if isinstance(value, dict):
        return {key: _mapped(kind, how, one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return type(value)([_mapped(kind, how, one) for one in value])
    return value


def _changed(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The argument that an operation writes to, which is its result; None if there is none."""
    for number, argument in enumerate(func._schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            if number < len(args):
                return args[number]
            if argument.name in kwargs:
                return kwargs[argument.name]
    return None


def _owned(out: Any, given: Sequence[CardTensor]) -> bool:
    """Whether a result has memory of its own."""
    blocks = {id(one.block) for one in given}
    return any(isinstance(one, CardTensor) and id(one.block) not in blocks for one in _flat(out))


def _rounded(count: int, unit: int) -> int:
    return -(-count // unit) * unit


def _size(count: int) -> str:
    """Bytes as torch writes them."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (2**10, "KiB")):
        if count > unit:
            return f"{count / unit:.2f} {name}"
    return f"{count} bytes"


_OPEN: list[Cards] = []


def _current() -> Cards:
    return _OPEN[-1]


@contextlib.contextmanager
def fake_cards(*given: Card) -> Iterator[Cards]:
    """A machine with these cards, for as long as the block runs; one of 12 GiB without any."""
    from backends.modeling.uncompiled import without_compiler

    # It looks for cards, and for what a build of torch for them has, when it is imported.
    with contextlib.suppress(ImportError):
        importlib.import_module("backends.modeling.quantized")  # which imports bitsandbytes
    with without_compiler():
        from torch.nn.attention import bias

    cards = Cards(given or (Card(),))
    with pytest.MonkeyPatch.context() as patch:
        for name, stand_in in _stand_ins(cards).items():
            patch.setattr(torch.cuda, name, stand_in)
        patch.setattr(graph, "default_capture_stream", None)
        # A mask that is but a name is a tensor of a class, which a mode that follows would hinder.
        unfollowed = cards.unfollowed()(bias.causal_lower_right)
        patch.setattr(bias, "causal_lower_right", unfollowed)
        # `Module.to` puts new parameters in the places of the old: those are of another class.
        before = torch.__future__.get_overwrite_module_params_on_conversion()
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        _OPEN.append(cards)
        try:
            with _Function(cards), _Dispatch(cards):
                yield cards
        finally:
            _OPEN.pop()
            torch.__future__.set_overwrite_module_params_on_conversion(before)


def _stand_ins(cards: Cards) -> dict[str, object]:
    """Every function of `torch.cuda` that has one."""

    def of_card(read: Callable[[Card], Any]) -> Callable[..., Any]:
        return lambda device=None: read(cards.card(device))

    def synchronize(device: object = None) -> None:
        cards.wait(cards.place(device))

    def initialised() -> bool:
        return any(card.is_used for card in cards.all)

    return {
        "_lazy_init": cards.start,
        "init": cards.start,
        "is_available": lambda: cards.start_error is None,
        "is_initialized": initialised,
        "device_count": lambda: len(cards.all) if cards.start_error is None else 0,
        "current_device": lambda: cards.index(None),
        "set_device": cards.set_device,
        "device": device,
        "Stream": Stream,
        "Event": Event,
        "CUDAGraph": CUDAGraph,
        "graph": graph,
        "stream": StreamContext,
        "set_stream": cards.set_stream,
        "current_stream": cards.current_stream,
        "default_stream": cards.current_stream,
        "synchronize": synchronize,
        "is_current_stream_capturing": lambda: cards.capturing is not None,
        "empty_cache": cards.empty_cache,
        "mem_get_info": cards.mem_get_info,
        "memory_allocated": of_card(lambda card: card.allocated_bytes),
        "memory_reserved": of_card(lambda card: card.reserved_bytes),
        "max_memory_reserved": of_card(lambda card: card.peak_reserved_bytes),
        "reset_peak_memory_stats": cards.reset_peak,
        "get_device_name": of_card(lambda card: card.name),
        "get_device_capability": of_card(lambda card: card.capability),
        "get_arch_list": lambda: cards.arch_list,
        "is_bf16_supported": lambda including_emulation=True: (
            including_emulation or cards.all[cards.current].capability >= (8, 0)
        ),
    }
