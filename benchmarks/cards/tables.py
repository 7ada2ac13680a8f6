"""What `cuda.py` found, as Markdown.

    PYTHONPATH=. python benchmarks/cards/tables.py cuda.json

prints the tables of a run again, also of one that was cut short.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.cards.goals import PUBLISHED_GIB, judged

_GIB: Final = 2**30

Report = Mapping[str, Any]
Case = Mapping[str, Any]


def everything(report: Report) -> str:
    """All tables of a run."""
    parts = [
        machine(report["machine"]),
        yardsticks(report.get("yardsticks")),
        against_fp32(report.get("against_fp32", {})),
        *results(report),
        goals_table(judged(report)),
        problems(report.get("problems", [])),
    ]
    return "\n\n".join(part for part in parts if part)


def results(report: Report) -> list[str]:
    """The tables over all shapes and precisions."""
    cases = report.get("cases", [])
    return [
        memory(cases),
        parity(cases),
        prefill(cases, report),
        decode(cases, report),
        choices(report.get("choices", [])),
        attention(report.get("attention", []), report),
        loads(report.get("loads", [])),
    ]


def machine(facts: Report) -> str:
    """Card, driver, versions."""
    card = facts["card"]
    if "memory_bytes" in facts:
        card += (
            f", {_gib(facts['memory_bytes'])} GiB, {facts['multiprocessors']} multiprocessors, "
            f"compute capability {facts['compute_capability']}"
        )
    libraries = ", ".join(f"{n} {v or 'not installed'}" for n, v in facts["libraries"].items())
    rows = [
        ("Card", card),
        ("Driver, CUDA", f"{facts.get('driver', '-')}, {facts['cuda'] or '-'}"),
        ("Processor", facts["processor"]),
        ("Versions", f"Python {facts['python']}, {libraries}"),
    ]
    return _table(("Machine", ""), rows)


def yardsticks(found: Report | None) -> str:
    """What the card does at best."""
    if not found:
        return ""
    size = f"{found['product_size']:,}"
    rows = [
        ("large copy, read + written", f"{found['copy'] / 1e9:,.0f} GB/s"),
        ("large read (a sum)", f"{found['read'] / 1e9:,.0f} GB/s"),
        ("16-bit matrices x one vector", f"{found['matrix_vector'] / 1e9:,.0f} GB/s"),
        (f"16-bit product, {size} cubed", f"{found['product'] / 1e12:,.1f} TFLOP/s"),
        ("the same, rows of one chunk", f"{found['chunk_product'] / 1e12:,.1f} TFLOP/s"),
    ]
    return _table(("Yardstick", "measured"), rows)


def against_fp32(found: Mapping[str, Case]) -> str:
    """Small 16-bit models on the card beside fp32 on the processor."""
    rows = [(name, *_parity_cells(case)) for name, case in found.items()]
    return _table(("Against fp32 on the processor", *_PARITY_HEAD), rows)


def parity(cases: Iterable[Case]) -> str:
    """Graph beside ordinary path."""
    rows = [
        (_name(c), *_parity_cells(c["parity"]), _share(c.get("llama_difference"), 2))
        for c in cases
        if "parity" in c
    ]
    head = ("Graph against ordinary path", *_PARITY_HEAD, "transformers' logits differ")
    return _table(head, rows)


_PARITY_HEAD = (
    "same tokens",
    "free running",
    "logits differ, mean",
    "most",
    "widest tie",
    "graph used",
    "verdict",
)


def _parity_cells(found: Case) -> tuple[str, ...]:
    return (
        f"{found['same_tokens']} of {found['steps']}",
        f"{found['free_running']} of {found['steps']}",
        _share(found["mean_difference"], 2),
        _share(found["largest_difference"], 2),
        _share(found["largest_tie"], 2),
        "yes" if found["recorded"] else f"no: {found['why_not']}",
        "equal" if found["equal"] else "DIFFERENT",
    )


def memory(cases: Iterable[Case]) -> str:
    """Gigabytes on the card beside the published ones."""
    rows = [
        (
            _name(c),
            _published(c),
            _gib(c["weights_bytes"]),
            _gib(c.get("weights_allocated_bytes")),
            _gib(c.get("kv_bytes")),
            _gib(c.get("peak_bytes")),
            _gib(c.get("peak_reserved_bytes")),
            _gib(c.get("libraries_bytes")),
            _gib(c.get("needed_bytes")),
        )
        for c in cases
    ]
    head = (
        "Memory, GiB",
        "published",
        "from shapes",
        "weights on the card",
        "KV cache",
        "peak with both",
        "reserved",
        "CUDA and libraries",
        "selection's estimate",
    )
    return _table(head, rows)


def prefill(cases: Iterable[Case], report: Report) -> str:
    """Tokens a second, and the share of a large product."""
    best = (report.get("yardsticks") or {}).get("product")
    rows = [
        (
            _name(c),
            f"{p['chunk']:,}",
            f"{p['tokens_per_second']:,.0f}",
            f"{p['operations_per_second'] / 1e12:,.1f}",
            _share(p["operations_per_second"] / best if best else None),
        )
        for c in cases
        for p in c.get("prefill", [])
    ]
    head = ("Prefill", "chunk", "tokens/s", "TFLOP/s", "of a large product")
    return _table(head, rows)


def decode(cases: Iterable[Case], report: Report) -> str:
    """Tokens a second of every way, and the share of the bandwidth."""
    rows = []
    for case in cases:
        for at in case.get("decode", []):
            sampling = report.get("sampling_seconds")
            ways = [(way, at[way]["median_seconds"]) for way in ("eager", "graph") if way in at]
            ways += [
                (peer["way"], peer["median_seconds"])
                for peer in case.get("peers", [])
                if peer["context"] == at["context"]
            ]
            if "replay_seconds" in at:
                ways.append(
                    (f"the card's time of a replay ({at['keys']:,} keys)", at["replay_seconds"])
                )
            for way, seconds in ways:
                per_second = at["bytes_per_token"] / seconds
                rows.append(
                    (
                        _name(case),
                        f"{at['context']:,}",
                        way,
                        f"{1 / seconds:,.1f}",
                        f"{seconds * 1e3:.2f}",
                        _share(_over(per_second, report, "copy")),
                        _share(_over(per_second, report, "read")),
                        _share(sampling / seconds if sampling and way in at else None, 1),
                    )
                )
    head = (
        "Decode",
        "context",
        "way",
        "tokens/s",
        "ms",
        "of copy bandwidth",
        "of read bandwidth",
        "sampling, of a step",
    )
    return _table(head, rows)


def choices(found: Iterable[Case]) -> str:
    """Each choice of the app beside the other way."""
    rows = []
    for row in found:
        taken = row["ways"][row["taken"]]
        for way, took in row["ways"].items():
            if way == row["taken"]:
                continue
            saves = row["saves_bytes"]
            rows.append(
                (
                    row["choice"],
                    row["where"],
                    f"{row['taken']}: {taken * 1e3:.3f}",
                    f"{way}: {took * 1e3:.3f}",
                    f"{took / taken:.2f}",
                    f"saves {saves / _GIB:.2f} GiB" if saves else "",
                )
            )
    head = ("Choice", "where", "taken, ms", "the other, ms", "other / taken", "")
    return _table(head, rows)


def attention(found: Iterable[Case], report: Report) -> str:
    """One token's attention over all keys, several ways."""
    rows = [
        (
            f"{a['shape']}, {a['keys']:,} keys",
            way,
            f"{per_second / 1e9:,.0f}",
            _share(_over(per_second, report, "copy")),
        )
        for a in found
        for way, per_second in a["ways"].items()
    ]
    head = ("Attention of one token", "way", "GB/s of keys and values", "of copy bandwidth")
    return _table(head, rows)


