"""How large a sheet may be, and the error of everything that reads workbooks."""

from dataclasses import dataclass, field

from kylien.core.text import format_number


class SheetError(ValueError):
    """A workbook that cannot be read; its message is the sentence people see."""


MAX_ROWS = 200_000  # of data
LAST_ROW = MAX_ROWS + 1000  # with titles above and signatures below
LAST_COLUMN = 1000
# The reading library takes some 40 bytes for each cell of the rectangle around all values.
MAX_CELLS = 4_000_000
MAX_TEXT = 200 * 1024**2  # letters of all cells; a text that many cells share counts for each


@dataclass
class Extent:
    """How far a sheet's values reach (counted from 1), and the errors of Excel's it holds."""

    row: int = 0
    column: int = 0
    errors: dict[int, dict[int, str]] = field(default_factory=dict)  # by row and column, from 0

    def reach(self, row: int, column: int) -> None:
        """Note a value; raises SheetError once the sheet is too large to be read."""
        if row > self.row or column > self.column:
            self.row, self.column = max(row, self.row), max(column, self.column)
            if (
                self.row > LAST_ROW
                or self.column > LAST_COLUMN
                or self.row * self.column > MAX_CELLS
            ):
                raise too_large(self.row, self.column)

    def note_error(self, row: int, column: int, text: str) -> None:
        self.errors.setdefault(row, {})[column] = text


def too_large(row: int, column: int) -> SheetError:
    return SheetError(
        f"Trang tính kéo tới dòng {format_number(row)}, cột {format_number(column)}, quá mức đọc "
        f"được ({format_number(MAX_ROWS)} dòng): xoá các dòng, cột trống ở cuối hoặc chia thành "
        "nhiều tệp, lưu lại rồi tải lên."
    )
