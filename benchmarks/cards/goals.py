"""Which goals a run of `cuda.py` meets: what is asked of it, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_GIB: Final = 2**30
#: GiB of weights by shape and precision, as the model cards state them.
PUBLISHED_GIB: Final = {
    ("baichuan2-7b", "bf16"): 14.0,
    ("baichuan2-7b", "8bit"): 8.0,
    ("baichuan2-7b", "4bit"): 5.1,
    ("baichuan2-13b", "bf16"): 25.9,
    ("baichuan2-13b", "8bit"): 14.2,
    ("baichuan2-13b", "4bit"): 8.6,
}
_PLAIN: Final = ("bf16", "fp16")
#: How many times as fast as another program a step shall be, by how its ways are called.
_PEERS: Final = {"generate": 1.5, "llama.cpp": 1.0}
#: Cards slower than this are bound by bandwidth alone; on faster ones launch gaps weigh too.
_FAST_CARD: Final = 1.1e12


def judged(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each goal that could be judged: what, where, the figure, the limit, whether it is met."""
    found: list[dict[str, Any]] = []

    def judge(what: str, where: str, figure: float, limit: float, *, most: bool = False) -> None:
        met = figure <= limit if most else figure >= limit
        found.append({"what": what, "where": where, "figure": figure, "limit": limit, "met": met})

    copy = (report.get("yardsticks") or {}).get("copy")
    product = (report.get("yardsticks") or {}).get("product")
    steps: dict[tuple[str, int, str], float] = {}
    for case in report.get("cases", []):
        name, plain = case["name"], case["precision"] in _PLAIN
        published = PUBLISHED_GIB.get((case["shape"], case["precision"]))
        allocated = case.get("weights_allocated_bytes")
        if published and allocated:
            judge("weights beside published", name, allocated / _GIB / published, 1.03, most=True)
        if "parity" in case and (plain or case["parity"]["recorded"]):
            equal = case["parity"]["equal"] and case["parity"]["recorded"]
            judge("graph equals ordinary path", name, float(equal), 1)
        for at in case.get("decode", []):
            where = f"{name}, context {at['context']:,}"
            way = at.get("graph") or at["eager"]
            seconds = way["median_seconds"]
            steps[case["shape"], at["context"], case["precision"]] = seconds
            if sampling := report.get("sampling_seconds"):
                judge("sampling, of a step", where, sampling / seconds, 0.05, most=True)
            if plain and copy:
                limit = 0.80 if copy < _FAST_CARD else 0.65
                share = at["bytes_per_token"] / seconds / copy
                judge("decode, of copy bandwidth", where, share, limit)
            for peer, limit in _PEERS.items():
                times = [
                    one["median_seconds"]
                    for one in case.get("peers", [])
                    if one["context"] == at["context"] and one["way"].startswith(peer)
                ]
                if times:
                    judge(f"decode, times the best {peer}", where, min(times) / seconds, limit)
        own = case.get("prefill", [])[:1]
        if plain and product and own:
            share = own[0]["operations_per_second"] / product
            judge("prefill in chunks, of a large product", name, share, 0.40)
    for row in report.get("choices", []):
        if not row["saves_bytes"]:  # the others are gone by for want of memory
            taken = row["ways"][row["taken"]]
            others = [took for way, took in row["ways"].items() if way != row["taken"]]
            judge(f"{row['choice']}, times the other way", row["where"], min(others) / taken, 0.98)
    if copy and copy < _FAST_CARD:
        for (shape, context, precision), seconds in steps.items():
            plain_seconds = steps.get((shape, context, "bf16")) or steps.get(
                (shape, context, "fp16")
            )
            if precision == "4bit" and plain_seconds:
                where = f"{shape}, context {context:,}"
                judge("4-bit decode, times 16-bit", where, plain_seconds / seconds, 1)
    return found
