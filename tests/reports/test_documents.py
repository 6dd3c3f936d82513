"""The report as .docx and PDF: what stands where, read back from the files themselves."""

import copy
import datetime as dt
import io
import json
import re
from itertools import pairwise

import docx
import pypdf
import pypdfium2
import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from kylien.accounts.models import Role, User
from kylien.audit import triggers
from kylien.audit.models import AuditEntry
from kylien.core.periods import Month
from reports import content as contents
from reports.content import Content
from reports.disclosure import SMALL_NOTE
from reports.documents import pdf, word
from reports.documents.paper import (
    ANNEX,
    ANNEX_AREAS,
    ANNEX_NOTE,
    DRAFT,
    EMPTY,
    HEADER,
    HEADER_WIDTHS,
    NOT_WRITTEN,
    WIDTH,
    WIDTH_TURNED,
    arrange,
)
from reports.models import FrozenReport, MonthlyReport, OutgoingDocument
from reports.models.outgoing import SignedAs
from reports.outline import PARTS
from reports.services import monthly
from tests import factories

State = MonthlyReport.State
TODAY = dt.date(2026, 11, 24)
HARMLESS = "=1+1 #set text(red) *không đậm* _a_ $x^2$ @b `c` <w:b/> & \\ // /* {{ x }} [y]"
TITLES = [
    "I. TÌNH HÌNH AN NINH, TRẬT TỰ",
    "1. An ninh",
    "2. Trật tự, an toàn xã hội",
    "II. KẾT QUẢ CÔNG TÁC",
    "III. ĐÁNH GIÁ",
    "IV. PHƯƠNG HƯỚNG THÁNG SAU",
]


def figure(key, part, now, previous=0, last_year=0, label=""):
    return {
        "key": key,
        "label": label or f"Số {key}",
        "section": "x",
        "part": part,
        "now": now,
        "previous": previous,
        "last_year": last_year,
    }


def make_data(**changes):
    """Return the content of an approved report, made by hand."""
    month = Month.parse("2026-10")
    return {
        "month": "2026-10",
        "start_day": 15,
        "subject": contents.subject_of(month),
        "figures": [
            figure("incidents", "order", 12, 10, 0),
            figure("incidents_solved", "order", 10, 12, 8),
            figure("population_closing", "administration", 3472, 3470, 3400),
        ],
        "pairs": [["incidents", "incidents_solved"]],
        "sums": [],
        "chart": {},
        "outline": [
            {"key": part.key, "number": part.number, "title": part.title, "chapter": part.chapter}
            for part in PARTS
        ],
        "texts": {part.key: f"Chữ của mục {part.key}." for part in PARTS},
        "areas": [
            {
                "id": number,
                "name": f"Tổ dân phố {number}",
                "numbers": {"incidents": 6, "incidents_solved": 5, "population_closing": 1736},
            }
            for number in (1, 2)
        ],
        "heading": {
            "superior": "Công an tỉnh Hà Tĩnh",
            "police": "Công an phường Kỳ Liên",
            "place": "Kỳ Liên",
            "symbol": "15/BC-CAP",
            "dated": "2026-11-05",
            "signer": "Thiếu tá Trần Anh Tuấn",
            "signed_as": "head",
            "recipients": ["Công an tỉnh (để báo cáo)", "- Đảng uỷ;", "", "Lưu: VT, CAP."],
        },
        **changes,
    }


def paper_of(data=None, *, aggregate=False, **changes):
    return arrange(Content(data or make_data(**changes), aggregate), recipients="", on=TODAY)


def headed(**changes):
    """Return the hand-made content with another heading."""
    data = make_data()
    data["heading"] |= changes
    return data


def in_word(paper):
    return docx.Document(io.BytesIO(word.draw(paper)))


def lines_of(document):
    """List the words of a document from top to bottom, cells as lines of their own."""
    found = []
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph):
            found.append(block.text)
        else:
            found += [
                paragraph.text
                for row in block.rows
                for cell in row.cells
                for paragraph in cell.paragraphs
            ]
    return [line for line in found if line]


def in_pdf(paper):
    return pypdf.PdfReader(io.BytesIO(pdf.draw(paper)))


def words_of(reader):
    """Return a PDF's words with single blanks, whatever lines they stand on."""
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def run_of(document, text):
    """Return the first run that holds a text, with its paragraph."""
    for paragraph in paragraphs_of(document):
        if text in paragraph.text:
            return paragraph, paragraph.runs[0]
    raise LookupError(text)


def paragraphs_of(document):
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            for row in block.rows:
                for cell in row.cells:
                    yield from cell.paragraphs
        else:
            yield block


