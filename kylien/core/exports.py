"""Files for spreadsheets: CSV that opens safely in Excel and LibreOffice, and workbooks."""

import csv
import datetime as dt
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import BinaryIO

import xlsxwriter
from django import forms
from django.conf import settings

from kylien.core import text
from kylien.core.reveal import way

from .periods import TZ
from .text import fold, format_date

PEOPLE_WITHOUT_REASON = 50  # whoever takes more of them along says what for
MAX_ROWS = 1_048_575  # of a sheet, below its header
FILTER_SHEET = "Bộ lọc"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

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


# --- Workbooks ----------------------------------------------------------------------------------

_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_NAME_LIMIT = 31
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_HEAD = {"bold": True, "bg_color": "#E4F1E9", "border": 1, "valign": "vcenter"}
_NARROW, _WIDE = 8, 50  # letters
_SHAPES = {"text": "@", "day": "dd/mm/yyyy", "moment": "dd/mm/yyyy hh:mm", "number": "General"}
_LETTERS = {"day": 10, "moment": 16}


def sheet_name(name: str) -> str:
    """Return a name that Excel takes for a sheet."""
    return _NOT_IN_NAMES.sub(" ", name).strip(" '")[:_NAME_LIMIT].rstrip(" '") or "Dữ liệu"


def sheet_text(words: str) -> str:
    """Return a text that XlsxWriter writes as it stands, whatever it holds.

    It takes "<r>…</r>" for its own mark-up and lets through what no XML may hold.
    """
    words = _NOT_IN_XML.sub("\ufffd", words)
    return f"{words} " if words.startswith("<r>") and words.endswith("</r>") else words


def write_workbook(
    file: BinaryIO,
    *,
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    author: str,
    at: datetime,
    about: Callable[[int], Iterable[tuple[str, str]]],
) -> int:
    """Write an .xlsx of rows to `file`; return how many.

    Days and numbers are days and numbers, all else is text and stays text when edited: identity
    numbers keep their zeros, and nothing runs as a formula. The second sheet holds `about(count)`,
    lines of what and how it is, and the printed pages say who took them along, and when.
    Rows are asked for one by one. Raises ValueError beyond `MAX_ROWS`.
    """
    with tempfile.TemporaryDirectory(prefix="export-") as folder:
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_urls": False,
        }
        with xlsxwriter.Workbook(file, options) as book:
            book.set_properties({"title": title, "author": author, "created": at})
            data, filters = book.add_worksheet(sheet_name(title)), book.add_worksheet(FILTER_SHEET)
            count = _Sheet(book, data).fill(header, rows)
            told = f"{title} – {author}, {safe_cell(at)}".replace("&", "&&")
            data.set_footer(f"&L{told[:200]}&R&P/&N")
            _Sheet(book, filters).fill(("Mục", "Nội dung"), about(count))
    return count


class _Sheet:
    """A sheet written from the top: a header that stays in sight, typed cells, fitting columns."""

    def __init__(self, book, sheet):
        self.sheet = sheet
        self.head = book.add_format(_HEAD)
        self.formats = {
            shape: book.add_format({"num_format": code, "valign": "top"})
            for shape, code in _SHAPES.items()
        }

    def fill(self, header, rows) -> int:
        """Write header and rows; return how many rows. Raises ValueError for more than fit."""
        sheet, line = self.sheet, 0
        widths = [len(label) + 3 for label in header]  # the filter's button takes room
        for place, label in enumerate(header):
            sheet.write_string(0, place, sheet_text(label), self.head)
        for line, row in enumerate(rows, 1):
            if line > MAX_ROWS:
                raise ValueError("More rows than a sheet takes.")
            for place, value in enumerate(row):
                letters = self.write(line, place, value)
                if letters > widths[place]:
                    widths[place] = letters
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(max(width + 1, _NARROW), _WIDE))
        last = len(header) - 1
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, line, last)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MAX_ROWS + 1}"})
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        return line

    def write(self, line, place, value) -> int:
        """Write a cell by what its value is; return how many letters it takes."""
        match value:
            case None | "":
                return 0
            case str():
                shape = "text"
            case bool():
                shape, value = "text", safe_cell(value)
            case datetime() if value.year >= 1900:  # the first year that Excel knows
                shape = "moment"
                value = value.astimezone(TZ).replace(tzinfo=None) if value.tzinfo else value
                value = value.replace(second=0, microsecond=0)  # as pages show it
            case date() if value.year >= 1900:
                shape, value = "day", datetime.combine(value, dt.time())
            case int() | float() | Decimal() if abs(value) < 1e15:  # no NaN; Excel's 15 digits
                shape = "number"
            case datetime() | date():
                shape, value = "text", safe_cell(value)
            case _:  # lazy translations, model instances: what they print decides
                shape, value = "text", str(value)
        kept = self.formats[shape]
        if shape == "text":
            self.sheet.write_string(line, place, sheet_text(value), kept)
            return len(value)
        if shape == "number":
            self.sheet.write_number(line, place, value, kept)
            return len(str(value))
        self.sheet.write_datetime(line, place, value, kept)
        return _LETTERS[shape]


# --- The reason ---------------------------------------------------------------------------------


class ReasonField(forms.CharField):
    """A sentence that says what for; its blanks count for nothing."""

    def to_python(self, value):
        return text.clean(super().to_python(value))


class ExportForm(forms.Form):
    """Why a list leaves the portal; asked for where it holds more than 50 people."""

    reason = ReasonField(
        label="Lý do xuất",
        min_length=10,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 200, "autocomplete": "off"}),
        help_text="Dùng vào việc gì, gửi cho ai. Nhật ký giữ lý do này.",
        error_messages={
            "required": "Ghi lý do xuất.",
            "min_length": "Ghi rõ hơn, từ 10 ký tự: dùng vào việc gì, gửi cho ai.",
            "max_length": "Ghi ngắn hơn, tối đa 200 ký tự.",
        },
    )

    def __init__(self, data=None, *, kind, rows, people):
        super().__init__(data)
        self.kind, self.rows, self.many = kind, rows, people > PEOPLE_WITHOUT_REASON
        self.fields["reason"].required = self.many

    def way(self, request, then=""):
        """Return where many people's list has to be confirmed with the password first, to come
        back to `then` from; "" if nowhere, and in the demonstration."""
        return way(request, then) if self.many and not settings.DEMO else ""

    def clean(self):
        if self.kind == "xlsx" and self.rows > MAX_ROWS:
            raise forms.ValidationError(
                f"Excel chứa tối đa {text.format_number(MAX_ROWS)} dòng, danh sách có "
                f"{text.format_number(self.rows)} dòng: lọc bớt, hoặc xuất CSV."
            )
        return super().clean()
