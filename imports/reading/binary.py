"""What the records of an .xls say of its sheets' size, before anything is built from them.

An .xls is a small file system (OLE) with a stream of records in it (BIFF8); both are only walked.
"""

import struct
from dataclasses import dataclass, field

from imports.reading.bounds import Extent

_SECTOR_END, _FREE = 0xFFFFFFFE, 0xFFFFFFFF
_HEADER, _ENTRY, _HEAD_FAT = 512, 128, 109
_STREAMS = ("Workbook", "Book")


class BrokenError(ValueError):
    """An .xls that is cut off or contradicts itself."""


@dataclass
class Found:
    """What an .xls holds: its sheets' extents in their order, and what keeps it from being read."""

    extents: list[Extent] = field(default_factory=list)
    encrypted: bool = False
    linked: bool = False


def look(data: bytes) -> Found:
    """Walk the records of an .xls. Raises BrokenError, and SheetError for a sheet too large."""
    try:
        return _records(_Ole(data).stream())
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise BrokenError from error


class _Ole:
    """The compound file around the records."""

    def __init__(self, data: bytes):
        self.data = data
        self.shift, self.small_shift = struct.unpack_from("<HH", data, 30)
        if self.shift not in (9, 12) or self.small_shift != 6:
            raise BrokenError
        self.directory, self.least = struct.unpack_from("<I4xI", data, 48)
        self.small_fat = struct.unpack_from("<I", data, 60)[0]
        self.fat = self._numbers(self._fat_sectors())

    def _fat_sectors(self) -> list[int]:
        sectors = list(struct.unpack_from(f"<{_HEAD_FAT}I", self.data, 76))
        following = struct.unpack_from("<I", self.data, 68)[0]
        per = (1 << self.shift) // 4
        while following < _SECTOR_END and len(sectors) * 4 <= len(self.data):
            *more, following = struct.unpack(f"<{per}I", self._sector(following))
            sectors += more
        return [sector for sector in sectors if sector < _SECTOR_END]

    def _numbers(self, sectors) -> list[int]:
        joined = b"".join(map(self._sector, sectors))
        return list(struct.unpack(f"<{len(joined) // 4}I", joined))

    def _sector(self, number: int) -> bytes:
        at = (number + 1) << self.shift
        sector = self.data[at : at + (1 << self.shift)]
        if not sector:
            raise BrokenError
        return sector.ljust(1 << self.shift, b"\0")

    def _chain(self, number: int, fat: list[int]) -> list[int]:
        chain = []
        while number < _SECTOR_END:
            chain.append(number)
            if len(chain) > len(fat):  # it bites its own tail
                raise BrokenError
            number = fat[number]
        return chain

    def _read(self, first: int) -> bytes:
        return b"".join(map(self._sector, self._chain(first, self.fat)))

    def stream(self) -> bytes:
        """Return the stream of records."""
        directory = self._read(self.directory)
        entries = {}
        for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
            length = struct.unpack_from("<H", directory, at + 64)[0]
            name = directory[at : at + max(length - 2, 0)].decode("utf-16-le")
            entries.setdefault(name, struct.unpack_from("<II", directory, at + 116))
        for name in _STREAMS:
            if name in entries:
                return self._content(*entries[name], root=entries["Root Entry"])
        raise BrokenError

    def _content(self, first: int, size: int, root) -> bytes:
        if size >= self.least:
            content = self._read(first)
        else:
            small = self._read(root[0])
            fat = self._numbers(self._chain(self.small_fat, self.fat))
            step = 1 << self.small_shift
            content = b"".join(small[n * step : (n + 1) * step] for n in self._chain(first, fat))
        if len(content) < size:
            raise BrokenError
        return content[:size]


_BOF, _EOF, _BOUNDSHEET, _FILEPASS, _SUPBOOK = 0x809, 0x0A, 0x85, 0x2F, 0x1AE
_FORMULA, _ERROR, _MANY = 0x06, 0x205, 0xBD
_ONE = frozenset((0x203, 0xFD, 0x27E, 0x204, 0x06, 0x205, 0xD6))  # cells that hold something
_OWN_BOOKS = (0x0401, 0x3A01)  # this workbook itself, and functions of add-ins
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


def _records(stream: bytes) -> Found:
    found = Found()
    begun: dict[int, Extent] = {}  # by where the sheet's records begin
    extent = Extent()
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        content = at + 4
        if content + length > len(stream):
            raise BrokenError
        if kind in _ONE:
            row, column = struct.unpack_from("<HH", stream, content)
            extent.reach(row + 1, column + 1)
            if kind in (_FORMULA, _ERROR):
                _note_error(extent, stream, content, kind)
        elif kind == _MANY:
            row, last = (
                struct.unpack_from("<H", stream, place)[0]
                for place in (content, content + length - 2)
            )
            extent.reach(row + 1, last + 1)
        elif kind == _BOF:
            extent = begun.get(at, Extent())
        elif kind == _BOUNDSHEET:
            begins = struct.unpack_from("<I", stream, content)[0]
            found.extents.append(begun.setdefault(begins, Extent()))
        elif kind == _FILEPASS:
            found.encrypted = True
            return found
        elif kind == _SUPBOOK and length > 4:
            found.linked = True
        elif kind == _SUPBOOK:
            found.linked |= struct.unpack_from("<H", stream, content + 2)[0] not in _OWN_BOOKS
        at = content + length
    if not found.extents:
        raise BrokenError
    return found


def _note_error(extent: Extent, stream: bytes, content: int, kind: int) -> None:
    """Note an error that stands in a cell, or was the last result of its formula."""
    row, column = struct.unpack_from("<HH", stream, content)
    if kind == _ERROR:
        code, wrong = stream[content + 6], stream[content + 7]
    else:
        code, wrong = stream[content + 8], stream[content + 6] == 2
        wrong = wrong and stream[content + 12 : content + 14] == b"\xff\xff"
    if wrong:
        extent.note_error(row, column, _ERRORS.get(code, "#VALUE!"))
