"""What every refusal of a model has in common that the machine could run."""

from __future__ import annotations

from ..base import UserFacingError


class NotAdmittedError(UserFacingError):
    """A person, or an administrator, has a say in it first: no precision or device changes that."""