def tables_of(document):
    """Return the tables of numbers, without those that only make columns."""
    return [table for table in document.tables if table.style.name == "Table Grid"]


class TestArranged:
    def test_the_parts_stand_in_their_order(self):
        told = lines_of(in_word(paper_of()))
        expected = [
            "CÔNG AN TỈNH HÀ TĨNH",
            "CÔNG AN PHƯỜNG KỲ LIÊN",
            "Số: 15/BC-CAP",
            "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "Độc lập - Tự do - Hạnh phúc",
            "Kỳ Liên, ngày 05 tháng 11 năm 2026",
            "BÁO CÁO",
            "Tình hình, kết quả công tác tháng 10 và phương hướng tháng 11 năm 2026",
            "(Số liệu kỳ 15/9–14/10/2026)",
            *TITLES,
            "V. KIẾN NGHỊ, ĐỀ XUẤT",
            "Chữ của mục requests./.",
            "Nơi nhận:",
            "- Công an tỉnh (để báo cáo);",
            "- Đảng uỷ;",
            "- Lưu: VT, CAP.",
            "TRƯỞNG CÔNG AN PHƯỜNG",
            "Thiếu tá Trần Anh Tuấn",
            ANNEX,
            "(Kèm theo Báo cáo số 15/BC-CAP ngày 05 tháng 11 năm 2026 của Công an phường Kỳ Liên)",
            ANNEX_NOTE,
        ]
        assert [told.index(line) for line in expected] == sorted(told.index(x) for x in expected)
        assert told[: expected.index(TITLES[0])] == expected[: expected.index(TITLES[0])]
        for part in PARTS:
            assert sum(f"Chữ của mục {part.key}." in line for line in told) == 1
        assert DRAFT not in told

    def test_both_files_say_the_same(self):
        paper = paper_of(aggregate=True)
        drawn = words_of(in_pdf(paper))
        for line in lines_of(in_word(paper)):
            assert line in drawn, line

    @pytest.mark.parametrize(
        ("signed_as", "lines"),
        [
            ("head", ["TRƯỞNG CÔNG AN PHƯỜNG"]),
            ("deputy", ["KT. TRƯỞNG CÔNG AN PHƯỜNG", "PHÓ TRƯỞNG CÔNG AN PHƯỜNG"]),
        ],
    )
    def test_a_deputy_signs_for_the_chief(self, signed_as, lines):
        paper = paper_of(headed(signed_as=signed_as))
        told = lines_of(in_word(paper))
        after = told.index("- Lưu: VT, CAP.") + 1
        assert told[after : after + len(lines) + 1] == [*lines, "Thiếu tá Trần Anh Tuấn"]
        assert ("KT. TRƯỞNG" in words_of(in_pdf(paper))) == (signed_as == "deputy")

    @pytest.mark.parametrize(
        ("recipients", "told"),
        [
            (["Đảng uỷ"], ["- Đảng uỷ;", "- Lưu: VT."]),
            ([], ["- Lưu: VT."]),
            (["– UBND phường.", " Lưu: VT, 3 bản;"], ["- UBND phường;", "- Lưu: VT, 3 bản."]),
        ],
    )
    def test_recipients_end_with_where_it_is_filed(self, recipients, told):
        assert list(paper_of(headed(recipients=recipients)).recipients) == told

    @pytest.mark.parametrize(
        ("text", "end"),
        [
            ("Xin ý kiến.", "Xin ý kiến./."),
            ("Xin ý kiến./.", "Xin ý kiến./."),
            ("Xin ý kiến;", "Xin ý kiến./."),
            ("Đồng ý?", "Đồng ý?./."),
            ("", f"{EMPTY.rstrip('.')}./."),
        ],
    )
    def test_the_text_ends_with_its_sign(self, text, end):
        data = make_data()
        data["texts"]["requests"] = text
        assert paper_of(data).blocks[-1].text == end

    def test_the_sign_stands_by_itself_after_a_table(self):
        data = make_data(outline=[make_data()["outline"][1]])
        assert [block.kind for block in paper_of(data).blocks] == [
            "chapter",
            "part",
            "text",
            "table",
            "text",
        ]
        assert paper_of(data).blocks[-1].text == "./."

    def test_an_empty_part_says_so_and_one_with_figures_needs_no_words(self):
        data = make_data(texts={"plan": "  \n \n"})
        blocks = paper_of(data).blocks
        told = {before.text: after for before, after in pairwise(blocks) if before.kind != "table"}
        assert told["1. An ninh"].text == EMPTY
        assert told["IV. PHƯƠNG HƯỚNG THÁNG SAU"].text == EMPTY
        assert told["2. Trật tự, an toàn xã hội"].kind == "table"

    def test_every_line_is_a_paragraph(self):
        data = make_data()
        data["texts"]["plan"] = "Một.\r\n\r\n  Hai   là.\nBa."
        texts = [block.text for block in paper_of(data).blocks if block.kind == "text"]
        assert texts[-4:-1] == ["Một.", "Hai là.", "Ba."]

    def test_a_unit_without_a_superior_or_a_place(self):
        paper = paper_of(headed(superior="", place=""))
        told = lines_of(in_word(paper))
        assert told[0] == "CÔNG AN PHƯỜNG KỲ LIÊN"
        assert "Ngày 05 tháng 11 năm 2026" in told
        assert words_of(in_pdf(paper)).startswith("CÔNG AN PHƯỜNG KỲ LIÊN")

    def test_what_people_wrote_is_text_in_both(self):
        data = make_data()
        data["texts"]["security"] = HARMLESS
        data["heading"]["signer"] = "*Thiếu tá* #x"
        data["areas"][0]["name"] = "Tổ *1* #emph[x]"
        paper = paper_of(data)
        document = in_word(paper)
        assert HARMLESS in lines_of(document)
        assert not run_of(document, "=1+1")[1].font.bold
        told = words_of(in_pdf(paper))
        for text in (HARMLESS, "*Thiếu tá* #x"):
            assert text.replace(" ", "") in told.replace(" ", "")
        assert "Tổ*1*#emph[x]" in told.replace(" ", "")

    def test_characters_that_a_file_cannot_hold_are_left_out(self):
        data = make_data()
        data["texts"]["security"] = "Ổn\x08 định\ufffe\x00 \udc80tốt."
        paper = paper_of(data)
        assert "Ổn định tốt." in lines_of(in_word(paper))
        assert "Ổn định tốt." in words_of(in_pdf(paper))

    def test_letters_that_no_font_shows_are_marked_in_the_pdf(self):
        data = make_data()
        data["texts"]["security"] = "Ổn định 🚒, xe chữa cháy \U00100000 “đến” ngay."
        paper = paper_of(data)
        assert "🚒" in "\n".join(lines_of(in_word(paper)))
        assert "Ổn định \ufffd, xe chữa cháy \ufffd “đến” ngay." in words_of(in_pdf(paper))

    def test_bullets_pasted_from_word_are_dashes(self):
        data = make_data()
        data["texts"]["security"] = "\uf0b7\tTổ Một ổn định."
        paper = paper_of(data)
        assert "- Tổ Một ổn định." in lines_of(in_word(paper))
        assert "- Tổ Một ổn định." in words_of(in_pdf(paper))

    def test_a_draft_is_marked_and_has_no_number(self, db):
        factories.WardFactory(name="Kỳ Liên", superior="Công an tỉnh Hà Tĩnh")
        data = make_data()
        del data["heading"]
        data["texts"] = {}
        paper = arrange(Content(data), recipients="Đảng uỷ\nLưu: VT.", on=TODAY)
        document = in_word(paper)
        told = lines_of(document)
        assert told[1] == "CÔNG AN PHƯỜNG KỲ LIÊN"
        assert re.fullmatch(r"Số:\s+/BC-CAP", told[2])
        assert told[3] == DRAFT
        assert "Kỳ Liên, ngày … tháng … năm 2026" in told
        assert f"{NOT_WRITTEN}./." in told
        assert "- Đảng uỷ;" in told
        assert "(Kèm theo dự thảo Báo cáo tháng 10/2026 của Công an phường Kỳ Liên)" in told
        section = document.sections[0]
        for footer in (section.footer, section.first_page_footer):
            assert footer.paragraphs[0].text == DRAFT
        assert all(DRAFT in page.extract_text() for page in in_pdf(paper).pages)


