"""Imports of libraries that would start torch's compiler, without it.

The compiler and sympy take seconds to import, and nothing here is compiled: bitsandbytes has its
own kernels for processors and cards, and compiles only what stands in for them elsewhere. torch's
own biases of attention tell the compiler of their functions when they are imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch
import torch.library


@contextmanager
def without_compiler() -> Iterator[None]:
    """While it is open, functions stay uncompiled, and kernels are registered as they are.

    Where the compiler is loaded already, as beside transformers, nothing is different: whoever
    loaded it may want it. One that is loaded later has not been told of what was imported here.
    """
    if "torch._dynamo" in sys.modules:
        yield
        return
    before = torch.compile, torch.library.register_kernel
    # `register_kernel` is `impl` and a wrapper that has the compiler look away; to make that
    # wrapper, torch loads the compiler at the first call.
    torch.compile, torch.library.register_kernel = _as_it_is, torch.library.impl  # type: ignore[assignment]
    # torch imports it when its attribute is first read.
    stand_in: Any = SimpleNamespace(allow_in_graph=_as_it_is)
    torch._dynamo = stand_in
    try:
        yield
    finally:
        torch.compile, torch.library.register_kernel = before
        if vars(torch).get("_dynamo") is stand_in:
            del torch._dynamo


def _as_it_is(function: Callable[..., Any] | None = None, **_options: object) -> Any:
    """What `torch.compile` is asked for, called or as a decorator with options."""
    return function if function is not None else _as_it_is
