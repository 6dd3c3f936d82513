"""Attached files: what passes, each lie and each bomb, and how files lie, leave and arrive."""

import hashlib
import http.client
import io
import logging
import os
import random
import re
import socket
import struct
import threading
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import migrations, models
from django.db.migrations.writer import MigrationWriter
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image
from waitress import wasyncore

from kylien import serve
from kylien.core import uploads
from kylien.core.uploads import PrivateStorage, check_upload, clean_name, send, stored
from tests.test_project import STATION, manage

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
DOCX_TYPE = MAIN.removesuffix(".main+xml")
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)

# --- Files, small and real ----------------------------------------------------------------------


def image(name="PNG", size=(40, 30), mode="RGB", **options):
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert(mode).save(out, name, **options)
    return out.getvalue()


def pdf(inside=b"", head=b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", tail=b"%%EOF\n"):
    """Return a scanned page as a scanner writes it: one JPEG on one page."""
    picture = image("JPEG")
    body = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources 6 0 R >>",
        b"<< /Type /XObject /Subtype /Image /Width 40 /Height 30 /BitsPerComponent 8 /ColorSpace"
        b" /DeviceRGB /Filter /DCTDecode /Length %d >>\nstream\n%b\nendstream"
        % (len(picture), picture),
        b"<< /Length 27 >>\nstream\nq 595 0 0 842 0 0 cm /I Do Q\nendstream",
        b"<< /XObject << /I 4 0 R >> >>",
        *([inside] if inside else []),
    ]
    out, places = head, []
    for number, content in enumerate(body, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(body) + 1) + table
    return out + (
        b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n" % (len(body) + 1, out.rfind(b"xref"))
        + tail
    )


def types(main=MAIN, part="/word/document.xml", more="", head=""):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="{part}" ContentType="{main}"/>{more}</Types>'
    )


def relations(*found):
    """Return a list of relations; each is (kind, target) or (kind, target, "External")."""
    rows = "".join(
        f'<Relationship Id="r{at}" Type="{RELATION}{kind}" Target="{target}"'
        + (f' TargetMode="{mode[0]}"/>' if mode else "/>")
        for at, (kind, target, *mode) in enumerate(found)
    )
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f"{rows}</Relationships>"
    )


