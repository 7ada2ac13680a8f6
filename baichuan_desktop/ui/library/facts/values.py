"""Facts under a title."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value; `is_path`: the value is elided in its middle."""

    name: str
    value: str
    is_path: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Facts under a title; those without a value are left out."""

    title: str
    facts: tuple[Fact, ...]
