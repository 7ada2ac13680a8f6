"""Why a message does not go with its documents: it stays in the field, with all of them."""

from __future__ import annotations

from backends.errors import UserFacingError


class AttachingError(UserFacingError):
    """Something a person can change before sending again."""

    help_topic = "documents"


class DocumentsTooLongError(AttachingError):
    """What was chosen by hand does not fit."""

    def __init__(self, tokens: int, most: int) -> None:
        super().__init__(
            "What is given of the documents takes {tokens} tokens, and beside your message, the "
            "system prompt and the answer there is room for {most}.",
            hint="Give fewer passages, remove a document, or have an answer of fewer tokens.",
            tokens=tokens,
            most=most,
        )


class NoPassageFitsError(AttachingError):
    """The room is too small for any passage of a document."""

    def __init__(self, name: str, most: int) -> None:
        super().__init__(
            "No passage of “{name}” fits: beside your message, the system prompt and the answer "
            "there is room for {most} tokens.",
            hint="Write a shorter message, remove other documents, or have an answer of fewer "
            "tokens.",
            name=name,
            most=most,
        )


class NothingGivenError(AttachingError):
    """Every passage of a document was taken away by hand."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "No passage of “{name}” is chosen, so the model would be given nothing of it.",
            hint="Choose passages of it, or remove it from the message.",
            name=name,
        )


class UnreadDocumentError(AttachingError):
    """A document is there of which nothing was read."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "“{name}” was not read, so the model would be given nothing of it.",
            hint="Remove it from the message, or attach another file.",
            name=name,
        )


class TextTakesNoDocumentsError(AttachingError):
    """A base model goes on with the text that is there."""

    def __init__(self) -> None:
        super().__init__(
            "This model continues a text, and is not given documents.",
            hint="Paste what it shall read into the field, use it as a chat model (menu File), or "
            "choose a chat model.",
        )


class UncountableDocumentsError(AttachingError):
    """Nobody can say how much of a document fits."""

    def __init__(self) -> None:
        super().__init__(
            "The tokens of the documents cannot be counted for this model, so nobody can say how "
            "much of them it would be given.",
            hint="Remove the documents and paste what matters, or load the model again.",
        )


class TooManyDocumentsError(AttachingError):
    """More than one message takes."""

    def __init__(self, most: int) -> None:
        super().__init__(
            "A message takes {most} documents at most; the others were not attached.",
            hint="Ask about them in another message.",
            most=most,
        )
