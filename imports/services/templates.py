"""The workbook to fill in, of each kind: its columns, examples, and a sheet that explains them."""

from typing import BinaryIO

import xlsxwriter

from imports.kinds.base import Kind
from kylien.core.exports import sheet_name

GUIDE = "Hướng dẫn"
NOTE = "Dòng ví dụ: ghi đè hoặc xoá trước khi nhập."


def write_template(kind: Kind, file: BinaryIO) -> None:
    """Write the template of a kind to `file` as .xlsx."""
    with xlsxwriter.Workbook(file, {"strings_to_urls": False}) as book:
        _data_sheet(book, kind)
        _guide_sheet(book, kind)


def marked(column) -> str:
    """Return a column's header: what must be filled in has an asterisk."""
    return f"{column.label} *" if column.required else column.label


def _columns(kind):
    return [column for column in kind.columns if column.in_template]


def _data_sheet(book, kind):
    sheet = book.add_worksheet(sheet_name(kind.label))
    text = book.add_format({"num_format": "@"})
    head = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1}
    plain = book.add_format({**head, "bg_color": "#E4F1E9"})
    needed = book.add_format({**head, "bg_color": "#0B6B3A", "font_color": "#FFFFFF"})
    example = book.add_format({"num_format": "@", "italic": True, "font_color": "#56635C"})
    sheet.freeze_panes(1, 0)
    sheet.set_row(0, 32)
    for place, column in enumerate(_columns(kind)):
        sheet.set_column(place, place, max(column.width, len(column.label) // 2 + 3), text)
        sheet.write_string(0, place, marked(column), needed if column.required else plain)
        told = "\n".join(filter(None, ["Bắt buộc." if column.required else "", column.hint]))
        if told:
            sheet.write_comment(0, place, told, {"x_scale": 1.6})
    for line, row in enumerate(kind.examples, 1):
        for place, column in enumerate(_columns(kind)):
            sheet.write_string(line, place, row.get(column.key, ""), example)
    if kind.examples:
        sheet.write_comment(1, 0, NOTE, {"x_scale": 1.6})


def _guide_sheet(book, kind):
    sheet = book.add_worksheet(GUIDE)
    top = {"text_wrap": True, "valign": "top"}
    wrapped, bold = book.add_format(top), book.add_format({**top, "bold": True})
    head = book.add_format({"bold": True, "bg_color": "#E4F1E9", "border": 1})
    sheet.write_string(0, 0, kind.label, book.add_format({"bold": True, "font_size": 14}))
    lines = (
        kind.hint,
        "Mỗi dòng một bản ghi. Cột có dấu * phải có; cột khác có thể bỏ trống hoặc xoá hẳn.",
        "Ngày ghi ngày/tháng/năm, ví dụ 05/09/1990. Số định danh, điện thoại để dạng chữ.",
        "Thứ tự cột không quan trọng; cột lạ được bỏ qua và nói rõ trước khi nhập.",
        NOTE,
    )
    told = list(filter(None, lines))
    for line, words in enumerate(told, 1):
        sheet.write_string(line, 0, words)
    start = len(told) + 2
    titles = ("Cột", "Phải có", "Ghi thế nào", "Ví dụ", "Tên khác cũng nhận")
    for place, (title, width) in enumerate(zip(titles, (26, 10, 52, 24, 48), strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(start, place, title, head)
    for line, column in enumerate(_columns(kind), start + 1):
        cells = (
            column.label,
            "có" if column.required else "",
            column.hint,
            column.example,
            ", ".join(column.synonyms),
        )
        for place, words in enumerate(cells):
            sheet.write_string(line, place, words, wrapped if place else bold)
    for line, option in enumerate(kind.options, start + len(_columns(kind)) + 2):
        need = "phải chọn" if option.required else "chọn nếu cần"
        words = f"{option.label}: {need} khi nhập. {option.hint}".strip()
        sheet.write_string(line, 0, words)
