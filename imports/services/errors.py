"""The error workbook: the sheet as it came, what was refused coloured and told why.

Every row stays where it was, so that it is corrected in place and uploaded again: rows that were
good are then found to be as they are in the portal.
"""

import datetime as dt
import re
from typing import BinaryIO

import xlsxwriter
from django.db.models import Q

from imports.kinds.base import Kind, Outcome
from imports.models import ImportBatch
from imports.reading.files import Workbook
from imports.services.batches import kind_of, path_of
from kylien.core.exports import sheet_name, sheet_text

LONGEST = 32_767  # letters of a cell, Excel's limit
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")


def to_correct(batch: ImportBatch):
    """Return the rows to be corrected: refused, or doubtful and undecided."""
    doubtful = Q(outcome=Outcome.DOUBTFUL, decision="")
    return batch.lines.filter(Q(outcome=Outcome.REFUSED) | doubtful)


def write_error_workbook(batch: ImportBatch, file: BinaryIO) -> int:
    """Write the workbook to `file`; return how many rows are marked.

    Raises SheetError where the stored file cannot be read.
    """
    marked = {row.number: row for row in to_correct(batch).defer("values")}
    kind = kind_of(batch)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with (
        Workbook(path_of(batch), batch.file_name) as source,
        xlsxwriter.Workbook(file, options) as target,
    ):
        sheet = _Sheet(target, batch, kind)
        for number, cells in source.rows(batch.sheet):
            sheet.write(number, cells, marked.get(number))
    return len(marked)


class _Sheet:
    """The one sheet of the error workbook, written from the top."""

    def __init__(self, target, batch: ImportBatch, kind: Kind):
        self.sheet = target.add_worksheet(sheet_name(batch.sheet))
        self.first = batch.header_row + batch.header_lines  # row of data
        self.formats = _Formats(target)
        places = {key: int(place) for place, key in batch.mapping.items()}
        self.secret = {places[c.key] for c in kind.columns if c.secret and c.key in places}
        labels = [(c.label, places[c.key]) for c in kind.columns if c.key in places]
        # "Ngày cấp CCCD" before "Ngày cấp": a reason begins with the whole label.
        self.labels = sorted(labels, key=lambda one: -len(one[0]))
        for column in kind.columns:
            if column.key in places:
                self.sheet.set_column(places[column.key], places[column.key], column.width)
        self.sheet.freeze_panes(self.first - 1, 0)

    def write(self, number, cells, row):
        told = self._told(row) if row else {}
        tone = row.outcome if row else "header" if number < self.first else ""
        for place in range(max(len(cells), *(n + 1 for n in told)) if told else len(cells)):
            cell = cells[place] if place < len(cells) else None
            strong = "_cell" if place in told and tone in Outcome else ""
            self._cell(number - 1, place, cell, f"{tone}{strong}")
        for place, reasons in told.items():
            size = {"x_scale": 2, "y_scale": 1 + len(reasons) // 2}
            self.sheet.write_comment(number - 1, place, "\n".join(reasons)[:LONGEST], size)

    def _told(self, row) -> dict[int, list[str]]:
        """Return `{place of a cell: reasons}`; what is about no column is told at the first."""
        reasons = list(row.reasons)
        if row.outcome == Outcome.DOUBTFUL:
            named = " ".join(reasons)
            others = (one for one in row.candidates if one.get("code", "") not in named)
            reasons += [_told_candidate(one) for one in others]
        found = {}
        for reason in reasons or ["Chưa quyết định."]:
            words = (place for label, place in self.labels if reason.startswith(f"{label}:"))
            found.setdefault(next(words, 0), []).append(reason)
        return found

    def _cell(self, line, place, cell, tone):
        """Write one cell as it is; text stays text, and numbers that identify become text."""
        sheet, formats = self.sheet, self.formats
        if place in self.secret and isinstance(cell, int | float) and not isinstance(cell, bool):
            cell = f"{cell:.0f}" if float(cell).is_integer() else str(cell)
        match cell:
            case None | "":
                if tone:
                    sheet.write_blank(line, place, None, formats.get(tone))
            case bool():
                sheet.write_boolean(line, place, cell, formats.get(tone))
            case int() | float() if abs(cell) < 1e15:  # no NaN, and no more than Excel's digits
                sheet.write_number(line, place, cell, formats.get(tone))
            case dt.datetime() if cell.hour or cell.minute or cell.second:
                moment = cell.replace(tzinfo=None)
                sheet.write_datetime(line, place, moment, formats.get(tone, "dd/mm/yyyy hh:mm"))
            case dt.date() if cell.year >= 1900:  # datetime too
                day = dt.datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001 (a cell's day)
                sheet.write_datetime(line, place, day, formats.get(tone, "dd/mm/yyyy"))
            case dt.time():
                sheet.write_datetime(line, place, cell, formats.get(tone, "hh:mm"))
            case _:
                words = str(cell)[:LONGEST]
                risky = _FORMULA.match(words) is not None
                kept = formats.get(tone, "@", quoted=risky)
                sheet.write_string(line, place, sheet_text(words), kept)


def _told_candidate(one: dict) -> str:
    parts = (one.get("code"), one.get("label"), one.get("detail"))
    words = " · ".join(part for part in parts if part)
    why = f" ({one['why']})" if one.get("why") else ""
    return f"Có thể trùng: {words}{why}"


class _Formats:
    """Cell formats by tone and number format, each made once."""

    TONES = {
        "": {},
        "header": {"bold": True, "bg_color": "#E4F1E9"},
        Outcome.REFUSED: {"bg_color": "#FDE8E6"},
        f"{Outcome.REFUSED}_cell": {"bg_color": "#F4A7A0", "bold": True},
        Outcome.DOUBTFUL: {"bg_color": "#FDF1D7"},
        f"{Outcome.DOUBTFUL}_cell": {"bg_color": "#F3CE7E", "bold": True},
    }

    def __init__(self, target):
        self.target, self.made = target, {}

    def get(self, tone, shape="General", *, quoted=False):
        key = (tone, shape, quoted)
        if key not in self.made:
            look = {**self.TONES[tone], "num_format": shape}
            self.made[key] = self.target.add_format(
                {**look, "quote_prefix": True} if quoted else look
            )
        return self.made[key]