def word(more=(), *, method=zipfile.ZIP_DEFLATED, **changed):
    """Return a Word document; `more` are members beside the usual, `changed` replaces those."""
    members = {
        "[Content_Types].xml": changed.get("types", types()),
        "_rels/.rels": relations(("officeDocument", "word/document.xml")),
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body><w:p/></w:body></w:document>',
        "word/_rels/document.xml.rels": changed.get("relations", relations()),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in [*members.items(), *dict(more).items()]:
            if name not in changed.get("without", ()):
                archive.writestr(name, content)
    return out.getvalue()


def patched(data, name, *, local=(), central=()):
    """Return a zip with other numbers in a member's headers: (offset in the header, bytes)."""
    out = bytearray(data)
    raw = name.encode()
    at_local = next(
        m.start()
        for m in re.finditer(b"PK\x03\x04", data)
        if data[m.start() + 30 :].startswith(raw)
    )
    at_central = next(
        m.start()
        for m in re.finditer(b"PK\x01\x02", data)
        if data[m.start() + 46 :].startswith(raw)
    )
    for at, fields in ((at_local, local), (at_central, central)):
        for offset, value in fields:
            out[at + offset : at + offset + len(value)] = value
    return bytes(out)


def four(number):
    return struct.pack("<I", number)


def attached(data, name):
    return SimpleUploadedFile(
        name, data, content_type="text/html"
    )  # what a browser says is no matter


def refusal(data, name):
    """Return the code and the one sentence with which a file is refused."""
    with pytest.raises(ValidationError) as caught:
        check_upload(attached(data, name))
    (sentence,) = caught.value.messages
    assert sentence.endswith(".")
    return caught.value.code, sentence


@pytest.fixture
def unpacked(monkeypatch):
    """Count the bytes that are really unpacked by the check."""
    count = [0]
    real = zlib.decompressobj

    class Counting:
        def __init__(self, *arguments):
            self.inner = real(*arguments)

        def decompress(self, *arguments):
            out = self.inner.decompress(*arguments)
            count[0] += len(out)
            return out

        def __getattr__(self, name):
            return getattr(self.inner, name)

    monkeypatch.setattr(uploads.zlib, "decompressobj", Counting)
    return count


# --- What passes --------------------------------------------------------------------------------

GOOD = {
    "anh.jpg": (image("JPEG"), "jpg", "image/jpeg"),
    "ANH.JPEG": (image("JPEG", progressive=True), "jpg", "image/jpeg"),
    "anh zalo.jfif": (image("JPEG", mode="L"), "jpg", "image/jpeg"),
    "cmyk.jpg": (image("JPEG", mode="CMYK"), "jpg", "image/jpeg"),
    "anh.png": (image("PNG"), "png", "image/png"),
    "trong-suot.png": (image("PNG", mode="RGBA"), "png", "image/png"),
    "mot-diem.png": (image("PNG", size=(1, 1)), "png", "image/png"),
    "ban quet.PDF": (pdf(), "pdf", "application/pdf"),
    "bom.pdf": (b"\xef\xbb\xbf\r\n" + pdf(), "pdf", "application/pdf"),
    "dem.pdf": (pdf(tail=b"%%EOF\n" + bytes(4096)), "pdf", "application/pdf"),
    "Biên bản.docx": (word(), "docx", DOCX_TYPE),
    "khong-nen.docx": (word(method=zipfile.ZIP_STORED), "docx", DOCX_TYPE),
}


@pytest.mark.parametrize("name", GOOD)
def test_the_four_kinds_pass_as_what_they_are(name):
    data, extension, content_type = GOOD[name]
    file = attached(data, name)
    found = check_upload(file)
    assert (found.extension, found.content_type) == (extension, content_type)
    assert found.size == len(data)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert file.read() == data  # at its beginning again, and as it came


def test_a_photograph_of_a_phone_with_a_film_behind_it_passes():
    behind = b"\0\0\0\x18ftypmp42" + b"\xff\xda\0\2" * 500  # looks like scans, and is after the end
    assert check_upload(attached(image("JPEG") + behind, "a.jpg")).extension == "jpg"


def test_a_photograph_keeps_where_it_was_taken():
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    data = image("JPEG", exif=exif)
    file = attached(data, "a.jpg")
    check_upload(file)
    assert Image.open(file).getexif().get_ifd(0x8825)[1] == "N"


def test_the_usual_content_of_word_documents_passes():
    chart = word()  # an .xlsx as far as anybody looks into it
    more = {
        "word/media/image1.png": image(),
        "word/embeddings/Microsoft_Excel_Sheet.xlsx": chart,
        "word/theme/theme1.xml": "<a/>",
        "word/printerSettings/printerSettings1.bin": bytes(300),
        "word/_rels/settings.xml.rels": relations(
            ("attachedTemplate", r"file:///C:\Users\An\Templates\CongVan.dotx", "External")
        ),
    }
    links = relations(
        ("hyperlink", "https://example.vn/", "External"),
        ("image", "https://example.vn/a.png", "External"),
        ("package", "../embeddings/Microsoft_Excel_Sheet.xlsx"),
    )
    assert check_upload(attached(word(more, relations=links), "a.docx")).extension == "docx"


def test_sizes_after_the_content_pass_as_programs_that_stream_write_them():
    class Stream(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise OSError

    out = Stream()
    with zipfile.ZipFile(io.BytesIO(word())) as source, zipfile.ZipFile(out, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name), zipfile.ZIP_DEFLATED)
    assert check_upload(attached(out.getvalue(), "a.docx")).extension == "docx"


def test_a_list_in_utf_16_is_read():
    data = types().replace("UTF-8", "UTF-16").encode("utf-16")
    assert check_upload(attached(word(types=data), "a.docx")).extension == "docx"


# --- Names that lie, and other kinds ------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (image(), "a.pdf", "Tệp tên .pdf nhưng bên trong là ảnh PNG."),
        (image(), "a.jpg", "Tệp tên .jpg nhưng bên trong là ảnh PNG."),
        (image("JPEG"), "a.PNG", "Tệp tên .png nhưng bên trong là ảnh JPG."),
        (pdf(), "a.docx", "Tệp tên .docx nhưng bên trong là PDF."),
        (word(), "a.pdf", "Tệp tên .pdf nhưng bên trong là văn bản Word."),
        (image(), "a.png.exe", "Tệp tên .exe nhưng bên trong là ảnh PNG."),
        (image(), "anh", "Tên tệp không có đuôi, bên trong là ảnh PNG."),
        (b"MZ" + bytes(200), "a.pdf", "Tệp tên .pdf nhưng bên trong là chương trình."),
        (image("GIF"), "a.jpg", "Tệp tên .jpg nhưng bên trong là ảnh GIF."),
        (b"Kinh gui", "a.docx", "Tệp tên .docx nhưng bên trong không phải văn bản Word."),
        (b"<html>", "a.jpg", "Tệp tên .jpg nhưng bên trong không phải ảnh JPG."),
        (b"\0\0\0\x18ftypheic", "a.heic", "Tệp là ảnh HEIC; chỉ nhận jpg, png, pdf, docx."),
        (b"\0\0\0\x18ftypmp42", "a.mp4", "Tệp là video; chỉ nhận jpg, png, pdf, docx."),
        (b"Kinh gui", "a.txt", "Không nhận ra loại tệp; chỉ nhận jpg, png, pdf, docx."),
        (OLE, "a.doc", "Tệp Word kiểu cũ (.doc). Mở bằng Word, lưu thành .docx rồi tải lên."),
        (
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "a.docx",
            "Tệp có mật khẩu. Mở bằng Word, bỏ mật khẩu, lưu lại rồi tải lên.",
        ),
    ],
)
def test_content_decides_and_a_name_that_says_otherwise_is_refused(data, name, sentence):
    assert refusal(data, name)[1] == sentence


