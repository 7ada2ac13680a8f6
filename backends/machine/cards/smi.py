"""What the program nvidia-smi tells of the cards, for where NVML does not answer.

It is the same driver, told by a program: more slowly, and without the CUDA version in its table.
What it prints is read by pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from xml.etree import ElementTree

from .values import Listed, Listing, Memory

#: Runs a program with arguments; "" where there is none, it fails, or takes too long.
Run = Callable[[Sequence[str]], str]

_PROGRAM = "nvidia-smi"
_FIELDS = "index,uuid,name,memory.total,memory.free,compute_cap,driver_version"
_PLAIN = "--format=csv,noheader,nounits"
#: A row of the table. Nothing is quoted in it, and a name may hold commas, and go on in a new line:
#: it is what stands between the first two facts and the last four.
_ROW = re.compile(
    r"^[^\S\n]*(\d+),([^,\n]*),((?:(?!\n\s*\d+,).)*?),([^,\n]*),([^,\n]*),([^,\n]*),([^,\n]*)$",
    re.MULTILINE | re.DOTALL,
)
_MIB = 2**20
#: What stands for a fact that a card does not have; of a lost card it says something else.
_NONE = frozenset({"[N/A]", "N/A", "[Not Supported]", "Not Supported"})
_INSTANCE = re.compile(r"^\s+MIG (\S+)\s+Device\s+(\d+): \(UUID: (MIG-[^)\s]+)\)$")
_CARD = re.compile(r"^GPU \d+: .*\(UUID: (GPU-[^)\s]+)\)$")


def listing(run: Run) -> Listing:
    """The driver and its cards; no cards where the program tells none."""
    table = run([_PROGRAM, f"--query-gpu={_FIELDS}", _PLAIN])
    found = parse_table(table)
    if not found.cards:
        return found
    details = run([_PROGRAM, "--query", "--xml-format"])
    is_divided = "<mig_device>" in details
    return with_details(found, details, run([_PROGRAM, "--list-gpus"]) if is_divided else "")


def held_bytes(run: Run, uuid: str, pid: int) -> int | None:
    """What a process holds of the memory of a card; None where it is not told.

    Of an instance it is never told: the table names the card around it.
    """
    text = run([_PROGRAM, "--query-compute-apps=gpu_uuid,pid,used_gpu_memory", _PLAIN])
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]
    held = [row[2] for row in rows if len(row) == 3 and row[:2] == [uuid, str(pid)]]
    sizes = [_mib(size) for size in held]
    return None if not sizes or None in sizes else sum(size for size in sizes if size is not None)


# --- the table -------------------------------------------------------------------------------


def parse_table(text: str) -> Listing:
    """The driver and the whole cards of the table that nvidia-smi printed."""
    found = _ROW.findall("\n".join(text.splitlines()))
    rows = [[cell.strip() for cell in row] for row in found]
    cards = tuple(_card(row) for row in rows)
    drivers = [row[-1] for row in rows if row[-1][:1].isdecimal()]
    return Listing(driver=drivers[0] if drivers else "", cards=cards)


def _card(row: Sequence[str]) -> Listed:
    number, uuid, name, total, free, capability, _ = row
    return Listed(
        int(number),
        uuid,
        name,
        _memory(total, free),
        _capability(capability),
        is_unified=total in _NONE and free in _NONE,
    )


def _memory(total: str, free: str) -> Memory | None:
    sizes = _mib(total), _mib(free)
    return None if sizes[0] is None or sizes[1] is None else Memory(sizes[0], sizes[1])


def _capability(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def _mib(text: str) -> int | None:
    """Bytes of a number of MiB, with or without its unit; None for words."""
    number = text.removesuffix("MiB").strip()
    return int(number) * _MIB if number.isdecimal() else None


# --- details ---------------------------------------------------------------------------------


def with_details(listing: Listing, xml: str, names: str) -> Listing:
    """A listing with what the long report adds: the CUDA version, reserved memory, instances.

    `names` is the list of names, which alone has the UUIDs of instances.
    """
    try:
        report = ElementTree.fromstring(xml)
    except ElementTree.ParseError:  # an older program, or none
        return listing
    nodes = {_text(node, "uuid"): node for node in report.iter("gpu")}
    known = dict(_instance_names(names))
    cards = tuple(
        _detailed(card, nodes[card.uuid], known) if card.uuid in nodes else card
        for card in listing.cards
    )
    return Listing(listing.driver, _capability(_text(report, "cuda_version")), cards)


def _detailed(
    card: Listed, node: ElementTree.Element, names: Mapping[tuple[str, int], tuple[str, str]]
) -> Listed:
    if _text(node, "mig_mode/current_mig") == "Enabled":
        parts = (_instance(card, part, names) for part in node.iter("mig_device"))
        instances = tuple(part for part in parts if part is not None)
        return replace(card, memory=None, is_divided=True, instances=instances)
    card = replace(card, has_display=_text(node, "display_active") == "Enabled")
    if card.memory is None:
        return card
    reserved = _mib(_text(node, "fb_memory_usage/reserved"))
    return replace(card, memory=replace(card.memory, reserved=reserved or 0))


def _instance(
    card: Listed, node: ElementTree.Element, names: Mapping[tuple[str, int], tuple[str, str]]
) -> Listed | None:
    """An instance of a card; None where it has no name by which CUDA could be told of it."""
    place = _text(node, "index")
    if not place.isdecimal() or (card.uuid, int(place)) not in names:
        return None
    profile, uuid = names[card.uuid, int(place)]
    ids = f"{_text(node, 'gpu_instance_id')}/{_text(node, 'compute_instance_id')}"
    return Listed(
        card.number,
        uuid,
        f"{card.name} MIG {profile}",
        _memory(_text(node, "fb_memory_usage/total"), _text(node, "fb_memory_usage/free")),
        card.compute_capability,
        former_id=f"MIG-{card.uuid}/{ids}",
    )


def _instance_names(names: str) -> Iterator[tuple[tuple[str, int], tuple[str, str]]]:
    """Profile and UUID of each instance, by the UUID of its card and its place there."""
    card = ""
    for line in names.splitlines():
        if match := _CARD.match(line):
            card = match[1]
        elif match := _INSTANCE.match(line):
            yield (card, int(match[2])), (match[1], match[3])


def _text(node: ElementTree.Element, path: str) -> str:
    return (node.findtext(path) or "").strip()
