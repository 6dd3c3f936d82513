"""A report as .docx, in Times New Roman, for Word and LibreOffice."""

import datetime as dt
import io
from copy import deepcopy

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from reports.documents.paper import STYLE, WIDTH, Paper, Table

FONT = "Times New Roman"
LANGUAGE = "vi-VN"
SIZE, MARGINS = STYLE["size"], STYLE["margins"]
CENTER, LEFT, RIGHT, JUSTIFY = (
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
# Rules in millimetres. Word cannot measure a text: the motto's length is that of its letters in
# Times New Roman Bold at its size.
UNIT_RULE, MOTTO_RULE, SUBJECT_RULE = 25, 56, 28


def draw(paper: Paper) -> bytes:
    """Return the .docx of a report."""
    document = Document()
    _set_styles(document)
    _set_properties(document, paper)
    _set_page(document.sections[0], paper)
    _heading(document, paper)
    _title(document, paper)
    for block in paper.blocks:
        match block.kind:
            case "table":
                _numbers(document, block, SIZE["table"])
                _write(document.add_paragraph(), "", size=4, after=0)
            case "chapter":
                document.add_heading(block.text, level=1)
            case "part":
                document.add_heading(block.text, level=2)
            case "text":
                last = document.add_paragraph(block.text, style="Body Text")
    last.paragraph_format.keep_with_next = True  # on the page of the signature
    _signature(document, paper)
    if paper.annex:
        _annex(document, paper)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# --- The file -------------------------------------------------------------------------------------


def _set_font(style, size, *, bold=None):
    """Name the font for every script: Word takes Vietnamese letters from more than one of them."""
    style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
    style.font.italic, style.font.color.rgb = False, RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if name.endswith("Theme"):  # a theme's font would win over the named one
            del fonts.attrib[name]
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)


def _set_styles(document):
    styles = document.styles
    for language in styles.element.iter(qn("w:lang")):
        for name in ("val", "eastAsia"):
            language.set(qn(f"w:{name}"), LANGUAGE)
    _set_font(styles["Normal"], SIZE["body"])
    spacing = styles["Normal"].paragraph_format
    spacing.space_before, spacing.space_after, spacing.line_spacing = Pt(0), Pt(0), 1
    _set_font(styles["Body Text"], SIZE["body"])
    body = styles["Body Text"].paragraph_format
    body.alignment, body.first_line_indent = JUSTIFY, Mm(STYLE["indent"])
    body.space_before, body.space_after = Pt(0), Pt(STYLE["gap"])
    for level in (1, 2):
        style = styles[f"Heading {level}"]
        _set_font(style, SIZE["body"], bold=True)
        spacing = style.paragraph_format
        spacing.space_before, spacing.space_after = Pt(10 if level == 1 else 6), Pt(STYLE["gap"])
        spacing.keep_with_next = True
        spacing.first_line_indent = Mm(STYLE["indent"])


def _set_properties(document, paper):
    properties = document.core_properties
    properties.title, properties.author, properties.language = paper.title, paper.unit, LANGUAGE
    properties.last_modified_by, properties.comments = paper.unit, ""
    properties.created = properties.modified = dt.datetime.combine(paper.dated, dt.time())


def _set_page(section, paper):
    section.page_width, section.page_height = (
        Mm(STYLE["paper"]["width"]),
        Mm(STYLE["paper"]["height"]),
    )
    for side, length in MARGINS.items():
        setattr(section, f"{side}_margin", Mm(length))
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    number = section.header.paragraphs[0]
    number.alignment = CENTER
    _add_field(number, "PAGE")
    if paper.draft:
        for footer in (section.footer, section.first_page_footer):
            _write(footer.paragraphs[0], paper.draft, size=SIZE["note"], align=CENTER)


def _add_field(paragraph, instruction):
    """Add a field that the reader's program fills in, with what stands there until it has."""
    for kind, text in (
        ("begin", ""),
        ("", instruction),
        ("separate", ""),
        ("shown", "2"),
        ("end", ""),
    ):
        run = paragraph.add_run()
        run.font.size = Pt(SIZE["page"])
        if kind == "shown":
            run.text = text
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        else:
            code = OxmlElement("w:instrText")
            code.set(qn("xml:space"), "preserve")
            code.text = f" {text} "
            run._r.append(code)


# --- Its parts ------------------------------------------------------------------------------------


def _write(paragraph, text, *, size, bold=None, italic=None, align=None, before=0, after=0):
    run = paragraph.add_run(text)
    run.font.size, run.font.bold, run.font.italic = Pt(size), bold, italic
    if align is not None:
        paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before)
    paragraph.paragraph_format.space_after = Pt(after)
    return paragraph


