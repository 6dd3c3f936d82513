"""Where the header is, and which rows below it are data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from imports.reading.bounds import MAX_ROWS, SheetError
from imports.reading.columns import guess_mapping
from kylien.core.text import clean, fold, format_number

LOOKED_AT = 50  # rows, from the top, among which the header is
ENOUGH = 3  # columns known, and all that are needed: a header below it belongs to another table


@dataclass(frozen=True)
class Header:
    """The header of a sheet: its first row (from 1), how many lines, and each column's name."""

    row: int
    lines: int
    names: list[str]


# --- The header ---------------------------------------------------------------------------------


def find_header(book, sheet: str, kind) -> Header:
    """Return the header: the row, or two, among the first 50 that names most of the kind's columns.

    A table further down with more columns is no reason to pass over the rows of one above it.
    Without any it is the first row that holds something. Raises SheetError for an empty sheet.
    """
    rows = dict(islice(book.rows(sheet), LOOKED_AT + 1))
    if not rows:
        raise SheetError("Trang tính trống, không có dòng nào.")
    needed = {column.key for column in kind.columns if column.required}
    best, most, keys = None, 0, ()
    for number in islice(rows, LOOKED_AT):
        enough = best and most >= ENOUGH and needed <= set(keys)
        if enough and number > best.row + best.lines:
            break
        for lines in (1, 2) if number + 1 in rows else (1,):
            header = _header(book, sheet, rows, number, lines)
            found = guess_mapping(header.names, kind).values()
            known = len(found)
            if lines == 2 and best and best.row == number and _spans(book, sheet, number):
                known += 1  # cells merged over both lines say that they are one header
            if known > most:
                best, most, keys = header, known, found
        if best and len(keys) == len(best.names) and needed <= set(keys):
            break  # all of it is known: no row below can be meant
    return best or _header(book, sheet, rows, next(iter(rows)), 1)


def header_at(book, sheet: str, row: int, lines: int) -> Header:
    """Return the header that people pointed at; a line that holds nothing names nothing."""
    rows = {}
    for number, cells in book.rows(sheet):
        if number >= row + lines:
            break
        if number >= row:
            rows[number] = cells
    return _header(book, sheet, rows, row, lines)


def _spans(book, sheet: str, number: int) -> bool:
    """Tell whether some cell is merged over the row and the next one, and no further."""
    return any(
        first[0] == number - 1 and last[0] == number and first[1] == last[1]
        for first, last in book.merged(sheet)
    )


def _header(book, sheet: str, rows: dict[int, list], row: int, lines: int) -> Header:
    """Join the lines of a header: each column has the words above it, a group's name first."""
    merged = [span for span in book.merged(sheet) if row <= span[0][0] + 1 < row + lines]
    texts = [
        _spread(rows.get(number, []), number, merged, last=number == row + lines - 1)
        for number in range(row, row + lines)
    ]
    width = max(map(len, texts), default=0)
    for line in texts:
        line.extend([""] * (width - len(line)))
    if lines > 1 and not merged:
        _fill_groups(texts)
    names = [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*texts, strict=True)]
    while names and not names[-1]:
        names.pop()
    return Header(row, lines, names)


def _spread(cells: list, number: int, merged, *, last: bool) -> list[str]:
    """Return a line's texts; a group's name, merged over columns, in each of them.

    On the last line there is nothing below that it could group: its name stands once.
    """
    texts = [_text(cell) for cell in cells]
    for (row, column), (_, end) in merged:
        if row + 1 == number and column < end and column < len(texts) and not last:
            for place in range(column + 1, min(end + 1, len(texts))):
                texts[place] = texts[place] or texts[column]
    return texts


def _fill_groups(texts: list[list[str]]) -> None:
    """Give a group's name to the columns right of it, where a file tells no merged cells."""
    above, below = texts[0], texts[1]
    for place in range(1, len(above)):
        if not above[place] and below[place] and below[place - 1]:
            above[place] = above[place - 1]