def test_an_empty_file_is_refused():
    assert refusal(b"", "a.pdf") == ("empty", "Tệp rỗng, không có nội dung.")


def test_ten_megabytes_pass_and_one_byte_more_does_not():
    full = pdf()
    padding = b"\n" * (10 * 1024**2 - len(full))
    assert check_upload(attached(full + padding, "a.pdf")).size == 10 * 1024**2
    code, sentence = refusal(full + padding + b"\n", "a.pdf")
    assert code == "too_large"
    assert "10 MB" in sentence


def test_a_size_that_is_claimed_too_small_helps_nobody():
    file = attached(pdf() + b"\n" * 11 * 1024**2, "a.pdf")
    file.size = 100
    with pytest.raises(ValidationError, match="10 MB"):
        check_upload(file)


def test_the_file_is_read_once_and_never_all_of_a_large_one():
    asked = []

    class Watched(io.BytesIO):
        def read(self, size=-1):
            asked.append(size)
            return super().read(size)

    file = SimpleUploadedFile("a.png", b"")
    file.file = Watched(image())
    file.size = len(image())
    check_upload(file)
    assert asked == [10 * 1024**2 + 1]


# --- Images -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_half_an_image_is_refused(name, part):
    data = image("JPEG" if name == "a.jpg" else "PNG", size=(200, 200))
    assert refusal(data[: int(len(data) * part)], name)[0] == "broken"


def test_a_png_with_a_wrong_checksum_is_refused():
    data = bytearray(image(size=(200, 200)))
    at = data.index(b"IDAT")
    length = int.from_bytes(data[at - 4 : at])
    data[at + 4 + length] ^= 1
    assert refusal(bytes(data), "a.png")[0] == "broken"


def png_chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + four_be(zlib.crc32(kind + content))


def four_be(number):
    return struct.pack(">I", number)


def test_a_png_of_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(uploads.Image, "open", None)
    side = 30_000
    packer = zlib.compressobj(9)
    content = packer.compress(bytes(10**6)) + packer.flush()
    data = (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
        + png_chunk(b"IDAT", content)
        + png_chunk(b"IEND", b"")
    )
    assert len(data) < 2000
    code, sentence = refusal(data, "a.png")
    assert code == "bomb"
    assert "70 triệu điểm ảnh" in sentence


