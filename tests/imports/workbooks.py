"""Workbooks made for tests, as bytes: good ones of every format, and bad ones of every kind.

Rows are lists of cells: None, text, number, bool, date. People in them are invented.
"""

import csv
import datetime as dt
import struct
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from xml.sax.saxutils import escape

import xlsxwriter

Rows = Sequence[Sequence]

# --- Good ones ----------------------------------------------------------------------------------


def xlsx(
    rows: Rows = (),
    *,
    sheet: str = "Danh sách",
    start: tuple[int, int] = (0, 0),
    merged: Iterable[tuple[str, object]] = (),
    hidden: Rows | None = None,
    others: dict[str, Rows] | None = None,
) -> bytes:
    """Return an .xlsx: `merged` are ranges with their value, `hidden` a sheet that is not shown.

    A text that begins with "=" is a formula; a pair of formula and value stores that value.
    """
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    if hidden is not None:
        page = book.add_worksheet("Ẩn")
        _fill(page, hidden, (0, 0))
    first = book.add_worksheet(sheet)
    _fill(first, rows, start)
    for place, value in merged:
        first.merge_range(place, value)
    for name, content in (others or {}).items():
        _fill(book.add_worksheet(name), content, (0, 0))
    if hidden is not None:
        first.activate()
        first.set_first_sheet()
        page.hide()
    book.close()
    return target.getvalue()


def _fill(page, rows, start):
    for number, row in enumerate(rows, start[0]):
        for place, cell in enumerate(row, start[1]):
            if isinstance(cell, tuple):
                page.write_formula(number, place, cell[0], None, cell[1])
            elif isinstance(cell, dt.date):
                page.write_datetime(number, place, cell)
            elif isinstance(cell, str) and not cell.startswith("="):
                page.write_string(number, place, cell)
            elif cell is not None:
                page.write(number, place, cell)


def csv_file(rows: Rows, *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """Return a CSV file; for "cp1258" the accents are parted from the letters as it wants them."""
    target = StringIO(newline="")
    csv.writer(target, delimiter=delimiter).writerows(rows)
    text = target.getvalue()
    return to_1258(text) if encoding == "cp1258" else text.encode(encoding)


_TONES = "\u0300\u0301\u0303\u0309\u0323"


def to_1258(text: str) -> bytes:
    """Return Vietnamese text in Windows-1258, whose tones stand after their letters."""
    parted = []
    for char in unicodedata.normalize("NFC", text):
        letters = unicodedata.normalize("NFD", char)
        tones = "".join(mark for mark in letters if mark in _TONES)
        rest = unicodedata.normalize("NFC", "".join(m for m in letters if m not in _TONES))
        parted.append(rest + tones)
    return "".join(parted).encode("cp1258")


def ods(body: str | None = None, rows: Rows = (), *, sheet: str = "Danh sách") -> bytes:
    """Return an .ods of texts and numbers, or of a table's own XML."""
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": _MANIFEST,
            "content.xml": _ODS.format(sheet=sheet, body=body or "".join(map(_ods_row, rows))),
        }
    )


_MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
    'manifest:full-path="/" '
    'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)
_ODS = (
    '<?xml version="1.0"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="{sheet}">{body}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)


def _ods_row(row) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, int | float):
        return (
            f'<table:table-cell office:value-type="float" office:value="{cell}">'
            f"<text:p>{cell}</text:p></table:table-cell>"
        )
    if isinstance(cell, dt.date):
        return (
            f'<table:table-cell office:value-type="date" office:date-value="{cell.isoformat()}">'
            f"<text:p>{cell:%d/%m/%Y}</text:p></table:table-cell>"
        )
    return (
        '<table:table-cell office:value-type="string">'
        f"<text:p>{escape(cell)}</text:p></table:table-cell>"
    )


def xls(
    rows: Rows = (), *, sheet: str = "Danh sách", extra: bytes = b"", last: bytes = b""
) -> bytes:
    """Return an .xls (BIFF8) of texts, numbers and `#REF!`; `extra` records in its head, `last`
    ones at the end of the sheet."""
    name = sheet.encode("utf-16-le")
    head = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0x600)) + extra
    bound = struct.pack("<BBBB", 0, 0, len(name) // 2, 1) + name
    begins = len(head) + 4 + 4 + len(bound) + 4
    head += _record(0x85, struct.pack("<I", begins) + bound) + _record(0x0A, b"")
    cells = b"".join(
        _xls_cell(number, place, cell)
        for number, row in enumerate(rows)
        for place, cell in enumerate(row)
        if cell is not None
    )
    body = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0x600)) + cells + last
    return ole("Workbook", head + body + _record(0x0A, b""))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def number_record(row: int, column: int, value: float = 1) -> bytes:
    """Return the record of a number in an .xls, counted from 0."""
    return _record(0x203, struct.pack("<HHHd", row, column, 0, value))


