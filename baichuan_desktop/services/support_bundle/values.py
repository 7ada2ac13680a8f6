"""A part of a bundle for support."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BundlePart:
    """One file of a bundle, as it is shown and written."""

    name: str  #: in the bundle; always one of the app's own words
    text: str  #: all that it holds

    @property
    def size(self) -> int:
        """Bytes in UTF-8."""
        return len(self.text.encode())
