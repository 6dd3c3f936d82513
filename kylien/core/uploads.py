"""Files people attach: checked by content, kept outside the web root, handed out as downloads.

`check_upload()` accepts jpg, png, pdf and docx and believes neither the name nor the browser's
content type. Files are evidence: the bytes are kept as they came, a photograph's EXIF data with
place and time too, since a rewritten file would no longer have the digest of the original. So a
file is shown only to those who may see its record, as a download (`send()`), never inside a page.

The check is no virus scanner. It keeps out what lies about its kind, what would choke the portal
or the reader's PC when opened, and the ordinary ways in which documents carry programs.
"""

import hashlib
import logging
import re
import secrets
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from xml.parsers import expat

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import FileResponse, Http404
from django.utils.deconstruct import deconstructible
from PIL import Image

from .changes import today
from .text import clean

logger = logging.getLogger(__name__)

# --- Kinds --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """A kind of file: how it is called, and the endings a name may have, the usual one first."""

    label: str
    content_type: str
    extensions: tuple[str, ...]


JPEG = Kind("ảnh JPG", "image/jpeg", ("jpg", "jpeg", "jfif"))
PNG = Kind("ảnh PNG", "image/png", ("png",))
PDF = Kind("PDF", "application/pdf", ("pdf",))
DOCX = Kind(
    "văn bản Word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ("docx",),
)
KINDS = (JPEG, PNG, PDF, DOCX)
ACCEPT = ",".join(f".{ending}" for kind in KINDS for ending in kind.extensions)  # for <input>
ACCEPTED = "jpg, png, pdf, docx"
CONTENT_TYPES = {kind.content_type for kind in KINDS}

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROGRAM = (b"MZ", b"\x7fELF")
# What else people try, so that the refusal can name it: first bytes, and where they stand.
_FOREIGN = (
    (0, _ZIP, "tệp nén"),
    (0, b"PK\x05\x06", "tệp nén"),
    (0, b"Rar!", "tệp nén"),
    (0, b"7z\xbc\xaf", "tệp nén"),
    (0, _OLE, "tệp Office kiểu cũ"),
    (4, b"ftyphei", "ảnh HEIC"),
    (4, b"ftypmif1", "ảnh HEIC"),
    (4, b"ftyp", "video"),
    (0, b"GIF8", "ảnh GIF"),
    (8, b"WEBP", "ảnh WEBP"),
    *((0, magic, "chương trình") for magic in _PROGRAM),
)


@dataclass(frozen=True)
class Checked:
    """What a file was found to be. `size` in bytes, `sha256` in hex of the bytes as they came."""

    extension: str
    content_type: str
    size: int
    sha256: str


def _refuse(code: str, sentence: str) -> ValidationError:
    return ValidationError(sentence, code=code)


def check_upload(file) -> Checked:
    """Return what an uploaded file is. Raises ValidationError with one sentence for the user.

    `file` is an open Django file; it is read once, at most `settings.MAX_UPLOAD_BYTES` and one
    byte, and is left at its beginning.
    """
    limit = settings.MAX_UPLOAD_BYTES
    data = b""
    # The size comes first: of a file beyond the limit the upload handler kept only the beginning.
    if file.size <= limit:
        file.seek(0)
        data = file.read(limit + 1)
        file.seek(0)
    if file.size > limit or len(data) > limit:
        raise _refuse("too_large", f"Tệp lớn hơn {limit // 1024**2} MB; chia nhỏ hoặc nén ảnh lại.")
    if not data:
        raise _refuse("empty", "Tệp rỗng, không có nội dung.")
    extension = _extension(file.name)
    kind = _recognise(data)
    if kind is None:
        raise _foreign(data, extension)
    if extension not in kind.extensions:
        raise _misnamed(extension, kind.label)
    _CHECKS[kind](data)
    return Checked(
        extension=kind.extensions[0],
        content_type=kind.content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def _recognise(data: bytes) -> Kind | None:
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"%PDF-"):
        return PDF
    # Names of members stand uncompressed in a zip's directory.
    if data.startswith(_ZIP) and b"word/" in data:
        return DOCX
    return None


def _misnamed(extension: str, label: str) -> ValidationError:
    if not extension:
        return _refuse("misnamed", f"Tên tệp không có đuôi, bên trong là {label}.")
    return _refuse("misnamed", f"Tệp tên .{extension} nhưng bên trong là {label}.")


