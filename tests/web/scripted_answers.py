"""What a desk of scripts answers the page: the last question says which answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import overload

from typing_extensions import override

from backends.errors import EngineCrashedError
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from tests.server.scripted_desk import Script

#: Everything that an answer may hold, and what may do no harm.
SHOWCASE = r"""A loop keeps only the last two numbers, so it needs **constant memory**
and cannot run out of stack:

```python
def fib(n: int) -> int:
    \"""Return the n-th Fibonacci number.\"""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b  # shift the pair by one
    return a
```

How the three usual ways compare for `n = 35`:

| Way | Calls | Time |
|:---|---:|---:|
| plain recursion | 29,860,703 | 2.9 s |
| recursion with a cache | 69 | 0.03 ms |
| this loop | 1 | 0.002 ms |

- Use the loop when only one number is wanted.
- Use the cache when *many different* numbers are asked for in any order.

Its value is $F_n = \frac{\varphi^n - \psi^n}{\sqrt{5}}$, a vector $\vec{v}$ grows by

$$\begin{pmatrix} F_{n+1} \\ F_n \end{pmatrix} =
\begin{pmatrix} 1 & 1 \\ 1 & 0 \end{pmatrix}^n \begin{pmatrix} 1 \\ 0 \end{pmatrix}$$

and costs $5 and $6. **重点。**后面也是粗体。
""".replace('\\"""', '"""')

HOSTILE = """<script>document.title = "owned"</script>

<img src="https://example.org/a.png" onerror="document.title='owned'">

![a picture](https://example.org/b.png) [a link](javascript:document.title='owned')
[another](https://example.org/)

$\\href{javascript:alert(1)}{x}$ $\\fcolorbox{red}{blue}{y}$ $\\pmb{z}$
$\\includegraphics{https://example.org/c.png}$ $\\notacommand$

| a | b |
|:-:|--:|
| <b style="color:red">c</b> | `d` |

```html
<style>body { display: none }</style>
```
"""

#: Of the answer that a test stops: it has begun soon, and is not over before it is stopped.
_SECONDS_A_TOKEN, _SECONDS_A_LATER_TOKEN, _LATER = 0.05, 0.5, 10


class _Slow(Sequence[str]):
    """Tokens that take their time."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens

    @override
    def __len__(self) -> int:
        return len(self._tokens)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    @override
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return _Slow(self._tokens[index])
        return self._tokens[index]

    @override
    def __iter__(self) -> Iterator[str]:
        for number, token in enumerate(self._tokens):
            time.sleep(_SECONDS_A_TOKEN if number < _LATER else _SECONDS_A_LATER_TOKEN)
            yield token


def answer(request: ChatRequest | CompleteRequest) -> Script:
    """Chosen by the last question; any other is said again, with how many messages there were."""
    if isinstance(request, CompleteRequest):
        return Script()
    question = request.messages[-1].text
    match question:
        case "showcase" | "展示":
            return Script(SHOWCASE.splitlines(keepends=True), prompt_tokens=40)
        case "hostile":
            return Script(HOSTILE.splitlines(keepends=True))
        case "count slowly":
            return Script(_Slow([f"{number} " for number in range(1, 10_000)]))
        case "crash":
            return Script(("It begins", " and"), error=EngineCrashedError("signal 9"), error_at=1)
        case "too long":
            return Script(("I read the end.",), dropped_messages=3)
        case "nothing":
            return Script(())
    said = f"“{question}”, message {len(request.messages)}, t={request.params.temperature}"
    return Script(tuple(part + " " for part in said.split(" ")))