def _text(cell: Any) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    # Line breaks in a header part words, as blanks do, or its languages.
    return "\n".join(filter(None, map(clean, str(cell).splitlines())))


# --- The rows below it --------------------------------------------------------------------------

NUMBERS = "Dòng đánh số cột, không phải dữ liệu."
AGAIN = "Dòng tiêu đề lặp lại, không phải dữ liệu."
TOTAL = "Dòng tổng cộng, không phải dữ liệu."
SIGNATURE = "Dòng ký tên, ngày tháng cuối bảng, không phải dữ liệu."
NOTE = "Dòng ghi chú hoặc tên nhóm, không phải dữ liệu."

_SUM = re.compile(
    r"(?:tổng cộng|tổng số|tổng|cộng|tong cong|tong so|total|sum)\b"
    r"(?:[\s:.,()0-9]|\b(?:danh sách|có|là|số|hộ|khẩu|nhân khẩu|người|trang|cơ sở|nam|nữ|khách|"
    r"trên|dưới|này|và|trong đó|phòng|lượt|nhóm|tổ|toàn|phường)\b)*",
    re.IGNORECASE,
)
# Folded. Each begins or fills its cell.
_SIGNED = re.compile(
    r"(?:nguoi (?:lap|ke khai|khai|tong hop|viet|kiem tra|duyet|bao cao|dai dien)"
    r"|can bo (?:lap|tong hop|tiep nhan|phu trach)|lap bieu|lap bang|ke toan"
    r"|thu truong|thu kho|truong (?:cong an|phong|thon|khu|nhom|doi)|pho truong|chi huy"
    r"|to truong|giam doc|pho giam doc|chu (?:co so|nhiem|tich)|pho chu tich|chu ho kinh doanh"
    r"|canh sat khu vuc|cong an phuong|dai dien|xac nhan|noi nhan|ky ten|\(?ky[, ]"
    r"|tm\.|kt\.|tl\.|tuq\.|t/m|k/t|dai uy|thuong uy|trung uy|thieu uy|thieu ta|trung ta|thuong ta)"
)
_DATED = re.compile(r"(?:.{0,40}[, ])?ngay[ .…_0-9]*thang[ .…_0-9]*nam[ .…_0-9]*")
_NOTED = re.compile(r"(?:ghi chu|chu thich|luu y|chu y|note)\b ?[:.(]|\(\*\)|\* ")
_FEW = 3  # cells that a line of signatures or a note fills


def data_rows(book, batch, kind) -> Iterator[tuple[int, list, str]]:
    """Yield `(number, cells, note)` of the rows below the batch's header that hold anything.

    A row of totals, signatures, column numbers or a header said again is no data: its `note` says
    so and the row is refused with it. Raises SheetError where there are more than `MAX_ROWS`.
    """
    below = batch.header_row + batch.header_lines
    header = header_at(book, batch.sheet, batch.header_row, batch.header_lines)
    look = _Look(header, batch.mapping, kind)
    found = 0
    for number, cells in book.rows(batch.sheet):
        if number < below:
            continue
        found += 1
        if found > MAX_ROWS:
            raise SheetError(
                f"Trang tính có hơn {format_number(MAX_ROWS)} dòng dữ liệu: chia thành nhiều tệp "
                "rồi tải lên."
            )
        yield number, cells, look.note(cells)


