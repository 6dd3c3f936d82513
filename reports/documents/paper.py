"""What stands where in a report on paper: one arrangement, which `word` and `pdf` only draw.

Layout after Nghị định 30/2020/NĐ-CP, Phụ lục I: sizes are points, lengths millimetres.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from kylien.core.text import clean, day_in_words
from reports.content import Content, heading
from reports.disclosure import SMALL_NOTE
from reports.models.outgoing import UNIT_SYMBOL, OutgoingDocument, SignedAs
from reports.outline import TITLE

NATION = "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
DRAFT = "DỰ THẢO"
NO_BREAK = "\u00a0"
END = "./."
EMPTY = "Không có nội dung báo cáo."
NOT_WRITTEN = "(Chưa viết)"
UNNUMBERED = f"{NO_BREAK * 8}/{OutgoingDocument.Kind.REPORT}-{UNIT_SYMBOL}"  # room to write it in
FILED = "Lưu: VT"
ANNEX = "Phụ lục: số liệu theo tổ dân phố"
ANNEX_NOTE = (
    "Chuyển chỗ ở giữa hai tổ dân phố tính ở cả hai tổ và không tính ở cột cả phường; việc không "
    "gắn với tổ nào chỉ tính ở cột cả phường. Vì vậy cộng các tổ có thể khác số của cả phường."
)
ANNEX_AREAS = 12  # neighbourhoods side by side; more of them go on in another table

STYLE = {
    "paper": {"width": 210, "height": 297},
    "margins": {"top": 20, "bottom": 20, "left": 30, "right": 15},
    "left_column": 70,  # of the heading; the right one is wider, so that the nation's name fits
    "indent": 12,  # of a paragraph's first line, and of headings
    "subject_inset": 28,  # on both sides, so that its two lines are of like length
    "gap": 6,  # points between paragraphs
    "size": {
        "nation": 12,
        "motto": 13,
        "superior": 12,
        "unit": 12,
        "number": 13,
        "dated": 13,
        "title": 14,
        "subject": 14,
        "note": 12,
        "body": 13,
        "table": 11,
        "annex": 10,
        "recipients_title": 12,
        "recipients": 11,
        "page": 13,
    },
    "signature_space": 28,
}
WIDTH = (
    STYLE["paper"]["width"] - STYLE["margins"]["left"] - STYLE["margins"]["right"]
)  # of the text
WIDTH_TURNED = STYLE["paper"]["height"] - STYLE["margins"]["left"] - STYLE["margins"]["right"]

HEADER = (
    "Chỉ tiêu",
    "Kỳ này",
    "Kỳ trước",
    "Tăng, giảm",
    "Tỷ lệ",
    "Cùng kỳ năm trước",
    "Tăng, giảm",
    "Tỷ lệ",
)
COLUMNS = (
    "label",
    "value",
    "previous",
    "diff_previous",
    "percent_previous",
    "last_year",
    "diff_last_year",
    "percent_last_year",
)
HEADER_WIDTHS = (50, 14, 15, 15, 19, 17, 15, 20)
ANNEX_LABEL, ANNEX_TOTAL = 62, 18  # the other columns share what is left

# What XML cannot hold and `clean` keeps: code points that are no characters. Word's bullets, which
# come with a pasted text, are letters of its own fonts alone.
_REPLACED = dict.fromkeys((0xFFFE, 0xFFFF)) | dict.fromkeys(range(0xF000, 0xF100), "-")


@dataclass(frozen=True)
class Words:
    """A chapter's or a part's heading, or a paragraph."""

    kind: str  # "chapter", "part" or "text"
    text: str


@dataclass(frozen=True)
class Table:
    """A table: the first column names a figure, the others hold numbers; `widths` of columns."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    kind: str = "table"


@dataclass(frozen=True)
class Annex:
    """The last, turned pages."""

    title: str
    belongs: str
    note: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Paper:
    """A report ready to be drawn; a draft is `dated` on the day it is drawn."""

    title: str  # of the file, where no page is read
    unit: str  # the same for its author
    dated: dt.date
    draft: str  # the mark of a draft, else empty
    superior: str
    police: str
    number: str
    place_and_day: str
    kind: str
    subject: str
    notes: tuple[str, ...]
    blocks: tuple[Words | Table, ...]
    signed_as: tuple[str, ...]
    signer: str
    recipients: tuple[str, ...]
    annex: Annex | None
    nation: str = NATION
    motto: str = MOTTO


