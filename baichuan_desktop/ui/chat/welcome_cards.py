"""What the page proposes before anything was said: by the kind of model, what works with it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from backends.events import ModelKind
from baichuan_desktop.services.library.registry import InstalledModel


@dataclass(frozen=True, slots=True)
class Card:
    """A proposal: what it is, and the text that comes of it."""

    icon: str
    title: str
    details: str
    text: str
    is_sent: bool = False  #: at once; else the text is a beginning in the field


def cards_for(model: InstalledModel, *, as_chat: bool) -> tuple[Card, ...]:
    """The proposals for a model, in the language of the window."""
    if model.bundled:
        return _questions()
    if model.kind is ModelKind.BASE and not as_chat:
        return _beginnings()
    return _tasks()


def _questions() -> tuple[Card, ...]:
    """For the guide, which answers questions about the app."""
    questions = (
        ("folder", QCoreApplication.translate("Welcome", "How do I open a model folder?")),
        ("question", QCoreApplication.translate("Welcome", "Does it work offline?")),
        ("chip", QCoreApplication.translate("Welcome", "How much memory does a 7B model need?")),
        ("stop", QCoreApplication.translate("Welcome", "How do I stop an answer?")),
    )
    return tuple(Card(icon, text, "", text, is_sent=True) for icon, text in questions)


def _tasks() -> tuple[Card, ...]:
    """For a model that chats."""
    return (
        Card(
            "document",
            QCoreApplication.translate("WelcomeCards", "Summarise a text"),
            QCoreApplication.translate("WelcomeCards", "Paste it, and say how long it may be"),
            QCoreApplication.translate(
                "WelcomeCards", "Summarise the following text in five sentences:"
            )
            + "\n\n",
        ),
        Card(
            "translate",
            QCoreApplication.translate("WelcomeCards", "Translate"),
            QCoreApplication.translate("WelcomeCards", "Chinese and English, keeps the tone"),
            QCoreApplication.translate(
                "WelcomeCards", "Translate the following text into Chinese, and keep its tone:"
            )
            + "\n\n",
        ),
        Card(
            "code",
            QCoreApplication.translate("WelcomeCards", "Explain or review code"),
            QCoreApplication.translate("WelcomeCards", "Paste it, and ask about what is unclear"),
            QCoreApplication.translate(
                "WelcomeCards", "Explain what this code does, and what could go wrong with it:"
            )
            + "\n\n",
        ),
        Card(
            "pencil",
            QCoreApplication.translate("WelcomeCards", "Draft a mail"),
            QCoreApplication.translate("WelcomeCards", "Say to whom, and what must be in it"),
            QCoreApplication.translate(
                "WelcomeCards", "Draft a short and polite mail to my supplier. It must say:"
            )
            + "\n- ",
        ),
    )


def _beginnings() -> tuple[Card, ...]:
    """For a base model, which goes on with the pattern of a text."""
    return (
        Card(
            "text",
            QCoreApplication.translate("WelcomeCards", "Complete a pair"),
            QCoreApplication.translate("WelcomeCards", "A poem and its poet, then only a poem"),
            QCoreApplication.translate(
                "Welcome", "登鹳雀楼->王之涣\n夜雨寄北->", "a poem's title and its poet; keep it"
            ),
        ),
        Card(
            "translate",
            QCoreApplication.translate("WelcomeCards", "Go on with a dictionary"),
            QCoreApplication.translate(
                "WelcomeCards", "Two words and their translations, then a third"
            ),
            "apple: 苹果\nbread: 面包\nriver:",
        ),
        Card(
            "pencil",
            QCoreApplication.translate("WelcomeCards", "Tell a story on"),
            QCoreApplication.translate("WelcomeCards", "A first sentence that breaks off"),
            QCoreApplication.translate(
                "WelcomeCards", "On the last evening of the year, the old clockmaker"
            ),
        ),
        Card(
            "document",
            QCoreApplication.translate("WelcomeCards", "Fill a list"),
            QCoreApplication.translate("WelcomeCards", "A heading, and the first number"),
            QCoreApplication.translate("WelcomeCards", "Five ways to save water at home:") + "\n1.",
        ),
    )
