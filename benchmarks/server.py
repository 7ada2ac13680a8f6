"""What a server costs beside its engine: memory at first and after many requests, time to answer.

    PYTHONPATH=. python benchmarks/server.py [--model ID] [--requests 1000]

`serve` runs in a home of its own. Half of the requests are streams; each has a connection of its
own, as those of a program that starts anew. The exit code is 1 if the server's process takes more
memory than it may, or takes more of it with each request.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import psutil

from baichuan_desktop.services.app_paths import HOME_VARIABLE
from benchmarks import machine

_MOST_BYTES: Final = 80 * 10**6  # of the server's process, the engine aside
_MOST_GROWTH: Final = 2 * 10**6  # from the first `_WARM` requests to the last one
_WARM: Final = 100
_TOKENS: Final = 4  # of each answer
_START: Final = "from baichuan_desktop.cli.main import main; raise SystemExit(main())"
_SECONDS: Final = 120.0  # that any one answer may take


class Asking:
    """Asks the server, and measures it."""

    def __init__(self, port: int, process: psutil.Process) -> None:
        self._port, self._process = port, process
        self.seconds: list[float] = []
        self.first_seconds: list[float] = []  #: of streams, to the first event

    def ask(self, number: int) -> None:
        """One request; every second one is a stream."""
        is_stream = bool(number % 2)
        content = {
            "messages": [{"role": "user", "content": f"Question {number}"}],
            "max_tokens": _TOKENS,
            "stream": is_stream,
        }
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_SECONDS)
        connection.request(
            "POST",
            "/v1/chat/completions",
            json.dumps(content).encode(),
            {"Content-Type": "application/json"},
        )
        answer = connection.getresponse()
        if is_stream:
            for line in answer:
                if line.startswith(b"data: "):
                    break
            self.first_seconds.append(time.perf_counter() - began)
        rest = answer.read()
        connection.close()
        self.seconds.append(time.perf_counter() - began)
        if answer.status != 200 or (is_stream and not rest.endswith(b"data: [DONE]\n\n")):
            raise SystemExit(f"{answer.status}: {rest[:500]!r}")

    def resident_bytes(self) -> int:
        """Of the server's process alone."""
        return int(self._process.memory_info().rss)


def measure(model: str, requests: int) -> bool:
    """Print what it costs; whether it is within its bounds."""
    with tempfile.TemporaryDirectory(prefix="server-") as home:
        environment = {**os.environ, HOME_VARIABLE: home, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-c", _START, "serve", model, "--port", "0"]
        printed = Path(home) / "printed"  # a pipe that nobody reads would fill
        with (
            printed.open("wb") as output,
            subprocess.Popen(command, env=environment, stdout=output, stderr=output) as server,
        ):
            try:
                return _measure(server, _port(server, printed), requests)
            finally:
                server.kill()


def _measure(server: subprocess.Popen[bytes], port: int, requests: int) -> bool:
    asking = Asking(port, psutil.Process(server.pid))
    rows = [("at first", asking.resident_bytes())]
    for number in range(1, requests + 1):
        asking.ask(number)
        if number in (1, _WARM, requests):
            rows.append((f"after {number:,}", asking.resident_bytes()))
    for name, resident in rows:
        print(f"  {name:<16}{resident / 10**6:>8.1f} MB")
    print(f"  a whole answer  {statistics.median(asking.seconds) * 1000:>8.1f} ms (median)")
    print(f"  the first event {statistics.median(asking.first_seconds) * 1000:>8.1f} ms (median)")
    began = time.perf_counter()
    server.send_signal(signal.SIGINT)
    server.wait(_SECONDS)
    print(f"  Ctrl+C to end   {time.perf_counter() - began:>8.1f} s")
    sizes = dict(rows)
    warm, last = sizes.get(f"after {_WARM:,}", rows[-1][1]), rows[-1][1]
    print(f"  growth after {_WARM}{(last - warm) / 10**6:>8.1f} MB")
    return last <= _MOST_BYTES and last - warm <= _MOST_GROWTH


def _port(server: subprocess.Popen[bytes], printed: Path) -> int:
    ends = time.monotonic() + _SECONDS
    while server.poll() is None and time.monotonic() < ends:
        if found := re.search(rb"http://127\.0\.0\.1:(\d+)", printed.read_bytes()):
            return int(found[1])
        time.sleep(0.05)
    raise SystemExit(printed.read_text(encoding="utf-8", errors="replace"))


def main() -> int:
    """Measure what the command line says; 1 if it is more than it may be."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="baichuan-guide")
    parser.add_argument("--requests", type=int, default=1000)
    arguments = parser.parse_args()
    for name, fact in machine.facts().items():
        print(f"{name}: {fact}")
    return 0 if measure(arguments.model, arguments.requests) else 1


if __name__ == "__main__":
    sys.exit(main())