class TestFigures:
    def test_a_table_holds_three_months_and_their_differences(self):
        table = tables_of(in_word(paper_of()))[0]
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        assert rows == [
            list(HEADER),
            ["Số incidents", "12", "10", "+2", "+20,0 %", "0", "+12", ""],
            ["Số incidents_solved", "10", "12", "−2", "−16,7 %", "8", "+2", "+25,0 %"],
        ]

    def test_the_annex_holds_neighbourhoods_and_the_ward(self):
        table = tables_of(in_word(paper_of()))[-1]
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        assert rows[0] == ["Chỉ tiêu", "Tổ dân phố 1", "Tổ dân phố 2", "Cả phường"]
        assert rows[-1] == ["Số population_closing", "1.736", "1.736", "3.472"]
        assert len(rows) == 4

    def test_without_neighbourhoods_there_is_no_annex(self):
        paper = paper_of(areas=[])
        assert paper.annex is None
        assert len(in_word(paper).sections) == 1
        assert ANNEX not in words_of(in_pdf(paper))

    @pytest.mark.parametrize(("areas", "sizes"), [(12, [12]), (13, [7, 6]), (31, [11, 11, 9])])
    def test_many_neighbourhoods_go_on_in_another_table(self, areas, sizes):
        one = make_data()["areas"][0]
        data = make_data(areas=[{**one, "id": n, "name": f"Tổ {n}"} for n in range(areas)])
        paper = paper_of(data)
        tables = paper.annex.tables
        assert [len(table.header) - 2 for table in tables] == sizes
        assert max(sizes) <= ANNEX_AREAS
        names = [name for table in tables for name in table.header[1:-1]]
        assert names == [f"Tổ {n}" for n in range(areas)]
        for table in tables:
            assert len(table.widths) == len(table.header)
            assert sum(table.widths) <= WIDTH_TURNED + 0.01
        assert len(tables_of(in_word(paper))) == 2 + len(sizes)
        assert len(in_pdf(paper).pages) >= 2 + len(sizes)

    def test_the_columns_fill_the_page(self):
        assert sum(HEADER_WIDTHS) == WIDTH
        assert len(HEADER_WIDTHS) == len(HEADER)

    def test_a_leaders_copy_hides_small_numbers_and_says_so(self):
        data = make_data()
        data["figures"][0] |= {"now": 4, "previous": 9}
        data["figures"][1] |= {"now": 3, "previous": 9}
        for area, number in zip(data["areas"], (3, 1), strict=True):
            area["numbers"]["incidents"] = number
        for aggregate in (True, False):
            paper = paper_of(copy.deepcopy(data), aggregate=aggregate)
            document = in_word(paper)
            body, *_, annex = tables_of(document)
            row = [cell.text for cell in body.rows[1].cells][1:5]
            part = [cell.text for cell in annex.rows[1].cells][1:]
            if aggregate:
                assert row == ["<5", "9", "", ""]
                assert part == ["<5", "<5", "<5"]
            else:
                assert row == ["4", "9", "−5", "−55,6 %"]
                assert part == ["3", "1", "4"]
            assert (SMALL_NOTE in lines_of(document)) == aggregate
            assert (SMALL_NOTE in words_of(in_pdf(paper))) == aggregate


