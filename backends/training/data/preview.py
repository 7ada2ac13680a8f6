"""The first examples as a person sees them: what is read, what of it is learnt, what is cut."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path

from ...text.detokenizer import StreamingDetokenizer
from ..values import Columns, Data
from .masking import Coding
from .opening import opened
from .reading import conversations
from .remarks import Remarks
from .values import IGNORED, Conversation, ShownExample, ShownToken

_MOST_CUT_SHOWN = 200  # tokens; whoever sees so many knows what is meant


def shown_examples(data: Data, coding: Coding, count: int) -> tuple[ShownExample, ...]:
    """The first `count` examples; nothing behind them is read. Raises TrainingDataError."""
    with closing(_conversations(data)) as found:
        return tuple(shown(one, data, coding) for one in islice(found, count))


def shown(conversation: Conversation, data: Data, coding: Coding) -> ShownExample:
    """One example, token by token. Raises TrainingDataError."""
    pair, most = coding.whole(conversation, data.masking), data.max_length
    tokenizer = coding.tokenizer
    control = tokenizer.control_ids | {coding.turns.user, coding.turns.assistant, coding.eos}
    texts = _texts(pair.ids[: most + _MOST_CUT_SHOWN], control, coding)
    tokens = []
    for place, text in enumerate(texts):
        token_id, label = pair.ids[place], pair.labels[place]
        is_cut = place >= most
        is_trained = label != IGNORED and place > 0 and not is_cut
        learns = coding.name(label) if is_trained and label != token_id else ""
        tokens.append(ShownToken(token_id, text, token_id in control, is_trained, learns, is_cut))
    cut = max(len(pair.ids) - most, 0)
    return ShownExample(tuple(tokens), cut, conversation.file, conversation.line)


def _conversations(data: Data) -> Generator[Conversation, None, None]:
    columns = data.columns or [Columns()] * len(data.files)
    for name, own in zip(data.files, columns, strict=True):
        with opened(Path(name)) as source:
            yield from conversations(source, data.layout, own, Remarks(name))


def _texts(ids: list[int], control: frozenset[int], coding: Coding) -> list[str]:
    """What each id completes of the text; half a character before a control token is its last's."""
    detokenizer = StreamingDetokenizer(coding.tokenizer)
    texts: list[str] = []
    for one in ids:
        is_control = one in control
        if is_control and texts and (rest := detokenizer.flush()):
            texts[-1] += rest
        texts.append(coding.name(one) if is_control else detokenizer.add(one))
    if texts and (rest := detokenizer.flush()):
        texts[-1] += rest
    return texts
