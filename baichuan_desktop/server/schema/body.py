"""A request's body as typed fields, or an error that names the field that is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baichuan_desktop.server.api_errors import ApiError
from baichuan_desktop.server.schema.refused import Refused, without_refused

_MOST_SAID: Final = 64  # characters of a name

#: Longer than any; an error says it again.
ModelId = Annotated[str, Field(max_length=256)]


class Body(BaseModel):
    """Fields of an object: null is as good as none, and nothing is taken for something else."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def read(
        cls, content: Mapping[str, object], refused: Mapping[str, Refused] | None = None
    ) -> Self:
        """The body of a request. Raises ApiError, 400, naming the field."""
        known = without_refused(content, refused or {})
        try:
            return cls.model_validate(known)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise _api_error(first["type"], first["loc"], first["msg"], cls) from None


def wrong(param: str, what: str, code: str = "invalid_value") -> ApiError:
    """The error of a field whose value cannot be taken; `what` is a sentence."""
    return ApiError(400, what, param=param, code=code)


def _api_error(
    kind: str, place: Sequence[int | str], message: str, model: type[BaseModel]
) -> ApiError:
    param = _named(place)
    if kind == "missing":
        return wrong(param, f"“{param}” is missing.", "missing_required_parameter")
    if kind == "extra_forbidden":
        return wrong(param, _unknown(param, list(model.model_fields)), "unknown_parameter")
    said = message.partition(" should ")[2]  # “Input should be …”, “String should have …”
    return wrong(param, f"“{param}” should {said}." if said else f"“{param}” is wrong: {message}.")


def _unknown(param: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(param, known, n=1)
    meant = f" Do you mean “{close[0]}”?" if close else ""
    return f"“{param}” is not known here, and might change what is answered.{meant}"


def _cut(name: str) -> str:
    """A name as it is said again: a client may have called a field anything."""
    return name if len(name) <= _MOST_SAID else f"{name[:_MOST_SAID]}…"


def _named(place: Sequence[Any]) -> str:
    """As the API names it: messages[0].content; what a union tries is left out."""
    name = ""
    for step in place:
        if isinstance(step, int):
            name += f"[{step}]"
        elif step.isidentifier() or not name:
            name += f".{step}" if name else step
    return _cut(name)