class TestWord:
    @pytest.fixture
    def document(self):
        return in_word(paper_of())

    def test_the_page_is_a4_with_the_decrees_margins(self, document):
        for section, (width, height) in zip(
            document.sections, ((210, 297), (297, 210)), strict=True
        ):
            assert (round(section.page_width.mm), round(section.page_height.mm)) == (width, height)
            assert 20 <= round(section.top_margin.mm) <= 25
            assert 20 <= round(section.bottom_margin.mm) <= 25
            assert 30 <= round(section.left_margin.mm) <= 35
            assert 15 <= round(section.right_margin.mm) <= 20
        assert document.sections[1].orientation == WD_ORIENT.LANDSCAPE

    def test_all_is_in_times_new_roman(self, document):
        for name in ("Normal", "Body Text", "Heading 1", "Heading 2"):
            style = document.styles[name]
            assert style.font.name == "Times New Roman"
            fonts = style.element.rPr.rFonts
            for script in ("ascii", "hAnsi", "eastAsia", "cs"):
                assert fonts.get(qn(f"w:{script}")) == "Times New Roman", (name, script)
            assert not [key for key in fonts.attrib if key.endswith("Theme")]
            assert str(style.font.color.rgb) == "000000"
        used = {paragraph.style.name for paragraph in paragraphs_of(document)}
        assert used <= {"Normal", "Body Text", "Heading 1", "Heading 2"}
        assert not any(run.font.name for p in paragraphs_of(document) for run in p.runs)

    @pytest.mark.parametrize(
        ("text", "sizes", "bold", "italic"),
        [
            ("CÔNG AN TỈNH HÀ TĨNH", (12, 13), False, False),
            ("CÔNG AN PHƯỜNG KỲ LIÊN", (12, 13), True, False),
            ("CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM", (12, 13), True, False),
            ("Độc lập - Tự do - Hạnh phúc", (13, 14), True, False),
            ("Số: 15/BC-CAP", (13, 13), False, False),
            ("Kỳ Liên, ngày 05", (13, 14), False, True),
            ("BÁO CÁO", (13, 14), True, False),
            ("Tình hình, kết quả công tác", (13, 14), True, False),
            ("I. TÌNH HÌNH", (13, 14), True, False),
            ("1. An ninh", (13, 14), True, False),
            ("Chữ của mục security.", (13, 14), False, False),
            ("Nơi nhận:", (12, 12), True, True),
            ("- Lưu: VT, CAP.", (11, 11), False, False),
            ("TRƯỞNG CÔNG AN PHƯỜNG", (13, 14), True, False),
            ("Thiếu tá Trần Anh Tuấn", (13, 14), True, False),
        ],
    )
    def test_sizes_and_faces(self, document, text, sizes, bold, italic):
        paragraph, run = run_of(document, text)
        style = paragraph.style.font
        assert Pt(sizes[0]) <= (run.font.size or style.size) <= Pt(sizes[1])
        assert bool(run.font.bold if run.font.bold is not None else style.bold) == bold
        assert bool(run.font.italic) == italic

    def test_the_body_is_justified_with_a_first_line(self, document):
        layout = document.styles["Body Text"].paragraph_format
        assert layout.alignment == WD_ALIGN_PARAGRAPH.JUSTIFY
        assert Mm(10) <= layout.first_line_indent <= Mm(12.7)
        assert layout.space_after >= Pt(6)
        paragraph, _ = run_of(document, "Chữ của mục security.")
        assert paragraph.style.name == "Body Text"
        assert paragraph.paragraph_format.space_after is None

    def test_pages_are_numbered_from_the_second_on(self, document):
        first, second = document.sections
        assert first.different_first_page_header_footer
        assert not first.first_page_header.paragraphs[0].runs
        header = first.header.paragraphs[0]
        assert header.alignment == WD_ALIGN_PARAGRAPH.CENTER
        fields = [node.text.strip() for node in header._p.iter(qn("w:instrText"))]
        assert fields == ["PAGE"]
        assert all(Pt(13) <= run.font.size <= Pt(14) for run in header.runs)
        assert second.header.is_linked_to_previous
        assert not second.different_first_page_header_footer

    def test_table_headers_are_repeated_and_rows_stay_whole(self, document):
        tables = tables_of(document)
        assert len(tables) == 3
        for table in tables:
            for number, row in enumerate(table.rows):
                marks = row._tr.trPr
                assert marks.find(qn("w:cantSplit")) is not None
                assert (marks.find(qn("w:tblHeader")) is not None) == (number == 0)
            width = sum(column.width for column in table.columns)
            assert width <= Mm(WIDTH_TURNED) + Mm(1)

    def test_three_rules_are_drawn(self, document):
        ruled = [
            paragraph
            for paragraph in paragraphs_of(document)
            if paragraph._p.pPr is not None and paragraph._p.pPr.find(qn("w:pBdr")) is not None
        ]
        assert len(ruled) == 3
        assert not any(paragraph.text for paragraph in ruled)

    def test_it_names_itself(self, document):
        properties = document.core_properties
        assert properties.title == (
            "Báo cáo tình hình, kết quả công tác tháng 10 và phương hướng tháng 11 năm 2026"
        )
        assert properties.author == "Công an phường Kỳ Liên"
        assert properties.language == "vi-VN"
        assert properties.created.date() == dt.date(2026, 11, 5)
        languages = {node.get(qn("w:val")) for node in document.styles.element.iter(qn("w:lang"))}
        assert languages == {"vi-VN"}

    def test_the_same_content_gives_the_same_words(self):
        drawn = [in_word(paper_of()) for _ in range(2)]
        assert drawn[0].element.xml == drawn[1].element.xml