class _Look:
    """What tells a row of data from the others, in the order in which they stand.

    A row whose required cells are all filled is data, whatever its words, unless it numbers the
    columns, says the header again, or is a total with nothing but numbers beside.
    """

    def __init__(self, header: Header, mapping: dict[str, str], kind):
        required = {c.key for c in kind.columns if c.required and not c.carried}
        self.mapped = [int(place) for place in mapping]
        self.required = [int(place) for place, key in mapping.items() if key in required]
        self.names = {place: _header_words(name) for place, name in enumerate(header.names) if name}
        self.signed = False

    def note(self, cells: list) -> str:
        """Return why a row is no data; "" for data."""
        whole = all(place < len(cells) and _filled(cells[place]) for place in self.required)
        # Nearly all rows are data, which one look at their required cells says.
        if whole and self.required and not self._suspect(cells):
            self.signed = False
            return ""
        filled = [(place, cell) for place, cell in enumerate(cells) if _filled(cell)]
        if _numbers_columns(filled):
            return NUMBERS
        if self._says_header(filled):
            return AGAIN
        if self._is_total(filled):
            return TOTAL
        if whole and len(self.required) > 1:
            self.signed = False
            return ""
        return self._closing(filled)

    def _suspect(self, cells) -> bool:
        """Tell whether the row needs a closer look: its required cells are numbers of columns,
        a header's words, or a word of totals."""
        for place in self.required:
            cell = cells[place]
            if not isinstance(cell, str):
                if isinstance(cell, int | float) and cell < len(cells) + 2:
                    return True
                continue
            if len(cell) < 5 or _SUM.match(cell.lstrip()):
                return True
            if place in self.names and fold(cell) in self.names[place]:
                return True
        # A kind with one required column says little by it being filled.
        return len(self.required) == 1 and cells.count("") > len(cells) - 3

    def _says_header(self, filled) -> bool:
        same = sum(
            1
            for place, cell in filled
            if place in self.names and isinstance(cell, str) and fold(cell) in self.names[place]
        )
        return same >= 2 and same * 2 >= len(filled)

    def _is_total(self, filled) -> bool:
        """Tell whether the row sums up: such a word, and beside it nothing but numbers."""
        texts = [(place, cell) for place, cell in filled if not _is_count(cell)]
        if len(texts) != 1 or not isinstance(texts[0][1], str):
            return False
        return _SUM.fullmatch(clean(texts[0][1])) is not None

    def _closing(self, filled) -> str:
        """Return the note of a row of few cells that is no data: signatures, notes, names of
        groups. Required cells are missing in it, or it is the only cell of the row."""
        if len(filled) > _FEW:
            return ""
        words = [fold(cell) for _, cell in filled if isinstance(cell, str)]
        if any(_SIGNED.match(word) or _DATED.fullmatch(word) for word in words):
            self.signed = True
            return SIGNATURE
        if any(_NOTED.match(word) for word in words):
            return NOTE
        missing = not any(place in self.required for place, _ in filled)
        if self.signed and (missing or len(filled) == 1):
            return SIGNATURE
        if len(filled) == 1 and missing and words:
            return NOTE
        return ""


def _filled(cell: Any) -> bool:
    return cell is not None and cell != "" and not (isinstance(cell, str) and not cell.strip())


def _header_words(name: str) -> set[str]:
    """Return what a header said again may have in its cell: all of the name, or one line of it."""
    lines = [fold(line) for line in name.splitlines()]
    return {fold(name), *filter(None, lines)}


_NUMBER_OF_COLUMN = re.compile(r"[(\[]?([0-9]{1,2})[)\]]?")


def _numbers_columns(filled) -> bool:
    """Tell whether a row counts its cells: 1 2 3, (1) (2) (3), or A B 1 2 3."""
    values = [_text(cell) for _, cell in filled]
    while values and values[0] in ("A", "B", "C") and len(values) > 3:
        values.pop(0)
    matches = [_NUMBER_OF_COLUMN.fullmatch(value) for value in values]
    if len(values) < 3 or not all(matches):
        return False
    numbers = [int(match[1]) for match in matches]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (1, 2)


def _is_count(cell: Any) -> bool:
    if isinstance(cell, int | float):
        return True
    return isinstance(cell, str) and re.fullmatch(r"[0-9][0-9., ]*", cell.strip()) is not None
