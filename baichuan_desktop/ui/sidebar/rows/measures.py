"""Sizes of the rows, in pixels before the zoom."""

from __future__ import annotations

ROW = 34
MARGIN = 10  #: at the left of what is chosen, and at its right
RADIUS = 8
ICON = 15