class TestPdf:
    def test_it_is_tagged_with_language_and_title(self):
        reader = in_pdf(paper_of())
        root = reader.trailer["/Root"]
        assert root["/Lang"] == "vi-VN"
        assert root["/MarkInfo"]["/Marked"]
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert reader.metadata.title.startswith("Báo cáo tình hình, kết quả công tác tháng 10")
        assert reader.metadata.author == "Công an phường Kỳ Liên"
        assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_data()

    def test_tables_have_header_cells_and_chapters_are_headings(self):
        paper = paper_of()
        tags = list(tags_of(in_pdf(paper).trailer["/Root"]["/StructTreeRoot"]))
        headers = sum(len(table.header) for table in paper.annex.tables)
        headers += sum(len(block.header) for block in paper.blocks if block.kind == "table")
        assert tags.count("/Table") == 3
        assert tags.count("/TH") == headers
        assert tags.count("/H1") == 6
        assert tags.count("/H2") == len([part for part in PARTS if part.title])

    def test_every_page_is_a4_and_has_something_on_it(self):
        drawn = pypdfium2.PdfDocument(pdf.draw(paper_of()))
        sizes = [tuple(round(side / 72 * 25.4) for side in page.get_size()) for page in drawn]
        assert sizes[0] == (210, 297)
        assert sizes[-1] == (297, 210)
        assert set(sizes) == {(210, 297), (297, 210)}
        for page in drawn:
            picture = page.render(scale=0.5, grayscale=True).to_pil()
            assert picture.getextrema()[0] < 100

    def test_pages_are_numbered_from_the_second_on(self):
        data = make_data()
        data["texts"]["security"] = "\n".join(["Một dòng dài của báo cáo tháng."] * 60)
        pages = [page.extract_text().strip() for page in in_pdf(paper_of(data)).pages]
        assert len(pages) > 3
        assert pages[0].startswith("CÔNG AN TỈNH")
        assert [re.match(r"\d+", page)[0] for page in pages[1:]] == [
            str(number) for number in range(2, len(pages) + 1)
        ]

    def test_the_same_content_gives_the_same_file(self):
        assert pdf.draw(paper_of()) == pdf.draw(paper_of())


