"""What the XML of .xlsx and .ods says of a sheet's size, before anything is built from it.

Read step by step: however much a file claims, memory stays what one step takes.
"""

import posixpath
import zipfile
from xml.parsers import expat

from imports.reading.bounds import (
    LAST_ROW,
    MAX_CELLS,
    MAX_TEXT,
    Extent,
    SheetError,
    too_large,
)

_STEP = 256 * 1024
_BROKEN = "Tệp hỏng hoặc có cấu trúc lạ: mở bằng Excel, lưu lại rồi tải lên."


class Reader:
    """Handlers of one member of a zip; a subclass has `start`, and may have `end` and `text`."""

    def __init__(self):
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.doctype

    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def doctype(self, *declared) -> None:
        """Refuse entities: no office program writes them, and they make large files of small."""
        raise SheetError(_BROKEN)

    def read(self, archive: zipfile.ZipFile, name: str) -> None:
        """Parse a member. Raises SheetError for what is no XML or stops short."""
        try:
            with archive.open(name) as content:
                while step := content.read(_STEP):
                    self.parser.Parse(step)
                self.parser.Parse(b"", True)
        except (expat.ExpatError, KeyError, ValueError, zipfile.BadZipFile) as error:
            if isinstance(error, SheetError):
                raise
            raise SheetError(_BROKEN) from error


def _local(name: str) -> str:
    return name.rpartition(":")[2]


# --- .xlsx --------------------------------------------------------------------------------------


class _Parts(Reader):
    """The sheets of a workbook, or the parts that a list of relations names: `{key: value}`."""

    def __init__(self, element: str, key: str, value: str):
        super().__init__()
        self.element, self.key, self.value = element, key, value
        self.found: dict[str, str] = {}

    def start(self, name, attributes):
        if _local(name) == self.element:
            plain = {_local(key): value for key, value in attributes.items()}
            self.found[plain.get(self.key, "")] = plain.get(self.value, "")


class _Sheet(Reader):
    """The cells of a sheet; `shared` counts those that point to the list of texts."""

    def __init__(self):
        super().__init__()
        self.extent, self.shared = Extent(), 0
        self.row = self.column = 0
        self.kind: str | None = None

    def start(self, name, attributes):
        if ":" in name:
            name = _local(name)
        if name == "c":
            self.parser.CharacterDataHandler = None
            self.kind = attributes.get("t")
            if place := attributes.get("r"):
                letters = place.rstrip("0123456789")
                self.row, self.column = int(place[len(letters) :]), _column(letters)
            else:
                self.column += 1
        elif name in ("v", "is"):
            extent = self.extent
            if self.row > extent.row or self.column > extent.column:
                extent.reach(self.row, self.column)
            if self.kind == "s":
                self.shared += 1
            elif self.kind == "e":
                self.parser.CharacterDataHandler = self.error
        elif name == "row":
            self.row, self.column = int(attributes.get("r") or self.row + 1), 0
            if self.row > LAST_ROW:
                raise too_large(self.row, max(self.extent.column, 1))

    def error(self, text):
        self.extent.note_error(self.row - 1, self.column - 1, text.strip())


class _Texts(Reader):
    """How many letters each text of the shared list has."""

    def __init__(self):
        super().__init__()
        self.lengths: list[int] = []
        self.parser.CharacterDataHandler = self.text

    def start(self, name, attributes):
        if _local(name) == "si":
            self.lengths.append(0)

    def text(self, text):
        if self.lengths:
            self.lengths[-1] += len(text)


class _Used(Reader):
    """How many letters the cells of a sheet have together, each shared text counted anew."""

    def __init__(self, lengths: list[int]):
        super().__init__()
        self.lengths, self.sum = lengths, 0

    def start(self, name, attributes):
        name = _local(name)
        if name == "c":
            self.parser.CharacterDataHandler = None
            self.shared = attributes.get("t") == "s"
        elif name == "v" and self.shared:
            self.parser.CharacterDataHandler = self.index

    def index(self, text):
        place = text.strip()
        if place.isdecimal() and int(place) < len(self.lengths):
            self.sum += self.lengths[int(place)]
        if self.sum > MAX_TEXT:
            raise SheetError("Trang tính chứa quá nhiều chữ: chia thành nhiều tệp rồi tải lên.")


def xlsx_extent(archive: zipfile.ZipFile, sheet: str) -> Extent:
    """Measure a sheet of an .xlsx by its name. Raises SheetError where it is too large."""
    part = _part_of(archive, sheet)
    cells = _Sheet()
    cells.read(archive, part)
    texts = _Texts()
    if cells.shared and "xl/sharedStrings.xml" in archive.namelist():
        texts.read(archive, "xl/sharedStrings.xml")
    if cells.shared * max(texts.lengths, default=0) > MAX_TEXT:
        _Used(texts.lengths).read(archive, part)
    return cells.extent


def _part_of(archive, sheet: str) -> str:
    sheets = _Parts("sheet", "name", "id")
    sheets.read(archive, "xl/workbook.xml")
    parts = _Parts("Relationship", "Id", "Target")
    parts.read(archive, "xl/_rels/workbook.xml.rels")
    target = parts.found.get(sheets.found.get(sheet, ""), "")
    return posixpath.normpath(posixpath.join("xl", target)).lstrip("/")


def _column(letters: str) -> int:
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column


# --- .ods ---------------------------------------------------------------------------------------


class _Tables(Reader):
    """The cells of all tables of an .ods, with the repetitions that stand for many."""

    def __init__(self):
        super().__init__()
        self.parser.EndElementHandler = self.end
        self.found: dict[str, Extent] = {}
        self.extent = Extent()
        self.row = self.column = self.repeated = self.cells = 0
        self.broken: tuple[int, int] | None = None

    def start(self, name, attributes):
        name = _local(name)
        if name in ("table-cell", "covered-table-cell"):
            self.cell(attributes)
        elif name == "table-row":
            self.repeated = int(attributes.get("table:number-rows-repeated", 1))
            self.column = 0
        elif name == "p" and self.broken:
            self.parser.CharacterDataHandler = self.error
        elif name == "table":
            self.extent = self.found.setdefault(attributes.get("table:name", ""), Extent())
            self.row = 0
        elif name in ("table-source", "dde-source", "cell-range-source"):
            raise SheetError(LINKED)

    def cell(self, attributes):
        repeated = int(attributes.get("table:number-columns-repeated", 1))
        self.broken = None
        if "office:value-type" in attributes:
            self.extent.reach(self.row + self.repeated, self.column + repeated)
            self.cells += self.repeated * repeated
            if self.cells > MAX_CELLS:
                raise too_large(self.row + self.repeated, self.column + repeated)
            if attributes.get("calcext:value-type") == "error":
                self.broken = self.row, self.column
        self.column += repeated

    def end(self, name):
        name = _local(name)
        if name == "table-row":
            self.row += self.repeated
        elif name in ("p", "table-cell"):
            self.parser.CharacterDataHandler = None

    def error(self, text):
        self.extent.note_error(*self.broken, text.strip())


LINKED = (
    "Tệp lấy số liệu từ tệp khác. Trong Excel chọn Dữ liệu, Sửa liên kết, Ngắt liên kết "
    "(Data, Edit Links, Break Link), lưu lại rồi tải lên."
)


def ods_extents(archive: zipfile.ZipFile) -> dict[str, Extent]:
    """Measure the tables of an .ods. Raises SheetError where one is too large."""
    tables = _Tables()
    tables.read(archive, "content.xml")
    return tables.found