def _rule(paragraph, length, width, *, before=0, after=0):
    """Make an empty paragraph a centred line of `length` in a column of `width`."""
    _write(paragraph, "", size=2, before=before, after=after)
    paragraph.paragraph_format.left_indent = Mm((width - length) / 2)
    paragraph.paragraph_format.right_indent = Mm((width - length) / 2)
    paragraph.paragraph_format.line_spacing = Pt(3)
    borders = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _columns(document):
    """Add two columns without lines, and return their cells."""
    widths = (STYLE["left_column"], WIDTH - STYLE["left_column"])
    table = document.add_table(rows=1, cols=2)
    _set_widths(table, widths, padding=0)
    return table.rows[0].cells, widths


def _heading(document, paper):
    (left, right), widths = _columns(document)
    if paper.superior:
        _write(_next(left), paper.superior, size=SIZE["superior"], align=CENTER)
    _write(_next(left), paper.police, size=SIZE["unit"], bold=True, align=CENTER)
    _rule(_next(left), UNIT_RULE, widths[0], before=2)
    _write(_next(left), paper.number, size=SIZE["number"], align=CENTER, before=6)
    if paper.draft:
        _write(_next(left), paper.draft, size=SIZE["number"], bold=True, align=CENTER, before=4)
    _write(_next(right), paper.nation, size=SIZE["nation"], bold=True, align=CENTER)
    _write(_next(right), paper.motto, size=SIZE["motto"], bold=True, align=CENTER)
    _rule(_next(right), MOTTO_RULE, widths[1], before=2)
    _write(
        _next(right), paper.place_and_day, size=SIZE["dated"], italic=True, align=CENTER, before=6
    )


def _next(cell):
    """Return the paragraph to write next: a new cell has an empty one."""
    first = cell.paragraphs[0]
    used = len(cell.paragraphs) > 1 or first.runs
    return cell.add_paragraph() if used else first


def _title(document, paper):
    add = document.add_paragraph
    _write(add(), paper.kind, size=SIZE["title"], bold=True, align=CENTER, before=18)
    subject = _write(add(), paper.subject, size=SIZE["subject"], bold=True, align=CENTER)
    subject.paragraph_format.left_indent = Mm(STYLE["subject_inset"])
    subject.paragraph_format.right_indent = Mm(STYLE["subject_inset"])
    _rule(add(), SUBJECT_RULE, WIDTH, before=3, after=4)
    for note in paper.notes:
        _write(add(), note, size=SIZE["note"], italic=True, align=CENTER, after=3)


def _signature(document, paper):
    space = _write(document.add_paragraph(), "", size=6)
    space.paragraph_format.keep_with_next = True
    (left, right), _ = _columns(document)
    left._tc.getparent().get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    title = "Nơi nhận:"
    _write(_next(left), title, size=SIZE["recipients_title"], bold=True, italic=True, align=LEFT)
    for recipient in paper.recipients:
        _write(_next(left), recipient, size=SIZE["recipients"], align=LEFT)
    for line in paper.signed_as:
        _write(_next(right), line, size=SIZE["body"], bold=True, align=CENTER)
    space = Mm(STYLE["signature_space"]).pt
    _write(_next(right), paper.signer, size=SIZE["body"], bold=True, align=CENTER, before=space)


def _annex(document, paper):
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    section.different_first_page_header_footer = False  # only the document's first has no number
    annex = paper.annex
    title = document.add_heading(annex.title, level=1)
    title.alignment, title.paragraph_format.first_line_indent = CENTER, Mm(0)
    add = document.add_paragraph
    _write(add(), annex.belongs, size=SIZE["body"], italic=True, align=CENTER, after=6)
    _write(add(), annex.note, size=SIZE["note"], align=LEFT, after=6)
    for number, table in enumerate(annex.tables):
        if number:
            add().paragraph_format.page_break_before = True
        _numbers(document, table, SIZE["annex"])


# --- Tables ---------------------------------------------------------------------------------------


def _set_widths(table, widths, *, padding):
    """Fix the columns' widths, and the blank left and right in each cell, in millimetres."""
    table.autofit = False
    properties = table._tbl.tblPr
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(Mm(padding).twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    look = properties.find(qn("w:tblLook"))
    look.addprevious(margins)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for cell, width in zip(table.rows[0].cells, widths, strict=True):
        cell.width = Mm(width)


def _numbers(document, data: Table, size):
    """Add a table whose header is repeated on every page and whose rows are never split.

    The rows are copies of one: a cell at a time takes the library a second for the annex.
    """
    table = document.add_table(rows=2, cols=len(data.header), style="Table Grid")
    _set_widths(table, data.widths, padding=1)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    head, pattern = table.rows
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell, text in zip(head.cells, data.header, strict=True):
        _write(cell.paragraphs[0], text, size=size, bold=True, align=CENTER)
    for place, (cell, width) in enumerate(zip(pattern.cells, data.widths, strict=True)):
        cell.width = Mm(width)
        _write(cell.paragraphs[0], "-", size=size, align=RIGHT if place else LEFT)
    for values in data.rows:
        row = deepcopy(pattern._tr)
        for text, value in zip(row.iter(qn("w:t")), values, strict=True):
            text.text = value
        table._tbl.append(row)
    table._tbl.remove(pattern._tr)
