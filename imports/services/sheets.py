"""A look into a workbook before it is read: its sheets, its first rows, what its columns are."""

import datetime as dt
from dataclasses import dataclass
from itertools import islice

from django.core.exceptions import ValidationError

from imports.kinds import KINDS
from imports.kinds.base import Kind
from imports.models import ImportBatch
from imports.reading.columns import guess_mapping
from imports.reading.files import SheetError, Workbook
from imports.reading.layout import Header, find_header, header_at
from imports.services.batches import kind_of, path_of
from kylien.core import text

TOP = 12  # rows shown, to choose the header among
SAMPLES = 3  # values shown of each column
LOOKED_AT = 200  # rows below the header, for the values shown
WIDTH = 60  # columns of those rows
COLUMNS = 256  # that can be chosen from, as many as an .xls has
LETTERS = 60  # of a cell


@dataclass(frozen=True)
class Look:
    """What a sheet looks like under a header: all of it as text, numbers of people masked.

    `guessed`: `{place from 0: key of the kind's column}`. `top`: `(row's number, cells)`.
    """

    sheets: list[str]
    sheet: str
    header: Header
    guessed: dict[int, str]
    top: list[tuple[int, list[str]]]
    samples: list[list[str]]


def look(batch: ImportBatch, *, sheet: str, row: int | None = None, lines: int = 1) -> Look:
    """Look at a sheet under the header at `row`, or under the one that is found.

    Raises ValidationError for a sheet or a file that cannot be read.
    """
    kind = kind_of(batch)
    try:
        with Workbook(path_of(batch), batch.file_name) as book:
            if sheet not in book.sheets:
                sheet = book.best_sheet(kind)
            found = header_at(book, sheet, row, lines) if row else find_header(book, sheet, kind)
            first = found.row + found.lines
            top, below = [], []
            for number, cells in book.rows(sheet):
                if len(top) < TOP or number < first:
                    top.append((number, [shown(cell) for cell in cells[:WIDTH]]))
                if number >= first:
                    below.append(cells)
                if len(below) >= LOOKED_AT and len(top) >= TOP:
                    break
            names = _wide_enough(found.names, below)
            header = Header(found.row, found.lines, names)
            return Look(
                sheets=list(book.sheets),
                sheet=sheet,
                header=header,
                guessed=guess_mapping(found.names, kind),
                top=top[-TOP:] if found.row > TOP else top[:TOP],
                samples=[_samples(below, place) for place in range(len(names))],
            )
    except (SheetError, FileNotFoundError) as error:
        known = isinstance(error, SheetError)
        raise ValidationError(str(error) if known else "Tệp không còn: tải lên lại.") from error


def _wide_enough(names, rows):
    """Return the names of all columns that hold anything, nameless ones too."""
    widest = max((_last_filled(cells) for cells in rows), default=0)
    return [*names, *[""] * (widest - len(names))][:COLUMNS]


def _last_filled(cells):
    return max((n for n, cell in enumerate(cells, 1) if shown(cell)), default=0)


def _samples(rows, place):
    found = (shown(cells[place]) for cells in rows if place < len(cells))
    return list(islice(filter(None, found), SAMPLES))


def shown(cell) -> str:
    """Return a cell as people read it, with identity numbers and phones masked."""
    match cell:
        case None:
            return ""
        case bool():
            return "Có" if cell else "Không"
        case dt.datetime() if cell.hour or cell.minute:
            return f"{text.format_date(cell)} {cell:%H:%M}"
        case dt.date():
            return text.format_date(cell)
        case float() if cell.is_integer():
            cell = int(cell)
    words = " ".join(str(cell).split())[:LETTERS]
    digits = text.clean_id(words)
    return text.mask_id(digits) if digits.isdigit() and len(digits) >= 9 else words


def left_out(look: Look, mapping: dict[str, str]) -> list[str]:
    """Name the columns that nothing is read from; a nameless one that holds something by its
    letters."""
    columns = zip(look.header.names, look.samples, strict=True)
    return [
        name or f"cột {letters(place)}"
        for place, (name, samples) in enumerate(columns)
        if (name or samples) and str(place) not in mapping
    ]


def letters(place: int) -> str:
    """Return a column's letters as spreadsheets show them: 0 is A, 26 is AA."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found


def best_kind(file_path, name: str) -> Kind:
    """Return the kind whose columns fit a workbook best: most of them recognised, none that it
    needs missing. Raises SheetError where the file cannot be read or fits none."""
    found = []
    with Workbook(file_path, name) as book:
        for kind in KINDS.values():
            header = find_header(book, book.best_sheet(kind), kind)
            keys = set(guess_mapping(header.names, kind).values())
            if keys and not kind.missing(keys):
                found.append((len(keys), len(keys) / len(kind.columns), kind))
    if not found:
        raise SheetError("Không nhận ra loại dữ liệu theo tiêu đề cột: chỉ ra loại.")
    return max(found, key=lambda one: one[:2])[2]