def loads(found: Iterable[Case]) -> str:
    """Folders read into a model."""
    rows = [
        (
            f"{load['shape']} {load['precision']}",
            f"{load['bytes_on_disk'] / 1e9:.2f}",
            f"{load['seconds']:.2f}",
            f"{load['bytes_on_disk'] / 1e9 / load['seconds']:.2f}",
            f"{load['first_prefill_seconds']:.2f}",
            _gib(load["weights_bytes"]),
            _gib(load["peak_bytes"]),
        )
        for load in found
    ]
    head = (
        "Loading (file pages in memory)",
        "GB on disk",
        "s",
        "GB/s",
        "first prefill, s",
        "weights, GiB",
        "peak without KV cache, GiB",
    )
    return _table(head, rows)


def case_line(case: Case) -> str:
    """One finished case in a line, while the others still run."""
    parts = [
        f"{way} {1 / at[way]['median_seconds']:,.1f} tokens/s at {at['context']:,}"
        for at in case["decode"]
        for way in ("eager", "graph")
        if way in at
    ]
    return f"- {_name(case)}: " + (", ".join(parts) or "nothing decoded")


def problems(found: Sequence[str]) -> str:
    """What failed or was left out."""
    return "\n".join(["Not measured:", "", *(f"- {line}" for line in found)]) if found else ""


def goals_table(found: Iterable[Mapping[str, Any]]) -> str:
    """The judged goals."""
    rows = [
        (
            g["what"],
            g["where"],
            f"{g['figure']:.3g}",
            f"{g['limit']:g}",
            "met" if g["met"] else "MISSED",
        )
        for g in found
    ]
    return _table(("Goal", "where", "figure", "limit", ""), rows)


# --- cells -------------------------------------------------------------------------------


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = ["| " + " | ".join(row) + " |" for row in rows]
    if not body:
        return ""
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body])


def _name(case: Case) -> str:
    name: str = case["name"]
    return name


def _published(case: Case) -> str:
    value = PUBLISHED_GIB.get((case["shape"], case["precision"]))
    return "-" if value is None else f"{value:.1f}"


def _over(per_second: float, report: Report, yardstick: str) -> float | None:
    found = (report.get("yardsticks") or {}).get(yardstick)
    return per_second / found if found else None


def _share(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:.{digits}%}"


def _gib(count: int | None) -> str:
    return "-" if count is None else f"{count / _GIB:.2f}"


def main() -> None:
    """Print the tables of a JSON file."""
    print(everything(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
