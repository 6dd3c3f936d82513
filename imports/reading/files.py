"""Opening a workbook safely: what is no workbook, or would choke the portal, is refused.

A workbook is told by its content. Before the reading library sees a sheet, its size is measured
from the file itself, since the library takes memory for the whole rectangle of cells; the same
look finds the cells that hold an error of Excel's, which the library gives as empty ones. Macros
are never run, formulas give the value that was last stored.

A workbook that takes values from other workbooks is refused: what it stores may be years old.
"""

import csv
import hashlib
import re
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path, PurePosixPath

import python_calamine
from django.conf import settings
from django.core.exceptions import ValidationError

from imports.reading import binary, markup
from imports.reading.bounds import LAST_ROW, Extent, SheetError, too_large
from imports.reading.columns import guess_mapping
from imports.reading.encodings import decode, refuse_old
from imports.reading.layout import find_header

# --- What a file is -----------------------------------------------------------------------------

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # flags of a member of a zip
_TEXTS = ("csv", "txt", "tsv")
_SAVE = "Mở bằng Excel, lưu thành .xlsx rồi tải lên."
ACCEPTED = ".xlsx, .xls, .xlsm, .ods, .csv"
# What else people try, so that the refusal can name it: first bytes, and where they stand.
_FOREIGN = (
    (0, b"%PDF-", "tệp PDF"),
    (0, b"MZ", "chương trình"),
    (0, b"\x7fELF", "chương trình"),
    (0, b"\xff\xd8\xff", "ảnh"),
    (0, b"\x89PNG", "ảnh"),
    (0, b"GIF8", "ảnh"),
    (0, b"Rar!", "tệp nén"),
    (0, b"7z\xbc\xaf", "tệp nén"),
    (0, b"PK\x05\x06", "tệp nén"),
    (0, b"{\\rtf", "văn bản Word"),
)
_OTHER_MAKERS = (
    ("word/", "văn bản Word"),
    ("ppt/", "trình chiếu PowerPoint"),
    ("content.xml", "văn bản OpenDocument"),
)

MAX_MEMBERS = 2000
MAX_UNPACKED = 200 * 1024**2
MAX_STRINGS = 64 * 1024**2  # of xlsx's list of texts, which is read as a whole
MAX_RATIO = 200  # unpacked to packed, over the whole file; deflate reaches 1000
SMALL = 10 * 1024**2  # below this no ratio is suspicious
_STEP = 256 * 1024


@dataclass(frozen=True)
class CheckedFile:
    """What an uploaded file was found to be: its usual ending and its SHA-256 in hex."""

    extension: str
    sha256: str


def check_file(file) -> CheckedFile:
    """Return what an uploaded file is, read once and left at its beginning.

    Raises ValidationError, keyed `file`, for what is no workbook that we read, is encrypted, cut
    off, a bomb, or larger than `settings.MAX_UPLOAD_BYTES`.
    """
    limit = settings.MAX_UPLOAD_BYTES
    data = b""
    # The size comes first: of a file beyond the limit the upload handler kept only the beginning.
    if file.size <= limit:
        file.seek(0)
        data = file.read(limit + 1)
        file.seek(0)
    try:
        if file.size > limit or len(data) > limit:
            raise SheetError(
                f"Tệp lớn hơn {limit // 1024**2} MB; xoá ảnh, hoặc chia thành nhiều tệp."
            )
        extension = recognise(data, file.name)
    except SheetError as error:
        raise ValidationError({"file": str(error)}) from error
    return CheckedFile(extension, hashlib.sha256(data).hexdigest())