def tags_of(node):
    """Yield the kinds of a PDF's structure, from its root down."""
    if "/S" in node:
        yield node["/S"]
    below = node.get("/K", [])
    for item in below if isinstance(below, list) else [below]:
        child = item.get_object()
        if isinstance(child, dict):
            yield from tags_of(child)


def tamper(report):
    """Change a frozen copy behind the models' back."""
    connection.check_constraints()
    triggers.drop()
    with connection.cursor() as cursor:
        changed = "UPDATE reports_frozenreport SET digest = 'x' WHERE report_id = %s"
        cursor.execute(changed, [report.pk])
    connection.check_constraints()
    triggers.install()


@pytest.mark.django_db
class TestDownload:
    MARK = {"docx": b"PK", "pdf": b"%PDF-"}

    def url(self, report, kind):
        return reverse(f"monthlyreport-{kind}", args=[report.pk])

    @pytest.mark.parametrize("kind", ["docx", "pdf"])
    def test_none_of_a_copy_that_is_not_what_was_approved(self, chief, client_for, kind):
        report = factories.report_in(State.PUBLISHED, user=chief)
        tamper(report)
        response = client_for(chief).get(self.url(report, kind))
        assert response.url == report.get_absolute_url()
        assert [str(one) for one in get_messages(response.wsgi_request)] == [contents.BROKEN]

    @pytest.mark.parametrize("kind", ["docx", "pdf"])
    def test_a_file_that_is_told_in_the_trail(self, area_a, chief, client_for, on, kind):
        report = factories.report_in(State.APPROVED, user=chief)
        response = client_for(chief).get(self.url(report, kind))
        assert response.status_code == 200
        assert response.content.startswith(self.MARK[kind])
        assert response["Cache-Control"] == "no-store"
        name = re.search(r'filename="(.+)"', response["Content-Disposition"])[1]
        month = report.as_month
        assert name == f"bao-cao-thang-{month.month}-{month.year}-{on}.{kind}"
        entry = AuditEntry.objects.latest("pk")
        assert entry.action == {"docx": "export", "pdf": "print"}[kind]
        assert (entry.code, entry.user, entry.table) == (
            report.code,
            chief,
            "reports.monthlyreport",
        )

    def test_a_drafts_name_says_so(self, area_a, chief, client_for):
        report = factories.report_in(State.DRAFT, user=chief)
        response = client_for(chief).get(self.url(report, "docx"))
        assert "du-thao-bao-cao" in response["Content-Disposition"]
        assert DRAFT in lines_of(docx.Document(io.BytesIO(response.content)))

    @pytest.mark.parametrize("kind", ["docx", "pdf"])
    def test_who_may_have_it(self, area_a, client_for, leader, superuser, kind):
        months = Month.containing(factories.day(), settings.REPORT_START_DAY).last(6)
        reports = {
            state: factories.report_in(state, month=month)
            for state, month in zip(
                (State.DRAFT, State.SUBMITTED, State.APPROVED, State.PUBLISHED),
                months,
                strict=False,
            )
        }
        for role in (Role.CHIEF, Role.AREA_OFFICER, Role.CLERK, Role.DUTY_OFFICER):
            client = client_for(factories.UserFactory(role=role))
            for report in reports.values():
                assert client.get(self.url(report, kind)).status_code == 200, role
        client = client_for(leader)
        for state, report in reports.items():
            expected = 200 if state == State.PUBLISHED else 404
            assert client.get(self.url(report, kind)).status_code == expected, state
        for user in (superuser, factories.UserFactory()):
            assert client_for(user).get(self.url(reports[State.PUBLISHED], kind)).status_code == 403
        chief = client_for(factories.UserFactory(role=Role.CHIEF))
        assert chief.post(self.url(reports[State.DRAFT], kind)).status_code == 405
        assert chief.get(f"/monthly-reports/{2**70}/{kind}/").status_code == 404
        assert chief.get(f"/monthly-reports/999999/{kind}/").status_code == 404

    def test_a_leaders_copy_has_no_small_number(self, area_a, leader, chief, client_for):
        home = factories.HouseholdFactory(neighbourhood=area_a)
        factories.ResidenceFactory(household=home)
        report = factories.report_in(State.PUBLISHED)
        numbers = {}
        for user in (leader, chief):
            response = client_for(user).get(self.url(report, "docx"))
            document = docx.Document(io.BytesIO(response.content))
            numbers[user] = {
                cell.text
                for table in tables_of(document)
                for row in table.rows[1:]
                for cell in row.cells[1:]
            }
            assert (SMALL_NOTE in lines_of(document)) == (user == leader)
        assert numbers[leader] <= {"<5", "—", ""}
        assert {"0", "1"} <= numbers[chief]

    def test_a_frozen_report_stays_as_it_was(self, area_a, chief, client_for):
        report = factories.report_in(State.APPROVED, user=chief)
        client = client_for(chief)
        files = []
        for _ in range(2):
            files.append({kind: client.get(self.url(report, kind)).content for kind in self.MARK})
            # Neither the registers, nor the unit, nor the officer's new rank change it.
            factories.HouseholdFactory(neighbourhood=area_a)
            area_a.ward.name = "Hoành Sơn"
            area_a.ward.save()
            chief.rank = "Đại tá"
            chief.save()
        assert files[0]["pdf"] == files[1]["pdf"]
        told = [lines_of(docx.Document(io.BytesIO(one["docx"]))) for one in files]
        assert told[0] == told[1]

    def test_the_unit_is_that_of_the_documents_day(self, on, chief, client_for):
        new = factories.WardFactory(
            name="Hoành Sơn", superior="Công an tỉnh Hà Tĩnh", valid_from=on
        )
        factories.WardFactory(
            name="Kỳ Liên",
            superior="Công an thị xã Kỳ Anh",
            valid_from=dt.date(2015, 4, 10),
            valid_to=on,
            successor=new,
        )
        month = Month.containing(on, settings.REPORT_START_DAY).previous().previous()
        days = {on - dt.timedelta(days=1): "KỲ LIÊN", on: "HOÀNH SƠN"}
        for month_of, (day, name) in zip((month.previous(), month), days.items(), strict=True):
            report = factories.report_in(State.SUBMITTED, month=month_of, user=chief)
            report = monthly.approve(
                report=report,
                user=chief,
                signer=chief,
                signed_as=SignedAs.DEPUTY,
                dated=day,
                at=report.submitted_at,
                on=on,
            )
            response = client_for(chief).get(self.url(report, "docx"))
            told = lines_of(docx.Document(io.BytesIO(response.content)))
            superior = "CÔNG AN TỈNH HÀ TĨNH" if day == on else "CÔNG AN THỊ XÃ KỲ ANH"
            assert told[:2] == [superior, f"CÔNG AN PHƯỜNG {name}"]
            assert told[2] == f"Số: {report.document.symbol}"
            assert "KT. TRƯỞNG CÔNG AN PHƯỜNG" in told
            assert chief.full_name_label in told
        draft = factories.report_in(State.DRAFT, month=month.previous().previous(), user=chief)
        response = client_for(chief).get(self.url(draft, "docx"))
        assert lines_of(docx.Document(io.BytesIO(response.content)))[1].endswith("HOÀNH SƠN")

    @pytest.mark.parametrize(("state", "most"), [(State.APPROVED, 8), (State.DRAFT, 14)])
    def test_queries_do_not_grow(self, area_a, chief, client_for, state, most):
        report = factories.report_in(state, user=chief)
        client = client_for(chief)
        client.get(self.url(report, "pdf"))
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.get(self.url(report, "pdf"))
            counts.append(len(queries))
            for _ in range(3):
                area = factories.NeighbourhoodFactory(ward=area_a.ward)
                factories.HouseholdFactory(neighbourhood=area)
        assert counts[0] == counts[1] <= most