def _foreign(data: bytes, extension: str) -> ValidationError:
    """Return the refusal of content that is none of the kinds."""
    if data.startswith(_OLE) and "EncryptedPackage".encode("utf-16-le") in data:
        return _refuse(
            "encrypted", "Tệp có mật khẩu. Mở bằng Word, bỏ mật khẩu, lưu lại rồi tải lên."
        )
    if data.startswith(_OLE) and extension in ("doc", "docx"):
        return _refuse(
            "foreign", "Tệp Word kiểu cũ (.doc). Mở bằng Word, lưu thành .docx rồi tải lên."
        )
    label = next((label for at, magic, label in _FOREIGN if data[at:].startswith(magic)), None)
    named = next((kind for kind in KINDS if extension in kind.extensions), None)
    if named and label:
        return _misnamed(extension, label)
    if named:
        return _refuse(
            "misnamed", f"Tệp tên .{extension} nhưng bên trong không phải {named.label}."
        )
    if label:
        return _refuse("foreign", f"Tệp là {label}; chỉ nhận {ACCEPTED}.")
    return _refuse("foreign", f"Không nhận ra loại tệp; chỉ nhận {ACCEPTED}.")


# --- Images -------------------------------------------------------------------------------------

MAX_PIXELS = 70_000_000  # phones have up to 64 million
# A photograph has 1 scan, a progressive one about 10. Each scan costs a walk over all pixels, and
# a few bytes are enough for one.
MAX_SCANS = 100
# A decoded PNG needs up to 4 bytes a pixel, so one is decoded at a time.
_decoding = threading.Lock()
# A marker of JPEG; 00 and restarts stand inside compressed data, FF only fills.
_MARKER = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9


def _check_jpeg(data: bytes) -> None:
    """Count pixels and scans by the file's markers before anything decodes it."""
    at, scans = 2, 0
    while found := _MARKER.search(data, at):
        at = found.end()
        marker = found[1][0]
        if marker == _END:
            break
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 3 : at + 7].ljust(4, b"\0"))
            _check_pixels(width, height)
        scans += marker == _SCAN
        at += int.from_bytes(data[at : at + 2])
    if scans > MAX_SCANS:
        raise _refuse("bomb", "Ảnh được nén bất thường, mở ra làm treo máy.")
    _decode(data, "JPEG")


def _check_png(data: bytes) -> None:
    width, height = struct.unpack(">II", data[16:24].ljust(8, b"\0"))
    _check_pixels(width, height)
    _decode(data, "PNG")


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _refuse("bomb", f"Ảnh lớn hơn {MAX_PIXELS // 10**6} triệu điểm ảnh; thu nhỏ lại.")


def _decode(data: bytes, name: str) -> None:
    """Decode the whole image and throw it away: half of one does not pass."""
    try:
        with _decoding:
            with Image.open(BytesIO(data), formats=[name]) as image:
                _check_pixels(*image.size)
                image.verify()  # PNG: the checksums, which decoding skips
            with Image.open(BytesIO(data), formats=[name]) as image:
                # JPEG: all compressed data is read, at an eighth of the size and memory.
                image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
                image.load()
    except ValidationError:
        raise
    # Decoders meet broken data with whatever went wrong: OSError, SyntaxError, struct.error, ...
    except Exception as error:
        raise _refuse("broken", "Ảnh hỏng hoặc bị cắt giữa chừng, không mở được.") from error


# --- PDF ----------------------------------------------------------------------------------------

MAX_PDF_UNPACKED = 50 * 1024**2
_TAIL = 1024  # readers look for the end mark in the last 1024 bytes


def _pdf_name(name: str) -> str:
    """Return a pattern for a name of PDF, each letter plain or as #xx."""
    return "/" + "".join(f"(?:{c}|#{ord(c):02x}|#{ord(c):02X})" for c in name)


# A scan or a printed paper has none of these; forms and portfolios do, and pass after printing them
# to PDF. "/JS" is not asked for: it does nothing without /JavaScript, and three bytes turn up by
# chance in a scan of 10 MB.
_ACTIVE = re.compile(
    "|".join(map(_pdf_name, ("JavaScript", "Launch", "EmbeddedFile", "RichMedia"))).encode()
)


def _check_pdf(data: bytes) -> None:
    """Require a whole file without scripts, programs and other files in it.

    What a file means to do is read from its names, also in compressed object streams, not by a
    parser: who hides them on purpose gets through, which the reader's own sandbox has to stop.
    """
    end = data.rstrip(b"\0 \t\r\n")[-_TAIL:]
    mark = end.rfind(b"%%EOF")
    if mark < 0 or b"startxref" not in data or b"obj" not in data:
        raise _refuse("broken", "Tệp PDF hỏng hoặc bị cắt giữa chừng.")
    if b"PK\x05\x06" in end[mark:]:
        raise _refuse("polyglot", "Tệp vừa là PDF vừa là tệp nén.")
    for part in (data, *_object_streams(data)):
        if _ACTIVE.search(part):
            raise _refuse(
                "active", "Tệp PDF chứa mã chạy hoặc tệp kèm. Mở ra, in thành PDF mới rồi tải lên."
            )