def recognise(data: bytes, name: str) -> str:
    """Return the usual ending of a workbook's content: xlsx, xlsm, xls, ods or csv.

    Raises SheetError for what is none of them or would choke the portal. `name` decides only
    whether plain text is a CSV file.
    """
    if not data.strip(b"\0 \r\n\t"):
        raise SheetError("Tệp rỗng, không có nội dung.")
    if data.startswith(_ZIP):
        return _check_zip(data)
    if data.startswith(_OLE):
        return _check_ole(data)
    label = next((label for at, magic, label in _FOREIGN if data[at:].startswith(magic)), None)
    if label:
        raise SheetError(f"Tệp này là {label}, không phải bảng tính; chỉ nhận {ACCEPTED}.")
    start = data[:1024].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head")):
        raise SheetError(f"Tệp này là trang web hoặc XML mang tên bảng tính. {_SAVE}")
    if PurePosixPath(name).suffix.lower().lstrip(".") not in _TEXTS:
        raise SheetError(f"Tệp không phải bảng tính hoặc đã hỏng; chỉ nhận {ACCEPTED}.")
    decode(data)
    return "csv"


def _check_zip(data: bytes) -> str:
    """Return what a zip is, after unpacking all of it within limits: its directory only claims."""
    if data.count(b"PK\x01\x02") > MAX_MEMBERS:
        raise _packed()
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
            names = [member.filename.replace("\\", "/").lstrip("/").lower() for member in members]
            if any(member.flag_bits & _ENCRYPTED for member in members):
                raise _locked()
            allowed = min(MAX_UNPACKED, max(SMALL, MAX_RATIO * len(data)))
            if sum(member.file_size for member in members) > allowed or len({*names}) < len(names):
                raise _packed()
            extension = _zip_extension(archive, names)
            for member, name in zip(members, names, strict=True):
                most = MAX_STRINGS if name.endswith("sharedstrings.xml") else allowed
                allowed -= _unpacked(archive, member, min(most, allowed))
    except SheetError:
        raise
    # zipfile meets a broken file with whatever went wrong.
    except Exception as error:
        raise _broken() from error
    return extension


def _unpacked(archive, member, most: int) -> int:
    """Return the size of a member, unpacked and thrown away; zipfile compares the checksum."""
    size = 0
    with archive.open(member) as content:
        while step := content.read(_STEP):
            size += len(step)
            if size > most:
                raise _packed()
    return size


def _zip_extension(archive, names: list[str]) -> str:
    if "xl/workbook.xml" in names:
        if any(name.startswith("xl/externallinks/") for name in names):
            raise _linked()
        return "xlsm" if "xl/vbaproject.bin" in names else "xlsx"
    if "xl/workbook.bin" in names:
        raise SheetError(f"Tệp kiểu .xlsb. {_SAVE}")
    if "mimetype" in names and b"opendocument.spreadsheet" in _start(archive, "mimetype"):
        if b"encryption-data" in _start(archive, "META-INF/manifest.xml"):
            raise _locked()
        return "ods"
    label = next(
        (label for part, label in _OTHER_MAKERS if any(name.startswith(part) for name in names)),
        "tệp nén",
    )
    raise SheetError(f"Tệp này là {label}, không phải bảng tính; chỉ nhận {ACCEPTED}.")


def _start(archive, name: str) -> bytes:
    with archive.open(name) as content:
        return content.read(_STEP)


def _check_ole(data: bytes) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise _locked()
    if "WordDocument".encode("utf-16-le") in data:
        raise SheetError(f"Tệp này là văn bản Word, không phải bảng tính; chỉ nhận {ACCEPTED}.")
    found = _look_into_xls(data)
    if found.encrypted:
        raise _locked()
    if found.linked:
        raise _linked()
    return "xls"


def _look_into_xls(data: bytes) -> binary.Found:
    try:
        return binary.look(data)
    except binary.BrokenError as error:
        raise _broken() from error


def _broken() -> SheetError:
    return SheetError("Tệp hỏng hoặc bị cắt giữa chừng: mở bằng Excel, lưu lại rồi tải lên.")


def _packed() -> SheetError:
    return SheetError("Tệp nén bất thường, mở ra làm treo máy.")


def _locked() -> SheetError:
    return SheetError("Tệp có mật khẩu. Mở bằng Excel, bỏ mật khẩu, lưu lại rồi tải lên.")


def _linked() -> SheetError:
    return SheetError(markup.LINKED)


# --- Reading ------------------------------------------------------------------------------------