@pytest.mark.django_db
class TestCommand:
    def call(self, month, *args):
        call_command("monthly_report", month, *args)

    def test_a_month_without_a_report_is_drafted_and_nothing_is_written(self, area_a, tmp_path, on):
        month = str(Month.containing(on, settings.REPORT_START_DAY).previous())
        factories.HouseholdFactory(neighbourhood=area_a)
        tables = (MonthlyReport, FrozenReport, OutgoingDocument, AuditEntry)
        before = [table.objects.count() for table in tables]
        word_file, pdf_file = tmp_path / "a.docx", tmp_path / "a.pdf"
        with CaptureQueriesContext(connection) as queries:
            self.call(month, "--docx", str(word_file))
            self.call(month, "--pdf", str(pdf_file))
        assert all(query["sql"].startswith(("SELECT", "(SELECT", "WITH")) for query in queries)
        assert [table.objects.count() for table in tables] == before
        told = lines_of(docx.Document(word_file))
        assert DRAFT in told
        assert "CÔNG AN PHƯỜNG PHƯỜNG THỬ NGHIỆM" in told
        assert "- Lưu: VT, CAP." in told
        rows = [row for table in tables_of(docx.Document(word_file)) for row in table.rows]
        assert ["Hộ cuối kỳ", "1"] in [[cell.text for cell in row.cells[:2]] for row in rows]
        assert DRAFT in words_of(pypdf.PdfReader(pdf_file))

    def test_an_approved_report_is_the_frozen_one(self, area_a, tmp_path):
        report = factories.report_in(State.APPROVED)
        factories.HouseholdFactory(neighbourhood=area_a)
        path = tmp_path / "a.docx"
        self.call(str(report.as_month), "--docx", str(path))
        document = docx.Document(path)
        told = lines_of(document)
        assert f"Số: {report.document.symbol}" in told
        rows = [[cell.text for cell in row.cells] for t in tables_of(document) for row in t.rows]
        assert next(row for row in rows if row[0] == "Hộ cuối kỳ")[1] == "0"
        assert User.objects.get(pk=report.document.signer_id).full_name_label in told

    def test_a_copy_that_is_not_what_was_approved_is_refused(self, tmp_path):
        report = factories.report_in(State.APPROVED)
        tamper(report)
        path = tmp_path / "a.docx"
        with pytest.raises(CommandError, match="không còn nguyên vẹn"):
            self.call(str(report.as_month), "--docx", str(path))
        assert not path.exists()

    def test_a_begun_report_keeps_its_texts(self, area_a, tmp_path):
        report = factories.report_in(State.DRAFT, words="Lời của bản nháp.")
        path = tmp_path / "a.docx"
        self.call(str(report.as_month), "--docx", str(path))
        assert "Lời của bản nháp." in lines_of(docx.Document(path))

    @pytest.mark.parametrize(
        ("month", "told"),
        [
            ("10/2026", "năm-tháng"),
            ("2026-13", "từ 1 đến 12"),
            ("1900-01", "từ 1900 đến 2999"),
            ("2999-12", "chưa bắt đầu"),
        ],
    )
    @pytest.mark.parametrize("way", ["--docx", "--pdf"])
    def test_a_bad_month_is_refused_in_words(self, ward, tmp_path, month, told, way):
        path = tmp_path / "a"
        with pytest.raises(CommandError, match=told):
            self.call(month, way, str(path))
        assert not path.exists()

    @pytest.mark.parametrize("way", ["--docx", "--pdf"])
    def test_a_place_where_nothing_can_be_written(self, ward, tmp_path, way):
        for path in (tmp_path, tmp_path / "khong-co" / "a.docx"):
            with pytest.raises(CommandError, match="Không ghi được tệp"):
                self.call("2026-01", way, str(path))

    def test_one_way_at_a_time(self, ward, tmp_path):
        with pytest.raises(CommandError):
            self.call("2026-01", "--json", "--pdf", str(tmp_path / "a.pdf"))

    def test_plain_figures_are_printed(self, area_a, capsys):
        factories.HouseholdFactory(neighbourhood=area_a)
        self.call("2026-01")
        told = capsys.readouterr().out.splitlines()
        assert told[0] == "Tháng 1/2026 (15/12/2025–14/1/2026)"
        assert "Hộ cuối kỳ: 1" in told

    def test_what_was_reported_is_printed_as_it_was(self, area_a, capsys, on):
        report = factories.report_in("approved")
        month = str(report.as_month)
        factories.HouseholdFactory(neighbourhood=area_a, opened_on=report.as_month.period.start)
        self.call(month, "--json")
        reported = json.loads(capsys.readouterr().out)
        self.call(month, "--json", "--recount")
        recounted = json.loads(capsys.readouterr().out)
        assert recounted == reported | {"households": reported["households"] + 1}
