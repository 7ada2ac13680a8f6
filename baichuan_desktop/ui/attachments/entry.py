"""A document that goes with the draft of a conversation, from the file to what is given of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from backends.errors import UserFacingError
from baichuan_desktop.services.chat.attaching.plan import Counted, Divided, Wish
from baichuan_desktop.services.documents.values import Attachment, Document
from baichuan_desktop.workers.request_id import new_request_id


@dataclass(slots=True, eq=False)
class Entry:
    """What is known of it so far."""

    conversation_id: int
    name: str
    path: Path | None = None  #: of the file, as long as the window knows it
    document_id: int | None = None  #: None: nothing was read yet
    reading: int | None = None  #: the id of the reading that goes on
    progress: tuple[int, int] | None = None  #: of it: pages or the like that are done, and all
    error: UserFacingError | None = None  #: why nothing was read
    divided: Divided | None = None
    counted: Counted | None = None
    by_hand: Attachment | None = None  #: what the person chose of it
    given: Attachment | None = None  #: what is given for the text that stands in the field
    id: int = field(default_factory=new_request_id)

    @property
    def document(self) -> Document | None:
        """The document, once it is here."""
        return self.divided.document if self.divided is not None else None

    @property
    def wish(self) -> Wish | None:
        """The document as it is planned with; None until its tokens are counted."""
        return None if self.counted is None else Wish(self.counted, self.by_hand)

    @property
    def kept(self) -> Attachment | None:
        """The document as the draft keeps it: with what was chosen by hand, and nothing else."""
        if self.document_id is None:
            return None
        return self.by_hand or Attachment(self.document_id, self.name)


def is_by_hand(attachment: Attachment) -> bool:
    """Whether a draft keeps what a person chose, or only which document it is."""
    return attachment.given is not None or attachment.all_tokens > 0