_LOOKED_AT = 200  # rows that tell the code page
_SHEETS = 20  # among which the best is looked for
Span = tuple[tuple[int, int], tuple[int, int]]  # first and last row and column, from 0


class Workbook:
    """An open workbook or CSV file: `with Workbook(path, name) as book:`. Raises SheetError."""

    def __init__(self, path: Path, name: str):
        data = Path(path).read_bytes()
        self.kind = recognise(data, name)
        self._loaded: tuple[str, _Sheet] | None = None
        self._data = data
        if self.kind == "csv":
            self._sheets = [""]
        else:
            self._extents = self._measured()
            self._book = _guarded(python_calamine.load_workbook, BytesIO(data))
            self._sheets = [
                sheet.name
                for sheet in self._book.sheets_metadata
                if sheet.visible == python_calamine.SheetVisibleEnum.Visible
                and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
            ]
            if not self._sheets:
                raise SheetError("Tệp không có trang tính nào đang hiện.")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        """Close the file."""
        self._loaded = None
        if self.kind != "csv":
            self._book.close()

    @property
    def sheets(self) -> list[str]:
        """The names of the visible sheets; a CSV file has one, named ""."""
        return list(self._sheets)

    def best_sheet(self, kind) -> str:
        """Return the sheet whose header fits the kind best; the first where none does."""
        best, most = self._sheets[0], 0
        if len(self._sheets) == 1:
            return best
        for sheet in self._sheets[:_SHEETS]:
            try:
                known = len(guess_mapping(find_header(self, sheet, kind).names, kind))
            except SheetError:
                continue  # one that cannot be read is said when it is chosen
            if known > most:
                best, most = sheet, known
        return best

    def rows(self, sheet: str) -> Iterator[tuple[int, list]]:
        """Yield `(number as the spreadsheet shows it, cells from column A)` of rows that hold
        anything, from the top. A cell merged downwards holds its value in each of its rows."""
        loaded = self._load(sheet)
        for number, cells in enumerate(loaded.rows(), 1):
            wrong = loaded.errors.get(number - 1)
            if wrong:
                for place, text in wrong.items():
                    cells.extend([""] * (place + 1 - len(cells)))
                    cells[place] = text
            if _is_empty(cells):
                continue
            for place, value in loaded.merged_down.get(number - 1, ()):
                if cells[place] == "":
                    cells[place] = value
            yield number, cells

    def merged(self, sheet: str) -> list[Span]:
        """Return the merged cells of a sheet; .ods and CSV files tell none."""
        return self._load(sheet).merged

    def _load(self, sheet: str) -> "_Sheet":
        """Return a sheet, read once; raises SheetError where it is too large or in an old code."""
        if self._loaded is None or self._loaded[0] != sheet:
            if sheet not in self._sheets:
                raise SheetError(f"Không có trang tính “{sheet}” đang hiện.")
            self._loaded = None  # the memory of one sheet at a time
            loaded = _CsvSheet(self._data) if self.kind == "csv" else self._load_cells(sheet)
            if self.kind != "csv":
                _refuse_old(loaded)
            self._loaded = sheet, loaded
        return self._loaded[1]

    def _measured(self) -> list[Extent]:
        """Measure all sheets of a format that the library reads as a whole when it opens it."""
        if self.kind == "xls":
            return _look_into_xls(self._data).extents
        if self.kind == "ods":
            return list(markup.ods_extents(zipfile.ZipFile(BytesIO(self._data))).values())
        return []

    def _load_cells(self, sheet: str) -> "_Sheet":
        if self._extents:
            extent = self._extents[self._book.sheet_names.index(sheet)]
        else:
            extent = _extent_of(self._data, sheet)
        return _Sheet(_guarded(self._book.get_sheet_by_name, sheet), extent)


# A workbook is opened to look at, for its columns and to read: its cells are walked through once.
_extents: OrderedDict[tuple[bytes, str], Extent] = OrderedDict()
_EXTENTS = 32