def link_record() -> bytes:
    """Return the record by which an .xls names another workbook."""
    return _record(0x1AE, struct.pack("<HH", 1, 5) + b"\0other")


def _xls_cell(row, column, cell) -> bytes:
    if cell == "#REF!":
        return _record(0x205, struct.pack("<HHHBB", row, column, 0, 0x17, 1))
    if isinstance(cell, int | float):
        return number_record(row, column, cell)
    text = cell.encode("utf-16-le")
    return _record(0x204, struct.pack("<HHHHB", row, column, 0, len(text) // 2, 1) + text)


_SECTOR = 512
_END, _FAT = 0xFFFFFFFE, 0xFFFFFFFD


def ole(name: str, stream: bytes) -> bytes:
    """Return a compound file with one stream."""
    stream = stream.ljust(4096, b"\0")
    count = -(-len(stream) // _SECTOR)
    fats = -(-(count + 1 + count // 100 + 1) // 128)
    chain = [_FAT] * fats + [_END] + [fats + 2 + n for n in range(count - 1)] + [_END]
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(fats * _SECTOR, b"\xff")
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
        + struct.pack("<IIIIIIIII", 0, fats, fats, 0, 4096, _END, 0, _END, 0)
        + struct.pack("<109I", *range(fats), *[0xFFFFFFFF] * (109 - fats))
    )
    directory = (
        _entry("Root Entry", 5, _END, 0, child=1) + _entry(name, 2, fats + 1, len(stream))
    ).ljust(_SECTOR, b"\0")
    return header + fat + directory + stream.ljust(count * _SECTOR, b"\0")


def _entry(name, kind, first, size, child=0xFFFFFFFF) -> bytes:
    text = name.encode("utf-16-le")
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        + bytes(36)
        + struct.pack("<IQ", first, size)
    )


def zipped(members: dict[str, str | bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def repacked(data: bytes, changes: dict[str, str | bytes]) -> bytes:
    """Return a zip with some members replaced or added."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**members, **changes})


# --- Bad ones -----------------------------------------------------------------------------------

SHEET = "xl/worksheets/sheet1.xml"
_SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?><worksheet '
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="{dimension}"/><sheetData>{rows}</sheetData></worksheet>'
)


def with_sheet(rows: str, dimension: str = "A1") -> bytes:
    """Return an .xlsx whose first sheet has these rows as XML."""
    return repacked(xlsx(), {SHEET: _SHEET.format(rows=rows, dimension=dimension)})


def encrypted() -> bytes:
    return ole("EncryptedPackage", b"\x01" * 5000)


def encrypted_xls() -> bytes:
    return xls([["a"]], extra=_record(0x2F, bytes(6)))


def truncated() -> bytes:
    data = xlsx([["Họ và tên", "Ngày sinh"]] * 500)
    return data[: len(data) * 2 // 3]


def bomb() -> bytes:
    """Return 250 MB of blanks in a sheet, some 250 kB packed."""
    return with_sheet(" " * (250 * 1024**2))


def million_rows() -> bytes:
    """Return a header, and a million rows that hold nothing but their own place."""
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>Họ và tên</t></is></c></row>'
    return with_sheet(header + "".join(f'<row r="{n}"/>' for n in range(2, 1_048_577)))


def far_cell(place: str = "XFD1048576") -> bytes:
    """Return two cells in opposite corners; the sheet's own claim is small."""
    row = place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return with_sheet(
        f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{place}"><v>1</v></c></row>'
    )


def lying_dimension() -> bytes:
    """Return one cell in a sheet that claims to be full to its last corner."""
    return with_sheet('<row r="1"><c r="A1"><v>1</v></c></row>', "A1:XFD1048576")


def entities() -> bytes:
    """Return a sheet whose XML declares entities that multiply."""
    return repacked(
        xlsx(),
        {
            SHEET: '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "'
            + "&a;" * 100
            + '">]><worksheet><sheetData/></worksheet>'
        },
    )


def shared_bomb() -> bytes:
    """Return 20,000 cells that share one text of 32,000 letters: 640 MB once read."""
    return xlsx([["x" * 32000]] * 20_000)


def linked() -> bytes:
    return repacked(xlsx([["a"]]), {"xl/externalLinks/externalLink1.xml": "<externalLink/>"})


def docx() -> bytes:
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>"})