def test_a_jpeg_of_many_pixels_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(uploads.Image, "open", None)
    data = bytearray(image("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    assert refusal(bytes(data), "a.jpg")[0] == "bomb"


def test_what_the_decoder_sees_counts_too(monkeypatch):
    monkeypatch.setattr(uploads, "MAX_PIXELS", 100)
    with pytest.raises(ValidationError) as caught:
        uploads._decode(image(), "PNG")
    assert caught.value.code == "bomb"


def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded(monkeypatch):
    """Each scan of some ten bytes is a walk over all pixels (libjpeg's old weakness)."""
    data = image("JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    end = data.rindex(b"\xff\xd9")
    scan = data[at:end]
    many = data[:end] + scan * 200 + data[end:]
    monkeypatch.setattr(uploads.Image, "open", None)
    assert refusal(many, "a.jpg")[0] == "bomb"


def test_an_image_of_another_kind_inside_is_not_decoded_by_its_own_decoder():
    data = b"\xff\xd8\xff" + image("GIF")
    assert refusal(data, "a.jpg")[0] == "broken"


# --- PDF ----------------------------------------------------------------------------------------


def object_stream(content, packed=None):
    packed = zlib.compress(content) if packed is None else packed
    return (
        b"<< /Filter /FlateDecode /First 5 /Length %d /N 1 /Type /ObjStm >>\n"
        b"stream\r\n%b\r\nendstream" % (len(packed), packed)
    )


@pytest.mark.parametrize(
    "inside",
    [
        b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
        b"<< /S /J#61va#53cript /JS (app.alert\\(1\\)) >>",
        b"<< /S /Launch /F (cmd.exe) >>",
        b"<< /Type /EmbeddedFile /Length 2 >>\nstream\nMZ\nendstream",
        b"<< /Subtype /RichMedia >>",
        object_stream(b"1 0 << /S /JavaScript /JS (x) >>"),
        object_stream(b"1 0 << /S /L#61unch >>"),
    ],
)
def test_a_pdf_with_programs_or_files_in_it_is_refused(inside):
    code, sentence = refusal(pdf(inside), "a.pdf")
    assert code == "active"
    assert "in thành PDF mới" in sentence


def test_a_pdf_with_plain_object_streams_passes():
    inside = object_stream(b"1 0 << /Type /Font /BaseFont /JSong >>")
    assert check_upload(attached(pdf(inside), "a.pdf")).extension == "pdf"


def test_a_scan_in_which_short_names_turn_up_by_chance_passes():
    noise = b"<< /Length 9 >>\nstream\n" + b"x/JS /JS(/AA " * 50 + b"\nendstream"
    assert check_upload(attached(pdf(noise), "a.pdf")).extension == "pdf"


@pytest.mark.parametrize("cut", [20, 100, 800])
def test_half_a_pdf_is_refused(cut):
    assert refusal(pdf()[:-cut], "a.pdf")[0] == "broken"


def test_an_end_mark_alone_makes_no_pdf():
    assert refusal(b"%PDF-1.4\n<script>alert(1)</script>\n%%EOF", "a.pdf")[0] == "broken"


def test_a_pdf_that_is_a_zip_too_is_refused():
    out = io.BytesIO(pdf())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("a.txt", "x")
    assert zipfile.is_zipfile(io.BytesIO(out.getvalue()))
    assert refusal(out.getvalue(), "a.pdf")[0] == "polyglot"


def test_an_html_page_before_a_pdf_is_no_pdf():
    assert refusal(b"<html><script>1</script>" + pdf(), "a.pdf")[0] == "misnamed"


def test_a_pdf_bomb_is_refused_after_a_bounded_number_of_bytes(unpacked):
    inside = object_stream(b"", zlib.compress(bytes(400 * 1024**2), 9))
    assert refusal(pdf(inside), "a.pdf")[0] == "bomb"
    assert unpacked[0] <= uploads.MAX_PDF_UNPACKED + 1


def test_many_small_pdf_bombs_share_one_budget(unpacked, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_PDF_UNPACKED", 10**6)
    inside = b" ".join(object_stream(bytes(400_000)) for _ in range(20))
    assert refusal(pdf(inside), "a.pdf")[0] == "bomb"
    assert unpacked[0] <= 10**6 + 1


# --- Word ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        word(without=["[Content_Types].xml"]),
        word(without=["word/document.xml"]),
        word(types=types(part="/xl/workbook.xml")),
        word(types=types(main=MAIN.replace("wordprocessingml.document", "spreadsheetml.sheet"))),
    ],
)
def test_a_zip_that_is_no_word_document_is_refused(data):
    code, sentence = refusal(data, "a.docx")
    assert code == "not_word"
    assert "không phải văn bản Word" in sentence


def test_a_zip_without_a_text_is_called_a_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")
    assert refusal(out.getvalue(), "a.docx")[1] == "Tệp tên .docx nhưng bên trong là tệp nén."


MACRO_TYPE = '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'


@pytest.mark.parametrize(
    "data",
    [
        word({"word/vbaProject.bin": OLE}),
        word({"word/VBAPROJECT.BIN": b"anything"}),
        word({"word\\vbaProject.bin": b"anything"}),
        word({"word/vbaData.xml": "<a/>"}),
        word(types=types(main="application/vnd.ms-word.document.macroEnabled.main+xml")),
        word(types=types(more=MACRO_TYPE)),
        word(types=types(more=MACRO_TYPE.replace("vba", "&#118;ba"))),
        word(types=types(more=MACRO_TYPE).replace("UTF-8", "UTF-16").encode("utf-16")),
        word(relations=relations(("vbaProject", "other.bin"))),
    ],
)
def test_a_word_document_with_macros_is_refused(data):
    assert refusal(data, "a.docx")[0] == "macros"


@pytest.mark.parametrize(
    "data",
    [
        word({"word/embeddings/oleObject1.bin": OLE}),
        word({"word/embeddings/oleObject1.bin": b"anything"}),
        word({"word/embeddings/Microsoft_Word_Document.docx": word()}),
        word({"word/embeddings/fake.xlsx": b"MZ\x90\0"}),
        word({"word/media/image1.png": OLE}),
        word({"word/media/image1.png": b"MZ\x90\0"}),
        word({"word/media/image1.png": b"\x7fELF"}),
        word({"word/tool.exe": b"anything"}),
        word({"word/page.HTML": b"<script>"}),
        word({"word/activeX/activeX1.xml": "<a/>"}),
        word(relations=relations(("oleObject", "x.bin"))),
        word(relations=relations(("control", "x.bin"))),
        word(relations=relations(("aFChunk", "x.rtf"))),
    ],
)
def test_a_word_document_with_objects_or_programs_is_refused(data):
    assert refusal(data, "a.docx")[0] == "objects"


@pytest.mark.parametrize(
    "target",
    ["http://x.vn/a.dotm", "HTTPS://x.vn/a", r"\\may-chu\mau.dotm", r"file:///\\may-chu\mau.dotm"],
)
def test_a_word_document_that_fetches_its_template_is_refused(target):
    lists = {"word/_rels/settings.xml.rels": relations(("attachedTemplate", target, "External"))}
    assert refusal(word(lists), "a.docx")[0] == "remote"


@pytest.mark.parametrize(
    "xml",
    [
        "<Types",
        "",
        types(head='<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'),
        types().replace("UTF-8", "no-such-encoding"),
        types().replace("UTF-8", "idna"),
    ],
)
def test_a_list_of_parts_that_cannot_be_read_is_refused(xml):
    assert refusal(word(types=xml), "a.docx")[0] == "broken"


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_half_a_word_document_is_refused(part):
    data = word({"word/media/image1.png": image(size=(200, 200))})
    assert refusal(data[: int(len(data) * part)], "a.docx")[0] in ("broken", "misnamed")


def test_changed_content_of_a_word_document_is_refused():
    data = word(method=zipfile.ZIP_STORED).replace(b"w:body", b"w:bodi")
    assert refusal(data, "a.docx")[0] == "broken"


def test_an_encrypted_zip_is_refused():
    for flag in (0x1, 0x40, 0x2000):
        bits = struct.pack("<H", flag)
        data = patched(word(), "word/document.xml", local=[(6, bits)], central=[(8, bits)])
        code, sentence = refusal(data, "a.docx")
        assert code == "encrypted"
        assert "mật khẩu" in sentence
    data = patched(word(), "word/document.xml", local=[(6, b"\1\0")])  # in one place only
    assert refusal(data, "a.docx")[0] == "broken"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_word_does_not_know_is_refused(method):
    assert refusal(word(method=method), "a.docx")[0] == "broken"


# --- Zip bombs ----------------------------------------------------------------------------------

BOMB = 300 * 1024**2


@pytest.fixture(scope="module")
def bomb():
    """A document of 300 kB whose text unpacks to 300 MB."""
    return word({"word/media/big.xml": bytes(BOMB)})


def test_an_honest_bomb_is_refused_before_anything_is_unpacked(bomb, unpacked):
    assert len(bomb) < 400_000
    code, sentence = refusal(bomb, "a.docx")
    assert code == "bomb"
    assert "treo máy" in sentence
    assert unpacked[0] == 0


@pytest.mark.parametrize("claimed", [0, 1, 5000, 90_000, 10**7])
def test_a_bomb_that_lies_about_its_size_is_refused_at_what_it_claims(bomb, unpacked, claimed):
    size = four(claimed)
    data = patched(bomb, "word/media/big.xml", local=[(22, size)], central=[(24, size)])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.getinfo("word/media/big.xml").file_size == claimed
    assert refusal(data, "a.docx")[0] == "bomb"
    assert unpacked[0] <= claimed + 10_000 + uploads._STEP


def test_a_claim_between_two_sizes_is_no_way_around_either(bomb, unpacked):
    """The directory says one size, the member's own header another."""
    data = patched(bomb, "word/media/big.xml", local=[(22, four(BOMB))], central=[(24, four(9))])
    assert refusal(data, "a.docx")[0] == "bomb"
    assert unpacked[0] <= 10_000 + uploads._STEP


def test_a_size_claimed_too_large_is_refused():
    size = four(5000)
    data = patched(word(), "word/document.xml", local=[(22, size)], central=[(24, size)])
    assert refusal(data, "a.docx")[0] == "broken"


def test_many_members_together_are_a_bomb(unpacked):
    data = word({f"word/media/{at}.xml": bytes(2 * 1024**2) for at in range(60)})
    assert refusal(data, "a.docx")[0] == "bomb"
    assert unpacked[0] == 0


def test_a_ratio_is_a_bomb_below_the_limit_of_size(unpacked):
    data = word({"word/a.xml": bytes(20 * 1024**2)})
    assert uploads.MAX_RATIO * len(data) < 20 * 1024**2 < uploads.MAX_UNPACKED
    assert refusal(data, "a.docx")[0] == "bomb"
    assert unpacked[0] == 0


def test_text_that_repeats_itself_is_no_bomb():
    rows = "".join(f"<w:p><w:r><w:t>Dòng {at}</w:t></w:r></w:p>" for at in range(60_000))
    data = word({"word/footnotes.xml": rows})
    assert check_upload(attached(data, "a.docx")).extension == "docx"


def test_too_many_members_are_refused_before_the_directory_is_read(monkeypatch):
    data = word({f"word/{at}.xml": "" for at in range(2001)})
    monkeypatch.setattr(uploads.zipfile, "ZipFile", None)
    assert refusal(data, "a.docx")[0] == "bomb"


def test_members_that_share_one_content_are_refused(unpacked):
    """Fifield's bomb: many entries of the directory point to the same packed bytes."""
    data = word({"word/a.xml": bytes(10**6), "word/b.xml": bytes(10**6)})
    place = data.rindex(b"word/a.xml") - 46 + 42  # the offset in a's entry of the directory
    data = patched(data, "word/b.xml", central=[(42, data[place : place + 4])])
    assert refusal(data, "a.docx")[0] in ("bomb", "broken")
    assert unpacked[0] <= 10**6 + 10_000


def test_a_member_inside_another_is_refused():
    """Fifield's other bomb: a member's content holds the next member, header and all."""
    inner = word({"word/b.xml": "inside"}, method=zipfile.ZIP_STORED)
    start = inner.index(b"word/b.xml") - 30
    inner = inner[start : start + 30 + len("word/b.xml") + len("inside")]
    more = {"word/a.xml": inner, "word/b.xml": "inside"}
    data = word(more, method=zipfile.ZIP_STORED)
    data = patched(data, "word/b.xml", central=[(42, four(data.index(inner)))])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.getinfo("word/b.xml").header_offset == data.index(inner)
    assert refusal(data, "a.docx")[0] == "bomb"


def test_a_zip_in_a_zip_is_not_unpacked(unpacked, bomb):
    data = word({"word/embeddings/Sheet.xlsx": bomb}, method=zipfile.ZIP_STORED)
    assert check_upload(attached(data, "a.docx")).extension == "docx"
    assert unpacked[0] == 0


def test_a_name_twice_is_refused():
    out = io.BytesIO(word())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("WORD/document.xml", "<other/>")
    assert refusal(out.getvalue(), "a.docx")[0] == "bomb"


def test_a_name_that_differs_in_directory_and_header_is_refused():
    data = patched(word(), "word/document.xml", local=[(30, b"word/documenX")])
    assert refusal(data, "a.docx")[0] == "broken"


def test_a_zip_behind_another_is_refused():
    """Readers that take the first directory would see another document."""
    assert refusal(word() + word(), "a.docx")[0] in ("bomb", "broken")


def test_packed_bytes_left_over_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as source, zipfile.ZipFile(out, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, source.read(name), zipfile.ZIP_DEFLATED)
        packed = archive.getinfo(name).compress_size
        archive.fp.seek(archive.start_dir)
        archive.fp.write(b"MZ\0\0")  # behind the last member, then called a part of it
        archive.start_dir += 4
    assert check_upload(attached(out.getvalue(), "a.docx"))
    size = four(packed + 4)
    data = patched(out.getvalue(), name, local=[(18, size)], central=[(20, size)])
    assert refusal(data, "a.docx")[0] == "broken"


@pytest.mark.parametrize("count", [1, 40])
def test_long_lists_of_parts_are_not_parsed(count, unpacked):
    rows = "<R>" + "<a/>" * (uploads.MAX_LISTS // 4 // count) + "</R>"
    noise = random.Random(7).randbytes(20_000)  # so that the ratio is no matter
    data = word({"a.bin": noise} | {f"word/_rels/{at}.xml.rels": rows for at in range(count)})
    assert refusal(data, "a.docx")[0] == "bomb"
    assert unpacked[0] == 0


# --- Anything -----------------------------------------------------------------------------------

HEADS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-", b"PK\x03\x04word/", OLE[:8]]
NAMES = ["a.jpg", "a.png", "a.pdf", "a.docx", "a", ""]


def outcome(data, name):
    """Check bytes; anything but a finding or a refusal fails the test."""
    file = ContentFile(data, name=name)
    try:
        return check_upload(file)
    except ValidationError as error:
        return error.code


@given(head=st.sampled_from(HEADS), tail=st.binary(max_size=600), name=st.sampled_from(NAMES))
def test_random_bytes_are_refused_and_nothing_worse(head, tail, name):
    assert isinstance(outcome(head + tail, name), str)


WHOLE = [
    (image("JPEG"), "a.jpg"),
    (image("JPEG", progressive=True), "a.jpg"),
    (image(), "a.png"),
    (pdf(object_stream(b"1 0 << >>")), "a.pdf"),
    (word(), "a.docx"),
    (word(method=zipfile.ZIP_STORED), "a.docx"),
]


@given(
    whole=st.sampled_from(WHOLE),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    cut=st.floats(0, 1),
)
@examples(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_damaged_files_are_judged_and_nothing_worse(whole, changes, cut):
    data, name = whole
    data = bytearray(data)
    for place, value in changes:
        data[int(place * len(data))] = value
    if cut < 0.3:
        del data[int(cut * 3 * len(data)) :]
    outcome(bytes(data), name)


# --- Names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Biên bản 12.pdf", "Biên bản 12.pdf"),
        ("Bie\u0302n ba\u0309n.pdf", "Biên bản.pdf"),
        ("../../etc/passwd.png", "passwd.png"),
        (r"C:\Users\An\Ảnh.JPG", "Ảnh.JPG"),
        ("a\r\nSet-Cookie: x=1.pdf", "a Set-Cookie_ x=1.pdf"),
        ("anh\u202egpj.exe", "anhgpj.exe"),
        ("a\0b.png", "ab.png"),
        ('a"b<c>.png', "a_b_c_.png"),
        ("CON.pdf", "_CON.pdf"),
        (".htaccess", "htaccess"),
        ("a.pdf. . ", "a.pdf"),
        ("", "tep"),
        ("///", "tep"),
        ("...", "tep"),
        ("x" * 300 + ".docx", "x" * 115 + ".docx"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_name_is_made_safe_and_keeps_its_ending(name, clean):
    assert clean_name(name) == clean


@given(st.text(max_size=300))
def test_every_name_comes_out_safe(name):
    found = clean_name(name)
    assert 1 <= len(found) <= 120
    assert clean_name(found) == found
    assert unicodedata.is_normalized("NFC", found)
    assert not re.search(r'[/\\<>:"|?*]', found)
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in found)
    assert not found.startswith(".")
    found.encode()


# --- Storage ------------------------------------------------------------------------------------


@pytest.fixture
def folder(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return settings.ATTACHMENTS_DIR


def test_a_file_lies_under_a_random_name_that_tells_nothing(folder):
    first, second = (PrivateStorage().save("Biên bản.pdf", ContentFile(b"x")) for _ in range(2))
    assert first != second
    for name in (first, second):
        assert re.fullmatch(r"\d\d/\d\d/[0-9a-f]{32}", name)
        assert (folder / name).read_bytes() == b"x"
        assert PrivateStorage().generate_filename("../x.pdf") != name
    with pytest.raises(ValueError, match="no address"):
        PrivateStorage().url(first)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
@pytest.mark.parametrize("size", [10, 3 * 1024**2])
def test_only_the_portals_user_may_read_the_folder(folder, size):
    request = RequestFactory().post("/", {"file": attached(bytes(size), "a.pdf")})
    (file,) = request.FILES.values()
    assert hasattr(file, "temporary_file_path") == (size > 10)
    name = PrivateStorage().save("a", file)
    path = folder / name
    assert path.stat().st_size == size
    assert path.stat().st_mode & 0o777 == 0o600
    for parent in (path.parent, path.parent.parent, folder):
        assert parent.stat().st_mode & 0o777 == 0o700
    request.close()


def test_a_taken_name_is_drawn_again_and_no_file_overwritten(folder, monkeypatch):
    drawn = iter(["a" * 32, "a" * 32, "b" * 32])
    monkeypatch.setattr(uploads.secrets, "token_hex", lambda _: next(drawn))
    names = [PrivateStorage().save("x", ContentFile(content)) for content in (b"1", b"2")]
    assert [Path(name).name for name in names] == ["a" * 32, "b" * 32]
    assert [(folder / name).read_bytes() for name in names] == [b"1", b"2"]


def test_no_path_outside_the_folder_is_opened(folder):
    folder.mkdir()
    (folder.parent / "secret").write_text("x")
    for name in ("../secret", str(folder.parent / "secret")):
        with pytest.raises(Exception, match="located outside"):
            PrivateStorage().open(name)


def test_no_machines_path_gets_into_a_migration(folder):
    field = models.FileField(storage=PrivateStorage())
    operation = migrations.AddField("incident", "file", field)
    migration = type("Migration", (migrations.Migration,), {"operations": [operation]})(
        "x", "incidents"
    )
    written = MigrationWriter(migration).as_string()
    assert "storage=kylien.core.uploads.PrivateStorage()" in written
    assert str(folder) not in written
    assert PrivateStorage().deconstruct() == ("kylien.core.uploads.PrivateStorage", (), {})


def test_a_failed_row_leaves_no_file(folder):
    kept = []

    def keep(fail):
        with stored(attached(b"x", "a.pdf")) as name:
            kept.append(folder / name)
            assert kept[-1].exists()
            if fail:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keep(fail=True)
    assert not kept[0].exists()
    keep(fail=False)
    assert kept[1].exists()


@pytest.mark.parametrize("inside", ["static", "static/attachments"])
def test_a_folder_among_the_static_files_stops_the_start(tmp_path, inside):
    folder = str(tmp_path / inside)
    done = manage("check", **STATION | {"VAR_DIR": str(tmp_path), "ATTACHMENTS_DIR": folder})
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "ATTACHMENTS_DIR" in last
    assert "a folder outside the static files" in last


# --- Download -----------------------------------------------------------------------------------


def test_a_file_leaves_as_a_download_and_nothing_else(folder):
    name = PrivateStorage().save("x", ContentFile(b"%PDF-x"))
    answer = send(name, "Biên bản\r\nX: 1.pdf", "application/pdf")
    assert b"".join(answer) == b"%PDF-x"
    answer.file_to_stream.close()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Length"] == "6"
    assert answer["Content-Disposition"] == (
        "attachment; filename*=utf-8''Bi%C3%AAn%20b%E1%BA%A3n%20X_%201.pdf"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_type_that_is_none_of_the_four_is_not_passed_on(folder):
    name = PrivateStorage().save("x", ContentFile(b"<script>"))
    answer = send(name, "a.html", "text/html")
    assert answer["Content-Type"] == "application/octet-stream"
    answer.file_to_stream.close()


def test_a_missing_file_is_not_found_and_logged_without_names(folder, caplog):
    with caplog.at_level(logging.ERROR), pytest.raises(Http404):
        send("26/11/" + "a" * 32, "Biên bản.pdf", "application/pdf")
    (line,) = caplog.messages
    assert "26/11" in line
    assert "aaaa" not in line
    assert "Biên bản" not in line


@pytest.mark.parametrize("name", ["", "../../x", "26/11", "/etc/passwd", "26/11/" + "A" * 32])
def test_a_name_that_was_never_drawn_is_not_found(folder, name):
    with pytest.raises(Http404):
        send(name, "a.pdf", "application/pdf")


# --- Upload -------------------------------------------------------------------------------------


class AttachForm(forms.Form):
    note = forms.CharField()
    file = forms.FileField()

    def clean_file(self):
        check_upload(self.cleaned_data["file"])
        return self.cleaned_data["file"]


def test_a_file_too_large_is_not_kept_and_the_form_comes_back_with_its_text():
    size = 15 * 1024**2
    request = RequestFactory().post("/", {"note": "đã gõ", "file": attached(bytes(size), "a.pdf")})
    file = request.FILES["file"]
    assert file.size == size
    assert Path(file.temporary_file_path()).stat().st_size == 10 * 1024**2
    form = AttachForm(request.POST, request.FILES)
    assert form.errors == {"file": ["Tệp lớn hơn 10 MB; chia nhỏ hoặc nén ảnh lại."]}
    assert form["note"].value() == "đã gõ"
    request.close()


def test_a_file_of_ten_megabytes_arrives_whole():
    data = pdf()
    data += b"\n" * (10 * 1024**2 - len(data))
    request = RequestFactory().post("/", {"note": "x", "file": attached(data, "a.pdf")})
    form = AttachForm(request.POST, request.FILES)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["file"].read() == data
    request.close()


@pytest.fixture
def served(settings):
    """Serve a page that says how much it was sent; a request may have 1 MB."""
    settings.MAX_REQUEST_BYTES = 1024**2
    asked = []

    def application(environ, start_response):
        asked.append(len(environ["wsgi.input"].read()))
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    bound = socket.create_server(("127.0.0.1", 0))
    server = serve.make_server(application, [bound])
    stop = threading.Event()

    def run():
        while not stop.is_set():
            wasyncore.loop(timeout=0.05, map=server._map, count=1)
        wasyncore.close_all(server._map)  # in the loop's own thread: nothing waits on a closed one

    thread = threading.Thread(target=run)
    thread.start()
    yield bound.getsockname()[1], asked, server
    stop.set()
    thread.join()
    server.task_dispatcher.shutdown()
    server.trigger.close()


def test_a_request_below_the_limit_arrives(served):
    port, asked, _ = served
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/", bytes(900_000))
    assert connection.getresponse().read() == b"ok"
    connection.request("GET", "/")  # the connection lives on
    assert connection.getresponse().read() == b"ok"
    assert asked == [900_000, 0]
    connection.close()


def test_a_huge_request_is_answered_in_words_and_kept_nowhere(served):
    """The sender sends to its end before it reads, as browsers do, and still gets the page."""
    port, asked, _ = served
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/", bytes(40 * 1024**2))  # fails where the connection is reset
    answer = connection.getresponse()
    page = answer.read().decode()
    assert answer.status == 413
    assert answer.getheader("Content-Type") == "text/html; charset=utf-8"
    assert "default-src 'self'" in answer.getheader("Content-Security-Policy")
    assert answer.getheader("Connection") == "close"
    assert "Tệp quá lớn" in page
    assert "tối đa 10 MB" in page
    assert asked == []
    connection.close()


def test_a_refused_connection_that_goes_on_is_ended(served):
    port, _, server = served
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 413 Content Too Large")
        (channel,) = server.active_channels.values()
        assert channel.draining
        before = channel.last_activity
        connection.sendall(bytes(100_000))
        assert channel.last_activity == before  # so that waitress counts it as idle
        server.maintenance(before + server.adj.channel_timeout + 1)
        server.pull_trigger()
        connection.settimeout(20)
        for _ in range(200):
            if not server.active_channels:
                break
            threading.Event().wait(0.05)
        assert not server.active_channels


def test_other_refusals_stay_as_they_were(served):
    port, _, _ = served
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.0 400 Bad Request")


def test_the_limit_of_a_request_leaves_room_for_a_form_with_a_file(settings):
    assert settings.MAX_UPLOAD_BYTES == 10 * 1024**2
    assert settings.MAX_REQUEST_BYTES > 2 * settings.MAX_UPLOAD_BYTES
    assert HttpResponse(status=413).reason_phrase