def _extent_of(data: bytes, sheet: str) -> Extent:
    """Return how far a sheet of an .xlsx reaches. Raises SheetError where it is too large."""
    key = hashlib.sha256(data).digest(), sheet
    extent = _extents.get(key)
    if extent is None:
        extent = _extents[key] = markup.xlsx_extent(zipfile.ZipFile(BytesIO(data)), sheet)
        if len(_extents) > _EXTENTS:
            _extents.popitem(last=False)
    return extent


def _guarded(call, *arguments):
    """Call the library; what it cannot read is a SheetError, its panics too."""
    try:
        return call(*arguments)
    except python_calamine.PasswordError as error:
        raise _locked() from error
    except Exception as error:
        raise _broken() from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise _broken() from error
        raise


def _is_empty(cells: list) -> bool:
    if cells.count("") == len(cells):
        return True
    return all(isinstance(cell, str) and not cell.strip() for cell in cells)


def _refuse_old(loaded: "_Sheet") -> None:
    rows = (cells for _, cells in zip(range(_LOOKED_AT), loaded.rows(), strict=False))
    refuse_old("\n".join(cell for cells in rows for cell in cells if isinstance(cell, str)))


class _Sheet:
    """A sheet of a workbook: its rows from the first, with cells from column A."""

    def __init__(self, sheet, extent: Extent):
        self._sheet = sheet
        self.errors = extent.errors
        self.merged: list[Span] = sheet.merged_cell_ranges or []
        self.merged_down = self._merged_down() if sheet.start else {}

    def rows(self) -> Iterator[list]:
        if self._sheet.start is None:
            return
        before = [""] * self._sheet.start[1]
        for cells in self._sheet.iter_rows():
            yield [*before, *cells]

    def _merged_down(self) -> dict[int, list[tuple[int, object]]]:
        """Return by row what a cell merged downwards in one column gives the rows below it."""
        wanted = {
            first: last[0]
            for first, last in self.merged
            if first[1] == last[1] and first[0] < last[0] <= LAST_ROW
        }
        found: dict[int, list[tuple[int, object]]] = {}
        if not wanted:
            return found
        starts: dict[int, list[int]] = {}
        for row, column in wanted:
            starts.setdefault(row, []).append(column)
        running: dict[int, tuple[int, object]] = {}
        for row, cells in enumerate(self.rows()):
            for column, (last, value) in list(running.items()):
                if row > last:
                    del running[column]
                elif column < len(cells):
                    found.setdefault(row, []).append((column, value))
            for column in starts.get(row, ()):
                if column < len(cells) and cells[column] != "":
                    running[column] = wanted[row, column], cells[column]
        return found


class _CsvSheet:
    """A CSV file as a sheet of texts."""

    def __init__(self, data: bytes):
        self.text = decode(data)
        self.errors: dict[int, dict[int, str]] = {}
        self.merged: list[Span] = []
        self.merged_down: dict[int, list] = {}
        if told := _TOLD.match(self.text):
            self.delimiter = told[1]
            self.text = self.text[told.end() :]
        else:
            self.delimiter = _delimiter(self.text)

    def rows(self) -> Iterator[list]:
        reader = csv.reader(StringIO(self.text, newline=""), delimiter=self.delimiter)
        number = 0
        try:
            for number, cells in enumerate(reader, 1):
                if number > LAST_ROW:
                    raise too_large(number, len(cells))
                yield cells
        except csv.Error as error:
            raise SheetError(
                f"Dòng {number + 1} của tệp CSV hỏng: thiếu dấu nháy, hoặc ô quá dài."
            ) from error


_DELIMITERS = ",;\t|"
# Excel's own word for the delimiter, a line that it does not show.
_TOLD = re.compile(r"sep=([,;\t|])\r?\n", re.IGNORECASE)


def _delimiter(text: str) -> str:
    """Return the delimiter that parts the first lines into most columns, alike in most lines."""
    lines = [line for line in text[:65536].splitlines()[:50] if line.strip()]

    def fits(delimiter):
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, strict=False)]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    return max(_DELIMITERS, key=fits)
