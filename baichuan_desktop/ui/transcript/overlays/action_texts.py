"""What the actions of a row are called, how they are drawn, and which ones a row has."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from baichuan_desktop.ui.transcript.rows.row import Row, RowAction, RowKind

#: Those of the transcript itself, which are there for every message.
OWN_ACTIONS = frozenset({RowAction.COPY, RowAction.QUOTE, RowAction.SHOW_PLAIN})
#: Those with a button of their own, as far as they are offered.
BUTTONS = (RowAction.COPY, RowAction.REGENERATE, RowAction.EDIT, RowAction.CONTINUE)
#: Those in the menu behind the last button; deleting stands apart.
MENU = (
    RowAction.QUOTE,
    RowAction.SHOW_PLAIN,
    RowAction.RETRY_WITH,
    RowAction.COMPARE,
    RowAction.DUPLICATE_FROM_HERE,
)
DELETING = (RowAction.DELETE_VERSION, RowAction.DELETE_TURN)
ICONS = {
    RowAction.COPY: "copy",
    RowAction.REGENERATE: "regenerate",
    RowAction.EDIT: "pencil",
    RowAction.CONTINUE: "continue",
    RowAction.LEAVE_OUT: "pencil",
}


def offered(row: Row) -> frozenset[RowAction]:
    """What can be done with a row now."""
    if row.kind is RowKind.NOTE:
        return frozenset()
    own = OWN_ACTIONS if row.text else frozenset[RowAction]()
    if row.kind is RowKind.CONTINUATION:
        own -= {RowAction.SHOW_PLAIN}  # it is plain
    return own | row.actions


def action_text(action: RowAction) -> str:
    """The name of an action."""
    match action:
        case RowAction.COPY:
            return QCoreApplication.translate("RowActions", "Copy")
        case RowAction.REGENERATE:
            return QCoreApplication.translate("RowActions", "Answer again")
        case RowAction.RETRY_WITH:
            return QCoreApplication.translate("RowActions", "Answer again with other settings…")
        case RowAction.EDIT:
            return QCoreApplication.translate("RowActions", "Edit")
        case RowAction.CONTINUE:
            return QCoreApplication.translate("RowActions", "Continue this answer")
        case RowAction.QUOTE:
            return QCoreApplication.translate("RowActions", "Quote")
        case RowAction.COMPARE:
            return QCoreApplication.translate("RowActions", "Same question to another model…")
        case RowAction.DUPLICATE_FROM_HERE:
            return QCoreApplication.translate("RowActions", "Duplicate the chat up to here")
        case RowAction.SHOW_PLAIN:
            return QCoreApplication.translate("RowActions", "Plain text")
        case RowAction.DELETE_VERSION:
            return QCoreApplication.translate("RowActions", "Delete this version")
        case RowAction.LEAVE_OUT:
            return QCoreApplication.translate("RowActions", "Choose what to leave out…")
        case RowAction.DELETE_TURN:
            return QCoreApplication.translate("RowActions", "Delete question and answers")