def arrange(content: Content, *, recipients: str, on: dt.date) -> Paper:
    """Arrange a report as its content's reader sees it.

    An approved report needs nothing else; a draft takes the unit of the day `on` and the
    `recipients` as its report names them now.
    """
    head, draft = content.heading, content.heading is None
    if draft:
        head = heading(
            dated=on, symbol="", signer=None, signed_as=SignedAs.HEAD, recipients=recipients
        )
    dated = dt.date.fromisoformat(head["dated"])
    day = f"ngày … tháng … năm {dated.year}" if draft else day_in_words(dated)
    place = _line(head["place"])
    symbol = head["symbol"] or UNNUMBERED
    police = _line(head["police"])
    subject = content.subject
    return Paper(
        title=f"{TITLE} {subject[:1].lower()}{subject[1:]}",
        unit=police,
        dated=dated,
        draft=DRAFT if draft else "",
        superior=_line(head["superior"]).upper(),
        police=police.upper(),
        number=f"Số: {symbol}",
        place_and_day=f"{place}, {day}" if place else f"{day[:1].upper()}{day[1:]}",
        kind=TITLE.upper(),
        subject=subject,
        notes=tuple(_notes(content)),
        blocks=tuple(_ended(list(_blocks(content, draft)))),
        signed_as=SignedAs(head["signed_as"]).lines,
        signer=_line(head["signer"]),
        recipients=tuple(_recipients(head["recipients"])),
        annex=_annex(content, symbol=head["symbol"], day=day, police=police),
    )


def _line(text: str) -> str:
    """Return a stored text as one line that every file can hold."""
    return clean(text.translate(_REPLACED))


def _notes(content: Content) -> Iterator[str]:
    yield f"(Số liệu kỳ {content.month.span})"
    if content.aggregate:
        yield SMALL_NOTE


def _blocks(content: Content, draft: bool) -> Iterator[Words | Table]:
    chapter = ""
    for part in content.outline:
        if part["chapter"] != chapter:
            chapter = part["chapter"]
            yield Words("chapter", chapter.upper())
        if part["title"]:
            yield Words("part", f"{part['number']}. {part['title']}")
        lines = map(_line, content.texts.get(part["key"], "").splitlines())
        paragraphs = [Words("text", line) for line in lines if line]
        rows = content.rows(part["key"])
        yield from paragraphs
        if rows:
            cells = tuple(tuple(row[name] for name in COLUMNS) for row in rows)
            yield Table(HEADER, cells, HEADER_WIDTHS)
        elif not paragraphs:
            yield Words("text", NOT_WRITTEN if draft else EMPTY)


def _ended(blocks: list[Words | Table]) -> list[Words | Table]:
    """Close the text with the sign by which a reader knows that nothing follows."""
    last = blocks[-1]
    if last.kind != "text":
        return [*blocks, Words("text", END)]
    text = last.text.removesuffix(END).rstrip(" .;")
    return [*blocks[:-1], Words("text", f"{text}{END}")]


def _recipients(lines: list[str]) -> Iterator[str]:
    """Yield who gets the document, one a line; the last says where it is filed."""
    found = [line.lstrip("-–• ").rstrip(" ;.") for line in map(_line, lines)]
    found = [line for line in found if line]
    if not any(line.startswith("Lưu") for line in found):
        found.append(FILED)
    for number, line in enumerate(found, start=1):
        yield f"- {line}{'.' if number == len(found) else ';'}"


def _annex(content: Content, *, symbol: str, day: str, police: str) -> Annex | None:
    if not content.areas:
        return None
    told = (
        f"Báo cáo số {symbol} {day}" if symbol else f"dự thảo Báo cáo {content.month.label.lower()}"
    )
    return Annex(
        title=ANNEX,
        belongs=f"(Kèm theo {told} của {police})",
        note=ANNEX_NOTE,
        tables=tuple(_annex_tables(content)),
    )


def _annex_tables(content: Content) -> Iterator[Table]:
    """Yield the figures by neighbourhood, as many side by side as a turned page holds."""
    size = ceil(len(content.areas) / ceil(len(content.areas) / ANNEX_AREAS))
    shown, ward = content.shown_areas, content.now
    for start in range(0, len(content.areas), size):
        areas = content.areas[start : start + size]
        width = (WIDTH_TURNED - ANNEX_LABEL - ANNEX_TOTAL) / len(areas)
        yield Table(
            header=("Chỉ tiêu", *(_line(area["name"]) for area in areas), "Cả phường"),
            rows=tuple(
                (row["label"], *(shown[row["key"], area["id"]] for area in areas), ward[row["key"]])
                for row in content.figures
            ),
            widths=(ANNEX_LABEL, *[min(width, 30)] * len(areas), ANNEX_TOTAL),
        )
