"""Files of data as examples: read, encoded, cut, and a share of them held back for evaluation."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import TrainingDataError, TrainingSettingsError
from ...events import JobProgress, JobStep
from ...phrases import Phrase
from ...text.chat_template import Role
from ..values import Columns, Data, Masking
from .examples import Examples, ExampleStore
from .masking import Coding
from .opening import OpenData, opened
from .reading import conversations
from .remarks import Remark, Remarks
from .values import Conversation, Counts, Example, ReadFile, named_places

_ROWS_A_STEP = 64  # between two words on how far it is
_REMEMBERED = 20  # examples that are named at most


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that a training learns from, and what is to be told of it."""

    examples: Examples
    eval_examples: Examples
    counts: Counts
    files: tuple[ReadFile, ...]
    eval_files: tuple[ReadFile, ...] = ()
    notes: tuple[Phrase, ...] = ()


def preparing(
    data: Data, coding: Coding, *, seed: int = 42
) -> Generator[JobProgress, None, Prepared]:
    """The examples of `data`; yields how many of the files' bytes are read.

    Whoever closes it stops it.

    The same data, seed and coding give the same examples. Raises TrainingDataError for what cannot
    be read or learnt, TrainingSettingsError where nothing can be held back.
    """
    require_one_evaluation(data)
    vocabulary = max(coding.tokenizer.last_named, coding.turns.user, coding.turns.assistant)
    store = ExampleStore(max(vocabulary, coding.eos) + 1, coding.eos)
    tally = _Tally(data.max_length)
    reading = _Reading(data, coding, tally)
    files = yield from reading.of(data.files, data.columns, store)
    split = len(store)
    eval_files = yield from reading.of(data.eval_files, (), store)
    _require_something(data.files, split, tally)
    if data.eval_files:
        _require_something(data.eval_files, len(store) - split, tally)
    held = held_back(split, data.dev_ratio, seed) if not data.eval_files else frozenset()
    learnt = Examples(store, (one for one in range(split) if one not in held))
    evaluated = Examples(store, [*sorted(held), *range(split, len(store))])
    counts = tally.counts(len(learnt), len(evaluated), sum(learnt.lengths), learnt.trained_tokens)
    return Prepared(learnt, evaluated, counts, files, eval_files, tuple(reading.notes()))


def counting(data: Data, coding: Coding) -> Generator[JobProgress, None, Counts]:
    """How much there is to learn, before a share is held back; no example is kept.

    Yields how many of the files' bytes are read; whoever closes it stops it. Raises
    TrainingDataError.
    """
    tally = _Tally(data.max_length)
    yield from _Reading(data, coding, tally).of(data.files, data.columns, None)
    return tally.counts(tally.kept, 0, tally.tokens, tally.trained)


def require_one_evaluation(data: Data) -> None:
    """Raise TrainingSettingsError where files and a share are asked for, or the share is none."""
    if data.eval_files and data.dev_ratio:
        raise TrainingSettingsError(
            Phrase("Files for evaluation and a share of the data (--dev_ratio) cannot go together")
        )
    if not 0 <= data.dev_ratio < 1:
        raise TrainingSettingsError(
            Phrase(
                "The share that is held back is {share}, which is not from 0 to below 1",
                share=f"{data.dev_ratio:g}",
            )
        )


def held_back(count: int, share: float, seed: int) -> frozenset[int]:
    """Which of `count` examples are for evaluation: a share of them, rounded up, by chance.

    Raises TrainingSettingsError where nothing would be left to learn from.
    """
    if not share:
        return frozenset()
    most = math.ceil(round(count * share, 6))
    if most >= count:
        raise TrainingSettingsError(
            Phrase(
                "Of {count} examples, {held} would be held back for evaluation, and none is left "
                "to learn from",
                count=count,
                held=most,
            )
        )
    chance = random.Random(seed)  # whose numbers are the same in every version of Python
    keys = [chance.random() for _ in range(count)]
    return frozenset(heapq.nsmallest(most, range(count), key=keys.__getitem__))


def _require_something(files: Sequence[str], count: int, tally: _Tally) -> None:
    if count:
        return
    if tally.unlearnable:
        what = Phrase(
            "no example has anything left to learn; the longest has {longest} tokens, and "
            "{most} are kept",
            longest=tally.longest,
            most=tally.max_length,
        )
    else:
        what = Phrase("it holds no conversation that can be learnt from")
    raise TrainingDataError(Path(files[0]), what)


