"""What `serve` and `web` print: where it is, who may ask, a line for each request."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from backends.printable import one_line
from baichuan_desktop.services.serving.clause import CLAUSE_EN, CLAUSE_ZH
from baichuan_desktop.services.serving.values import JournalLine, ServeOptions


def before_others_ask(options: ServeOptions) -> Iterator[str]:
    """What whoever opens this machine to others has to know first."""
    if not options.is_lan:
        return
    yield CLAUSE_EN
    yield CLAUSE_ZH
    if options.tls is None:
        yield (
            "Warning: without TLS, whoever can listen in this network reads the key, the questions "
            "and the answers. --tls-cert and --tls-key encrypt them."
        )


def when_it_runs(
    addresses: Sequence[str], served: str, options: ServeOptions, key_file: str
) -> Iterator[str]:
    """Where it is reached and with what."""
    yield one_line(f"Serving {served}; Ctrl+C ends it.")
    for address in addresses:
        yield f"  {address}  (programs: {address}/v1)"
    if options.asks_for_key:
        yield one_line(
            f"Each request needs the key in {key_file}; “baichuan-desktop serve --show-key” shows "
            "it."
        )


def line_of(line: JournalLine) -> str:
    """A request that was served or refused, on a line; nothing of what was said is in it."""
    facts = [
        time.strftime("%H:%M:%S", time.localtime(line.at)),
        line.client,
        f"{line.method} {line.path}",
        str(line.status),
        f"{line.seconds:.1f} s",
        line.model,
    ]
    if line.prompt_tokens or line.new_tokens:
        facts.append(f"{line.prompt_tokens:,} + {line.new_tokens:,} tokens")
    if line.queued_seconds >= 0.1:
        facts.append(f"queued {line.queued_seconds:.1f} s")
    if line.ended:
        facts.append(f"({line.ended})")
    return one_line("  ".join(filter(None, facts)))
