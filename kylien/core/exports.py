"""Files for spreadsheets: CSV that opens safely in Excel and LibreOffice."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain

from .periods import TZ
from .text import fold, format_date

# What makes a spreadsheet read a cell as a formula, also after blanks and in full width (OWASP,
# "CSV Injection"). A plain negative number is none.
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
_NEGATIVE = re.compile(r"-[0-9]+(?:[.,][0-9]+)*")


def safe_cell(value: object) -> object:
    """Return what a spreadsheet may be given for a value.

    Text that could run as a formula gets a leading apostrophe; dates become dd/mm/yyyy, moments
    dd/mm/yyyy HH:MM in local time, truth values Có and Không, None an empty text. Numbers stay.
    Identity numbers and phones stay text as they are: CSV cannot keep a leading zero in Excel,
    so offer xlsx where that matters.
    """
    match value:
        case None:
            return ""
        case bool():
            return "Có" if value else "Không"
        case datetime():
            local = value.astimezone(TZ) if value.tzinfo else value
            return f"{format_date(local)} {local:%H:%M}"
        case date():
            return format_date(value)
        case str():
            risky = _FORMULA.match(value) and not _NEGATIVE.fullmatch(value)
            return f"'{value}" if risky else value
        case int() | float():
            return value
    # Decimals, lazy translations, model instances: what they print decides.
    return safe_cell(str(value))


class _Echo:
    """A file that hands each line back to the writer instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(header: Sequence[object], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """Yield the lines of a CSV file: UTF-8 with a byte order mark, commas, CRLF, safe cells.

    Rows are asked for one by one, so that a long export needs no memory.
    """
    writer = csv.writer(_Echo())
    # Without the mark Excel reads the file in the PC's code page and breaks Vietnamese letters.
    yield "\ufeff".encode()
    for row in chain([header], rows):
        # A lone surrogate from a broken import must not stop the download half way.
        yield writer.writerow(map(safe_cell, row)).encode(errors="replace")


def filename(stem: str, day: date, extension: str = "csv") -> str:
    """Return an ASCII file name with the day: "nhan-khau-2026-11-24.csv"."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(stem)).strip("-") or "du-lieu"
    return f"{slug}-{day:%Y-%m-%d}.{extension}"
