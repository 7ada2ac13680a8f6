"""How an answer was made, as it is kept beside its text."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace

from backends.errors import UserFacingError
from backends.events import Finished, FinishReason, ModelReady, PromptReady
from backends.generation.sampling import SamplingParams
from backends.protocol.wire_phrases import error_from_wire, error_to_wire
from baichuan_desktop.services.chat.values import AnswerDetails, Status


def begun(ready: ModelReady | None, params: SamplingParams, adapter: str = "") -> AnswerDetails:
    """What is known when an answer is asked for: what runs, and the sampling.

    `adapter` is the name of the adapter that the model answers with.
    """
    sampling = json.dumps(asdict(params))
    if ready is None:
        return AnswerDetails(sampling=sampling, adapter=adapter)
    return AnswerDetails(
        precision=ready.precision, backend=ready.backend, sampling=sampling, adapter=adapter
    )


def read(details: AnswerDetails, prompt: PromptReady) -> AnswerDetails:
    """With what did not fit in the prompt."""
    return replace(
        details,
        prompt_tokens=prompt.prompt_tokens,
        dropped_messages=prompt.dropped_messages,
        room_tokens=prompt.room_tokens,
    )


def ended(
    details: AnswerDetails, finished: Finished | None, error: UserFacingError | None
) -> AnswerDetails:
    """With its end: of its own, by an error, or by neither, which is a stop."""
    if finished is not None:
        return replace(
            details,
            new_tokens=finished.new_tokens,
            prompt_tokens=finished.prompt_tokens,
            tokens_per_second=finished.tokens_per_second,
            reason=finished.reason.value,
        )
    if error is not None:
        return replace(details, error=json.dumps(error_to_wire(error)))
    return replace(details, reason=FinishReason.CANCELLED.value)


def status_of(finished: Finished | None, error: UserFacingError | None) -> Status:
    """The status of an answer that ended so."""
    if finished is None:
        return Status.STOPPED if error is None else Status.BROKEN
    match finished.reason:
        case FinishReason.CANCELLED:
            return Status.STOPPED
        case FinishReason.LENGTH | FinishReason.CONTEXT:
            return Status.CUT
    return Status.FINISHED


def reason_of(details: AnswerDetails) -> FinishReason | None:
    """Why an answer ended; None where an error did it, or where it is not known."""
    try:
        return FinishReason(details.reason)
    except ValueError:
        return None


def error_of(details: AnswerDetails) -> UserFacingError | None:
    """The error that broke an answer off. A text that is no kept error is its own sentence."""
    if not details.error:
        return None
    try:
        return error_from_wire(json.loads(details.error))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # What another version or another program wrote there may be anything.
        return UserFacingError("{text}", text=details.error)


def params_of(details: AnswerDetails) -> SamplingParams | None:
    """The sampling of an answer; None where it is not known, or not possible here."""
    try:
        kept = json.loads(details.sampling)
        known = {field.name: kept[field.name] for field in fields(SamplingParams)}
        return SamplingParams(**{**known, "stop": tuple(known["stop"])})
    except (ValueError, KeyError, TypeError, UserFacingError):
        return None