def _object_streams(data: bytes) -> Iterator[bytes]:
    """Yield the unpacked object streams of a PDF; each byte of `data` is looked at once."""
    budget = MAX_PDF_UNPACKED
    at = 0
    while (at := data.find(b"/ObjStm", at)) >= 0:
        at += len(b"/ObjStm")
        start = data.find(b"stream", at, at + _TAIL)
        if start < 0:
            continue
        start += len(b"stream")
        at = data.find(b"endstream", start)
        at = len(data) if at < 0 else at
        unpacker = zlib.decompressobj()
        try:
            unpacked = unpacker.decompress(data[start:at].lstrip(b"\r\n"), budget + 1)
        except zlib.error:
            continue  # packed otherwise
        budget -= len(unpacked)
        if budget < 0:
            raise _refuse("bomb", "Tệp PDF nén quá mức, mở ra làm treo máy.")
        yield unpacked


# --- Word ---------------------------------------------------------------------------------------

MAX_MEMBERS = 2000
MAX_UNPACKED = 100 * 1024**2
MAX_RATIO = 200  # unpacked to packed, over the whole file; deflate reaches 1000
SMALL = 2 * 1024**2  # below this no ratio is suspicious
MAX_LISTS = 2 * 1024**2  # of the lists of parts and relations together, which are parsed
_STEP = 64 * 1024

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TYPES = "[content_types].xml"
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_MACRO_FILES = re.compile(r"vba(project|projectsignature\w*|data)\.(bin|xml)")
_PROGRAM_FILES = re.compile(
    r".*\.(exe|dll|scr|com|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|lnk|jar|msi|docm|dotm|xlsm|html?|mht)"
)
# What a relation may bring in: programs, and text of another format that Word would import.
_MACRO_RELATIONS = {"vbaproject", "wordvbadata"}
_OBJECT_RELATIONS = {"oleobject", "control", "activexcontrolbinary", "afchunk"}
_FETCHED_RELATIONS = {"attachedtemplate", "frame", "subdocument"}
# A scheme or a server. A local path (C:\..., file:///C:\...) is how Word notes its own template.
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]+:(?!/*[a-z]:[\\/])|[\\/]{2}", re.IGNORECASE)


def _broken_docx() -> ValidationError:
    return _refuse("broken", "Tệp Word hỏng hoặc bị cắt giữa chừng.")


def _packed_docx() -> ValidationError:
    return _refuse("bomb", "Tệp Word nén bất thường, mở ra làm treo máy.")


def _macros() -> ValidationError:
    return _refuse("macros", "Tệp Word có macro. Lưu thành .docx không macro rồi tải lên.")


def _objects() -> ValidationError:
    return _refuse("objects", "Tệp Word có đối tượng nhúng. Thay bằng ảnh hoặc chữ rồi tải lên.")


def _check_docx(data: bytes) -> None:
    """Require a Word document without macros and embedded objects that unpacks within limits.

    Every member is unpacked, counted and thrown away: sizes in the directory are claims. Charts
    keep their figures as an embedded .xlsx, which is let through unopened.
    """
    parts: set[str] = set()
    main: set[str] = set()
    for name, content in _members(data):
        parts.add(name)
        folder, _, file = name.rpartition("/")
        folders = folder.split("/")
        if _MACRO_FILES.fullmatch(file):
            raise _macros()
        chart = file.endswith(".xlsx") and content.startswith(_ZIP)
        if (
            "activex" in folders
            or ("embeddings" in folders and not chart)
            or content.startswith((_OLE, *_PROGRAM))
            or _PROGRAM_FILES.fullmatch(file)
        ):
            raise _objects()
        if name == _TYPES:
            main.update(_main_parts(content))
        elif name.endswith(".rels"):
            _check_relations(content)
    if not main & parts:
        raise _refuse("not_word", "Tệp tên .docx nhưng bên trong không phải văn bản Word.")


def _members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the folded name of each member of a zip, and its beginning (or, of lists, all of it).

    Raises ValidationError where the zip is broken, encrypted, too large or contradicts itself.
    """
    # Before the directory is read, for each entry of it becomes an object.
    if data.count(b"PK\x01\x02") > MAX_MEMBERS:
        raise _packed_docx()
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()
    # zipfile meets a broken directory with whatever went wrong.
    except Exception as error:
        raise _broken_docx() from error
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise _refuse("encrypted", "Tệp Word bị mã hoá. Bỏ mật khẩu, lưu lại rồi tải lên.")
    allowed = min(MAX_UNPACKED, max(SMALL, MAX_RATIO * len(data)))
    lists = [member for member in members if _is_list(_part_name(member))]
    if (
        sum(member.file_size for member in members) > allowed
        or sum(member.file_size for member in lists) > MAX_LISTS
    ):
        raise _packed_docx()
    seen: set[str] = set()
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        name = _part_name(member)
        start = _content_start(data, member)
        # Nothing before the first member, no member inside another, no name twice: a zip that two
        # programs read in two ways is none of ours.
        if member.header_offset < end or (not seen and member.header_offset) or name in seen:
            raise _packed_docx()
        end = start + member.compress_size
        seen.add(name)
        yield name, _content(data[start:end], member, keep=MAX_LISTS if _is_list(name) else 16)


def _part_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name as Word compares it: without regard to case."""
    return member.filename.replace("\\", "/").lstrip("/").lower()


def _is_list(name: str) -> bool:
    return name == _TYPES or name.endswith(".rels")


def _content_start(data: bytes, member: zipfile.ZipInfo) -> int:
    """Return where a member's content begins; its own header must say what the directory says."""
    header = data[member.header_offset : member.header_offset + 30]
    if len(header) < 30 or not header.startswith(_ZIP):
        raise _broken_docx()
    flags, method = struct.unpack_from("<HH", header, 6)
    name_length, extra_length = struct.unpack_from("<HH", header, 26)
    name_at = member.header_offset + 30
    name = data[name_at : name_at + name_length]
    encoding = "utf-8" if member.flag_bits & 0x800 else "cp437"
    same = name == member.orig_filename.encode(encoding, errors="replace")
    if not same or method != member.compress_type or flags & _ENCRYPTED:
        raise _broken_docx()
    return name_at + name_length + extra_length


def _content(packed: bytes, member: zipfile.ZipInfo, keep: int) -> bytes:
    """Unpack a member to its end; return its first `keep` bytes.

    It stops at the first piece beyond the declared size, whatever the rest would become.
    """
    size, checksum, kept = 0, 0, b""
    for piece in _unpack(packed, member.compress_type):
        size += len(piece)
        if size > member.file_size:
            raise _packed_docx()
        checksum = zlib.crc32(piece, checksum)
        kept += piece[: keep - len(kept)]
    if size != member.file_size or checksum != member.CRC:
        raise _broken_docx()
    return kept


def _unpack(packed: bytes, method: int) -> Iterator[bytes]:
    """Yield unpacked content in pieces of at most `_STEP` bytes, each only when it is asked for."""
    pieces = (packed[at : at + _STEP] for at in range(0, len(packed), _STEP))
    if method == zipfile.ZIP_STORED:
        yield from pieces
        return
    if method != zipfile.ZIP_DEFLATED:  # the only two that Word knows
        raise _broken_docx()
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in pieces:
            while piece:
                yield unpacker.decompress(piece, _STEP)
                piece = unpacker.unconsumed_tail
        # All input may be taken while output still waits.
        while not unpacker.eof and (piece := unpacker.decompress(b"", _STEP)):
            yield piece
    except zlib.error as error:
        raise _broken_docx() from error
    if not unpacker.eof or unpacker.unused_data:
        raise _broken_docx()


def _main_parts(xml: bytes) -> Iterable[str]:
    """Return the parts that a list of content types calls a Word document's main text."""
    elements = _attributes(xml)
    types = [element.get("ContentType", "").lower() for element in elements]
    if any("macroenabled" in kind or "vbaproject" in kind for kind in types):
        raise _macros()
    return [
        element.get("PartName", "").lstrip("/").lower()
        for element, kind in zip(elements, types, strict=True)
        if kind == _MAIN
    ]


def _check_relations(xml: bytes) -> None:
    for element in _attributes(xml):
        kind = element.get("Type", "").rpartition("/")[2].lower()
        if kind in _MACRO_RELATIONS:
            raise _macros()
        if kind in _OBJECT_RELATIONS:
            raise _objects()
        if kind in _FETCHED_RELATIONS and _REMOTE.match(element.get("Target", "").strip()):
            raise _refuse(
                "remote", "Tệp Word tự tải nội dung từ mạng. Gỡ mẫu đính kèm, lưu lại rồi tải lên."
            )


def _attributes(xml: bytes) -> list[dict[str, str]]:
    """Return the attributes of every element. A document type, which could swell, is refused."""
    found: list[dict[str, str]] = []

    def refuse(*_):
        raise _broken_docx()

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda _, attributes: found.append(attributes)
    try:
        parser.Parse(xml, True)
    # LookupError and ValueError: an encoding that Python does not know or has no table for.
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise _broken_docx() from error
    return found


_CHECKS = {JPEG: _check_jpeg, PNG: _check_png, PDF: _check_pdf, DOCX: _check_docx}

# --- Names --------------------------------------------------------------------------------------

MAX_NAME = 120
_FORBIDDEN = re.compile(r'[<>:"|?*]')  # in names of files, on Windows
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def _extension(name: str | None) -> str:
    """Return the ending of a name, in lower case, without the dot; at most 10 characters."""
    return PurePosixPath(clean_name(name or "")).suffix[1:11].lower()


def clean_name(name: str) -> str:
    """Return a file's name that is safe to show and to save under: "Biên bản 12.pdf".

    No folders, control characters or characters that Windows forbids; NFC; at most 120 characters,
    of which the ending is kept. Never empty; cleaning twice changes nothing.
    """
    last = re.split(r"[/\\]", clean(name))[-1]
    last = clean(_FORBIDDEN.sub("_", last)).strip(". ")
    if _DEVICES.fullmatch(last):
        last = f"_{last}"
    stem, dot, ending = last.rpartition(".")
    if not dot or len(ending) > 10:
        return last[:MAX_NAME].rstrip(". ") or "tep"
    return f"{stem[: MAX_NAME - 1 - len(ending)]}.{ending}"


# --- Storage ------------------------------------------------------------------------------------

_STORED = re.compile(r"[0-9]{2}/[0-9]{2}/[0-9a-f]{32}")


@deconstructible(path="kylien.core.uploads.PrivateStorage")
class PrivateStorage(FileSystemStorage):
    """Files in `settings.ATTACHMENTS_DIR`, under names drawn at random: 26/11/ and 32 hex digits.

    The name somebody gave a file is no part of where it lies, and nothing has an address: `send()`
    is the only way out. Only the portal's own user may read the folder (POSIX). Takes no arguments,
    so that no machine's path gets into a migration.
    """

    def __init__(self):
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self):
        return settings.ATTACHMENTS_DIR

    @property
    def location(self):
        return str(settings.ATTACHMENTS_DIR.absolute())

    def generate_filename(self, filename):
        return f"{today():%y/%m}/{secrets.token_hex(16)}"

    def get_available_name(self, name, max_length=None):
        """Draw a name whatever was asked for; `_save` draws again where a file has it."""
        return self.generate_filename(name)

    def url(self, name):
        raise ValueError("An attachment has no address; kylien.core.uploads.send() hands it out.")


@contextmanager
def stored(file: UploadedFile) -> Iterator[str]:
    """Store a file for the block, which writes its row: `with stored(file) as name, atomic():`.

    Where the block fails the file is removed, so that nothing is half saved. The transaction has to
    stand inside, or its end could still fail after the block.
    """
    storage = PrivateStorage()
    name = storage.save("attachment", file)
    try:
        yield name
    except BaseException:
        storage.delete(name)
        raise


def send(stored_name: str, shown_name: str, content_type: str) -> FileResponse:
    """Return a stored file as a download. Raises Http404 where it is not there.

    The caller has asked whether the user may see the record. Whatever the file holds, no browser
    is to open it as a page of ours: it is saved, its type is not guessed, and if it were opened all
    the same it would have no scripts, no forms and no origin.
    """
    if not _STORED.fullmatch(stored_name):
        raise Http404
    try:
        file = PrivateStorage().open(stored_name)
    except FileNotFoundError as error:
        # The month's folder says what to bring back from the backup; names do not belong in logs.
        logger.error("An attachment's file is missing in the folder %s", stored_name[:5])
        raise Http404 from error
    known = content_type in CONTENT_TYPES
    return FileResponse(
        file,
        as_attachment=True,
        filename=clean_name(shown_name),
        content_type=content_type if known else "application/octet-stream",
        headers={
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        },
    )


# --- Upload -------------------------------------------------------------------------------------


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Keep no more of an uploaded file than may be accepted; count the rest.

    The form is read to its end, so that it comes back with what was typed and a sentence at the
    file, which `check_upload()` says by the counted size. Its content then is only the beginning.
    """

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.kept = 0

    def receive_data_chunk(self, raw_data, start):
        room = settings.MAX_UPLOAD_BYTES - self.kept
        if room > 0:
            self.kept += min(room, len(raw_data))
            super().receive_data_chunk(raw_data[:room], start)
