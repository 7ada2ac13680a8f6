"""Follows what the next prompt takes of the context, as one writes and as answers come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backends.text.chat_template import Role
from baichuan_desktop.services.chat.context.rounds import Round, rounds_of
from baichuan_desktop.services.chat.context.use import (
    ContextUse,
    Counted,
    Limits,
    chat_use,
    text_use,
)
from baichuan_desktop.services.chat.given import text_for_model, with_documents
from baichuan_desktop.services.chat.prompts import text_of
from baichuan_desktop.services.chat.values import (
    ChatMessage,
    Conversation,
    ConversationKind,
    Status,
)
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage, Sending
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.workers.token_counter import TokenCounter

_PAUSE_MS = 120  # after the last key
_WRITING_MS = 700  # between two looks at an answer that is being written
_CHUNK = 100  # messages that are read and counted at once, from the newest on


@dataclass(frozen=True, slots=True)
class _Next:
    """What the next prompt is made of."""

    limits: Limits
    system: str = ""
    draft: str = ""  #: the new message with its documents; of a base model, another text
    rounds: tuple[Round, ...] = ()  #: that the model may read, oldest first
    least: tuple[int, ...] = ()  #: the tokens that each of them has at the least
    left_out: frozenset[int] = frozenset()  #: questions whose rounds of these it is not given
    asked: Round | None = None  #: the round that is asked about already, in place of a draft
    above: str | None = None  #: of a base model, the text that is continued; None: there are turns

    @property
    def texts(self) -> list[str]:
        """What has to be counted beside messages."""
        return [text for text in (self.system, self.draft, self.above) if text]


@dataclass(frozen=True, slots=True)
class _History:
    """The rounds of a branch as they were read; see `_Next`."""

    of: tuple[int, int | None, bool]  #: the conversation, its head, and whether a draft follows
    rounds: tuple[Round, ...] = ()
    least: tuple[int, ...] = ()
    asked: Round | None = None


class ContextWatch(QObject):
    """Tells what the next prompt takes, each time that this changes. Nothing is computed here.

    Signals:
        changed: the ContextUse, or None: it is not known.
    """

    changed = Signal(object)

    def __init__(
        self,
        page: ChatPage,
        controller: ChatController,
        switcher: ModelSwitcher,
        counter: TokenCounter,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._page = page
        self._controller = controller
        self._switcher = switcher
        self._counter = counter
        self._store = controller.tree.store
        self.use: ContextUse | None = None  #: what was told last
        self._next: _Next | None = None
        self._history: _History | None = None  # as it was read last, until it changes
        self._tokens: dict[int, int] = {}  # by message
        self._growing: set[int] = set()  # messages that were counted while they were written
        self._request = 0
        self._messages: list[int] = []  # that were asked about, at the end of the request
        self._soon, self._later = QTimer(self), QTimer(self)
        for timer, pause in ((self._soon, _PAUSE_MS), (self._later, _WRITING_MS)):
            timer.setSingleShot(True)
            timer.setInterval(pause)
            timer.timeout.connect(self.look)
        self._connect()

    def _connect(self) -> None:
        controller, switcher = self._controller, self._switcher
        self._page.draft_changed.connect(self._soon_again)
        for changed in (
            self._page.draft_opened,
            self._page.sent,
            controller.rows_changed,
            controller.state_changed,
            controller.answer_finished,
            switcher.ready,
            switcher.began,
            switcher.lost,
            switcher.described,
            switcher.stepped_aside,
        ):
            changed.connect(self._look_soon)
        controller.text_arrived.connect(self._on_text)
        self._counter.model_changed.connect(self._on_model)
        self._counter.counted.connect(self._on_counted)

    @Slot()
    def _on_text(self) -> None:
        self._history = None
        if not self._later.isActive():
            self._later.start()

    @Slot()
    def _on_model(self) -> None:
        self._tokens.clear()
        self._look_soon()

    @Slot()
    def _look_soon(self) -> None:
        self._history = None
        self._soon.start()

    @Slot()
    def _soon_again(self) -> None:
        """Look once nobody types any more; what was said before is as it was."""
        self._soon.start()

    @property
    def rounds(self) -> Sequence[Round]:
        """The rounds before the next question, oldest first, those that are left out too."""
        return self._next.rounds if self._next is not None else ()

    def title_of(self, one: Round) -> str:
        """What the person wrote in the first message of a round."""
        return next((message.text for message in self._store.messages([one.first])), "")

    def text_of(self, one: Round) -> list[str]:
        """What a model reads of the messages of a round."""
        messages = self._store.messages(one.read)
        return [text_for_model(message, self._store.document) for message in messages]

    def used_with(self, counted: Sequence[Counted]) -> ContextUse | None:
        """What the next prompt takes with these rounds alone; None: not known yet."""
        return None if self._next is None else self._used(self._next, counted)

    @property
    def is_looking(self) -> bool:
        """Whether what was told last may not hold any more."""
        return self._soon.isActive() or self._request != 0

    @Slot()
    def look(self) -> None:
        """Find out what the next prompt is made of, and have counted what is not yet."""
        self._soon.stop()
        self._later.stop()
        self._counter.forget(self._request)
        self._request = 0
        for one in self._growing:
            self._tokens.pop(one, None)
        self._growing.clear()
        self._next = self._made_of()
        if self._next is None:
            self._tell(None)
        elif not self._counter.can_count:
            self._tell(self._as_answered(self._next.limits))
        else:
            self._settle(self._next)

    # --- what there is ------------------------------------------------------------------------

    def _made_of(self) -> _Next | None:
        """What the next prompt is made of; None where there is no model to give it to."""
        ready, model = self._switcher.running, self._switcher.current
        if ready is None or model is None:
            return None
        sending = self._page.previewed()
        limits = Limits(ready.context_length, sending.params.max_new_tokens, model.prompt_turns)
        conversation = self._controller.conversation
        if self._controller.begins_another:
            conversation = None
        draft = with_documents(sending.text, sending.attachments, self._store.document)
        if self._controller.completes:
            return _Next(limits, draft=draft, above=self._above(conversation, sending))
        system = sending.system_prompt if sending.system_prompt.strip() else ""
        made = _Next(limits, system, draft)
        return made if conversation is None else self._with_rounds(made, conversation, sending)

    def _above(self, conversation: Conversation | None, sending: Sending) -> str:
        """The text that a base model goes on with; another one begins a text of its own."""
        if conversation is None or sending.text.strip() or sending.attachments:
            return ""
        if conversation.kind is not ConversationKind.TEXT:
            return ""
        return text_of(self._store.messages(self._store.branch(conversation.head)))

    def _with_rounds(self, made: _Next, conversation: Conversation, sending: Sending) -> _Next:
        goes_on = bool(sending.text.strip() or sending.attachments)
        of = (conversation.id, conversation.head, goes_on)
        if self._history is None or self._history.of != of:
            self._history = self._read(of)
        found, left_out = self._history, conversation.settings.left_out
        return replace(
            made, rounds=found.rounds, least=found.least, asked=found.asked, left_out=left_out
        )

    def _read(self, of: tuple[int, int | None, bool]) -> _History:
        """The rounds of a branch; the last one is asked about where no draft follows it."""
        branch = self._store.branch(of[1])
        outlines = self._store.outlines(branch)
        if not outlines:
            return _History(of)
        last = outlines[-1]
        is_asked = not of[2] and (last.role is Role.USER or not last.characters)
        rounds = rounds_of(branch, outlines, goes_on=not is_asked)
        asked = rounds.pop() if is_asked else None
        may_be_read = tuple(one for one in rounds if one.read)
        sizes = {one: each.characters for one, each in zip(branch, outlines, strict=False)}
        least = tuple(self._least(one, sizes) for one in may_be_read)
        return _History(of, may_be_read, least, asked)

    def _least(self, one: Round, characters: Mapping[int, int]) -> int:
        """The fewest tokens that a round can have: one for who speaks, and those of the text."""
        ready = self._switcher.running
        longest = ready.longest_token if ready is not None else None
        if longest is None:
            return len(one.read)
        return sum(1 + -(-characters[message] // longest) for message in one.read)

    def _as_answered(self, limits: Limits) -> ContextUse:
        """What the last answer took, where nothing can be counted but by an answer."""
        model = self._controller.model
        name = model.shown_name.en if model is not None else ""
        tokens = self._controller.tree.context_tokens(self._controller.conversation, name)
        return text_use(replace(limits, max_new_tokens=0), above=tokens, draft=0)

    # --- counting -----------------------------------------------------------------------------

    def _settle(self, made: _Next) -> None:
        """Tell what is known, and ask for what is not."""
        missing = [text for text in made.texts if self._counter.known(text) is None]
        use = None if missing else self._used(made, self._counted(made))
        if use is not None and made.asked is None and not made.draft:
            use = replace(use, draft=0)  # nobody has begun a message
        if use is not None:
            self._tell(use)
            return
        texts = []
        self._messages = []
        for message in self._uncounted(made):
            self._messages.append(message.id)
            texts.append(text_for_model(message, self._store.document))
            if message.status is Status.WRITING:
                self._growing.add(message.id)
        self._request = self._counter.ask([*missing, *texts])

    def _used(self, made: _Next, counted: Sequence[Counted]) -> ContextUse | None:
        def known(text: str) -> int:
            return (self._counter.known(text) or 0) if text else 0

        if made.above is not None:
            return text_use(made.limits, above=known(made.above), draft=known(made.draft))
        draft: int | None = known(made.draft)
        if made.asked is not None:
            draft = self._tokens_of(made.asked)
            draft = None if draft is None else draft - 1  # the id of its turn is not the draft's
        if draft is None:
            return None
        return chat_use(counted, made.limits, system=known(made.system), draft=draft)

    def _counted(self, made: _Next) -> list[Counted]:
        """The rounds that are given if they fit; none is looked at before one not yet counted."""
        counted: list[Counted] = []
        is_known = True
        for one in reversed(made.rounds):
            if one.question in made.left_out:
                continue
            tokens = self._tokens_of(one) if is_known else None
            is_known = tokens is not None
            counted.append(Counted(one, tokens))
        return counted[::-1]

    def _tokens_of(self, one: Round) -> int | None:
        """The tokens of a round, with the ids that begin its turns."""
        tokens = [self._tokens.get(message) for message in one.read]
        known = [count for count in tokens if count is not None]
        return sum(known) + len(known) if len(known) == len(tokens) else None

    def _uncounted(self, made: _Next) -> Sequence[ChatMessage]:
        """The newest messages that are not counted, as far as they may fit."""
        ids: list[int] = []
        tokens = 0
        for one, least in _newest_first(made):
            known = self._tokens_of(one)
            tokens += least if known is None else known
            if tokens > made.limits.context_length or len(ids) >= _CHUNK:
                break
            ids += [message for message in one.read if message not in self._tokens]
        return self._store.messages(ids)

    @Slot(int, object)
    def _on_counted(self, request_id: int, counts: tuple[int, ...]) -> None:
        if request_id != self._request or self._next is None:
            return
        self._request = 0
        if not counts:
            self._tell(self._as_answered(self._next.limits))
            return
        texts = len(counts) - len(self._messages)
        self._tokens.update(zip(self._messages, counts[texts:], strict=True))
        self._settle(self._next)

    def _tell(self, use: ContextUse | None) -> None:
        if use != self.use:
            self.use = use
            self.changed.emit(use)


def _newest_first(made: _Next) -> Iterator[tuple[Round, int]]:
    """The rounds that may be given, with the fewest tokens that each can have."""
    if made.asked is not None:
        yield made.asked, 0  # it is given in any case
    for one, least in zip(reversed(made.rounds), reversed(made.least), strict=True):
        if one.question not in made.left_out:
            yield one, least
