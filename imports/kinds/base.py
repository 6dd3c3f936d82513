"""What a kind of workbook is: its columns, what each row would do, and how rows are written.

A kind knows nothing of files, previews or undoing. It gets `Line`s (one a row, their values read
by its own columns), says of each what it is (`plan`), and writes those it is told to (`write`),
telling a `Journal` what it made and changed. The engine plans twice, for the preview and again in
the transaction that writes, so what the preview says is what is written.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from imports.models import ImportRow
from imports.reading import values

Outcome = ImportRow.Outcome
CellError = values.CellError  # raised by a column's reader; it stands there, below all kinds
Cell = Any  # what a sheet holds: None, str, int, float, bool, date, datetime, time
Value = Any  # what a column made of it, as JSON keeps it: None, str, int, bool; days as ISO texts


@dataclass(frozen=True)
class Column:
    """A column that a kind knows.

    `read(cell, warn)` returns the value, None for an empty cell or a placeholder; it raises
    CellError, and calls `warn(sentence)` where it mended something by a stated rule. `synonyms` are
    other headers people use, in Vietnamese and English, in any case and accents. `shown` formats
    the value for people, where it is not the text itself. `carried`: left empty it goes on from a
    row above, so the kind itself says of an empty cell whether it may be.
    """

    key: str
    label: str
    read: Callable[[Cell, Callable[[str], None]], Value]
    synonyms: tuple[str, ...] = ()
    required: bool = False
    example: str = ""
    hint: str = ""
    width: int = 16  # in letters, of the template's column
    secret: bool = False  # ids and phones: masked in the preview
    in_template: bool = True  # not where it only says in another way what others say
    shown: Callable[[Value], str] | None = None
    carried: bool = False


@dataclass(slots=True)
class Line:
    """A row of the sheet: `values` in the order of the kind's columns, and what reading said."""

    number: int
    values: list[Value]
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    decision: str = ""


@dataclass(slots=True)
class Planned:
    """What a row would do. `data` is the kind's own, handed to `write` in the same process."""

    outcome: str
    identifier: str = ""
    reasons: list[str] = field(default_factory=list)
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    candidates: list[dict] = field(default_factory=list)  # {pk, code, label, detail, why}
    data: Any = None


@dataclass(frozen=True)
class Option:
    """A value for the whole workbook, chosen before reading: a lodging, a neighbourhood, a day.

    `sort`: "record" (a code of `model`), "neighbourhood", or "day".
    """

    key: str
    label: str
    sort: str
    model: str = ""  # "businesses.Business"
    required: bool = False
    hint: str = ""


@dataclass(frozen=True)
class Run:
    """For whom and which day rows are planned and written; `options` by key, records as keys.

    `final`: planned in the transaction that writes, so what waits for a decision no longer can.
    """

    on: dt.date
    user: Any = None
    options: dict[str, Value] = field(default_factory=dict)
    progress: Callable[[int], None] = lambda done: None
    final: bool = False


class Journal:
    """Told what is written, row by row and in order; the engine keeps it (`services.writing`)."""

    def created(self, number: int, row: Model) -> None:
        """Note a row that was made; it has its key."""
        raise NotImplementedError

    def changed(self, number: int, row: Model, values: dict[str, tuple[Any, Any]]) -> None:
        """Note `{field's attname: (old, new)}` of a row that was there, after it was saved."""
        raise NotImplementedError


class Kind:
    """A kind of workbook. Subclasses declare the attributes and write `plan` and `write`."""

    key = ""
    label = ""
    hint = ""  # one sentence: what the sheet holds
    columns: tuple[Column, ...] = ()
    options: tuple[Option, ...] = ()
    examples: tuple[dict[str, str], ...] = ()  # rows of the template, by column; invented people
    repeating: tuple[type[Model], ...] = ()  # models whose rows hold no undoing back (`undoing`)

    def __init__(self):
        self.places = {column.key: place for place, column in enumerate(self.columns)}

    def value(self, line: Line, key: str) -> Value:
        """Return a line's value of a column; None where the sheet has none."""
        return line.values[self.places[key]]

    def missing(self, keys: Iterable[str]) -> list[Column]:
        """Return the columns without which a sheet that has those named by `keys` is no use."""
        return [column for column in self.columns if column.required and column.key not in keys]

    def plan(self, lines: Sequence[Line], run: Run) -> Iterator[Planned]:
        """Say of each line, in order, what it is; nothing is written.

        A line with `errors` is refused with them. A doubtful one follows its `decision` if it has
        one: "new", "skip" (refused), or "same:<key>" of a candidate. Bounded queries: look rows up
        by hundreds, not one by one.
        """
        raise NotImplementedError

    def write(self, chosen: Iterable[tuple[Line, Planned]], journal: Journal, run: Run) -> None:
        """Write the new and changed lines chosen; the caller has the transaction and the order."""
        raise NotImplementedError

    def kept_with(self, undo) -> Iterator[tuple[type[Model], int, str]]:
        """Yield what must stay because of what stays: `(model, key, reason)` of rows in
        `undo.remove` (`services.undoing.Plan`), such as the head of a household that stays."""
        return iter(())

    def undoing(self, undo) -> None:
        """Remove what only repeats the rows that are about to go and would hold them back."""

    def undone(self, undo) -> None:
        """Refresh what repeats the rows that an undoing removed or gave their old values back."""


def refused(line: Line, *reasons: str, identifier: str = "") -> Planned:
    """Return the plan of a line that cannot be taken."""
    return Planned(Outcome.REFUSED, identifier, [*line.errors, *reasons])