@dataclass(slots=True)
class _Tally:
    """Counts examples as they are made."""

    max_length: int
    rows: int = 0
    kept: int = 0
    tokens: int = 0
    trained: int = 0
    longest: int = 0
    cut_examples: int = 0
    cut_tokens: int = 0
    unlearnable: int = 0
    cut_places: list[tuple[int, str, int]] = field(default_factory=list)  #: most tokens cut first
    empty_places: list[tuple[str, int]] = field(default_factory=list)

    def learns(self, example: Example) -> bool:
        """Count an example; whether anything of it is learnt."""
        self.rows += 1
        length, cut = len(example.ids), example.cut_tokens
        self.longest = max(self.longest, length + cut)
        if cut:
            self.cut_examples += 1
            self.cut_tokens += cut
            keep = heapq.heappush if len(self.cut_places) < _REMEMBERED else heapq.heappushpop
            keep(self.cut_places, (cut, example.file, -example.line))
        trained = example.trained_tokens
        if not trained:
            self.unlearnable += 1
            if len(self.empty_places) < _REMEMBERED:
                self.empty_places.append((example.file, example.line))
            return False
        self.kept += 1
        self.tokens += length
        self.trained += trained
        return True

    def counts(self, examples: int, eval_examples: int, tokens: int, trained: int) -> Counts:
        return Counts(
            self.rows,
            examples,
            eval_examples,
            tokens,
            trained,
            self.longest,
            self.cut_examples,
            self.cut_tokens,
            self.unlearnable,
        )

    def notes(self) -> Iterator[Phrase]:
        if self.cut_examples:
            worst = sorted(self.cut_places, reverse=True)
            yield Phrase(
                "Examples of more than {most} tokens: {count} of {rows}, of which {cut} tokens "
                "are cut at the end, most of them at {where}.",
                count=self.cut_examples,
                rows=self.rows,
                most=self.max_length,
                cut=self.cut_tokens,
                where=named_places([(file, -line) for _, file, line in worst], self.cut_examples),
            )
        if self.unlearnable:
            yield Phrase(
                "Examples of which nothing is left to learn: {count} of {rows} left out, {where}.",
                count=self.unlearnable,
                rows=self.rows,
                where=named_places(self.empty_places, self.unlearnable),
            )


class _Reading:
    """Reads files one after the other."""

    def __init__(self, data: Data, coding: Coding, tally: _Tally) -> None:
        self._data = data
        self._coding = coding
        self._tally = tally
        self._remarks: list[Remarks] = []
        self._done = 0

    def of(
        self, files: Sequence[str], columns: Sequence[Columns], store: ExampleStore | None
    ) -> Generator[JobProgress, None, tuple[ReadFile, ...]]:
        """Read files, and keep their examples if there is a store. Raises TrainingDataError."""
        if columns and len(columns) != len(files):
            raise ValueError(f"{len(columns)} columns for {len(files)} files")
        read = []
        total = self._done + sum(_size(Path(name)) for name in files)
        for name, own in zip(files, columns or [Columns()] * len(files), strict=True):
            with opened(Path(name)) as data:
                before = self._tally.rows
                for done in self._file(data, own, store):
                    yield JobProgress(JobStep.CHECK, min(self._done + done, total), total)
                self._done += data.size
            read.append(ReadFile(name, data.sha256, data.size, self._tally.rows - before))
        return tuple(read)

    def _file(self, data: OpenData, columns: Columns, store: ExampleStore | None) -> Iterator[int]:
        remarks = Remarks(str(data.path))
        self._remarks.append(remarks)
        found = conversations(data, self._data.layout, columns, remarks)
        for number, conversation in enumerate(found):
            if number % _ROWS_A_STEP == 0:
                yield data.done_bytes
            self._remark(conversation, remarks)
            example = self._coding.example(conversation, self._data)
            if self._tally.learns(example) and store is not None:
                store.add(example)
        yield data.size

    def _remark(self, conversation: Conversation, remarks: Remarks) -> None:
        if self._data.masking is not Masking.PUBLISHED:
            return
        for message in conversation.messages:
            if message.role is Role.SYSTEM:
                remarks.add(Remark.SYSTEM_LEARNT, conversation.line)
        if all(message.role is Role.USER for message in conversation.messages):
            remarks.add(Remark.NO_ANSWER, conversation.line)
        if conversation.system:
            remarks.add(Remark.SYSTEM_UNUSED, conversation.line)

    def notes(self) -> Iterator[Phrase]:
        """What is to be told of all that was read."""
        yield from self._tally.notes()
        for remarks in self._remarks:
            yield from remarks.notes()


def _size(path: Path) -> int:
    with opened(path) as data:
        return data.size
