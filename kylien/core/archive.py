"""The file a backup is kept in: a gzipped tar stream, encrypted with age for one or more keys.

The public part of a key writes (`pack`), the secret part reads (`unpack`), so the PC that backs up
needs no secret. Memory stays bounded both ways. In an emergency the file opens without the portal:
`age -d -i KEY FILE | tar xz`.

age tells of every changed or missing byte, but not who wrote a file: anybody may hold the public
part. So what comes out of one is believed only as far as it is exactly of the shape written here:
the manifest, the database, the attachments in the manifest's order, and of its sizes and digests.
"""

import datetime as dt
import gzip
import hashlib
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyrage
from pyrage import x25519

FORMAT = 1
MAGIC = b"age-encryption.org/v1\n"
MANIFEST, DATABASE = "manifest.json", "database"
MAX_MANIFEST = 256 * 1024**2  # about a million attachments
_STEP = 64 * 1024
_BLOCK = 512
# Where an attachment lies, below its folder: 26/07/ and 32 hex digits. No dots, so no way out.
_NAME = re.compile(r"[0-9a-f]+(/[0-9a-f]+){0,4}")
_HASH = re.compile(r"[0-9a-f]{64}")


class BackupError(Exception):
    """What went wrong, as one Vietnamese sentence for whoever runs the command."""


# --- Keys -----------------------------------------------------------------------------------------


def new_key(path: Path) -> Path:
    """Write a new secret key to `path`, its public part beside it, and return the latter's path.

    Raises BackupError where one of the two is there already: a lost key is a lost backup.
    """
    public = path.with_name(f"{path.name}.pub")
    for taken in (path, public):
        if taken.exists():
            raise BackupError(f"{taken} đã có, không ghi đè khoá. Chọn tên khác.")
    key = x25519.Identity.generate()
    _write_key(
        path, f"# Khoá bí mật: mở được mọi bản sao lưu. Cất riêng, không để trên máy.\n{key}\n"
    )
    _write_key(public, f"# Khoá công khai: chỉ để tạo bản sao lưu.\n{key.to_public()}\n")
    return public


def _write_key(path, text):
    with open_private(path) as file:
        file.write(text.encode())
        sync(file)


def _key_lines(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise BackupError(f"Không đọc được tệp khoá {path}.") from error
    return [line for text in lines if (line := text.strip()) and not line.startswith("#")]


def read_recipients(path: Path) -> list:
    """Return the public keys in a file; a secret key stands for its public part.

    Raises BackupError where the file cannot be read or holds something else.
    """
    try:
        found = [
            x25519.Identity.from_str(line).to_public()
            if line.startswith("AGE-SECRET-KEY-")
            else x25519.Recipient.from_str(line)
            for line in _key_lines(path)
        ]
    except (pyrage.IdentityError, pyrage.RecipientError) as error:
        raise BackupError(f"{path} không phải tệp khoá (age1… hoặc AGE-SECRET-KEY-…).") from error
    if not found:
        raise BackupError(f"{path} không có khoá nào.")
    return found


def holds_secret(path: Path) -> bool:
    """Tell whether a key file holds a secret key, which has no place on the machine."""
    return any(line.startswith("AGE-SECRET-KEY-") for line in _key_lines(path))


def read_identities(path: Path) -> list:
    """Return the secret keys in a file. Raises BackupError where there is none."""
    lines = _key_lines(path)
    if lines and all(line.startswith("age1") for line in lines):
        raise BackupError(f"{path} là khoá công khai; mở bản sao lưu phải có khoá bí mật.")
    try:
        found = [x25519.Identity.from_str(line) for line in lines]
    except pyrage.IdentityError as error:
        raise BackupError(f"{path} không phải tệp khoá bí mật (AGE-SECRET-KEY-…).") from error
    if not found:
        raise BackupError(f"{path} không có khoá nào.")
    return found


# --- Manifest -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A file of the archive. `size` in bytes, `sha256` in hex; `name` as it lies in its folder."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, name: str, path: Path):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return cls(name, file.tell(), digest)

    def is_sound(self):
        """Tell whether the claims have the form in which they can be checked."""
        return (
            isinstance(self.size, int)
            and self.size >= 0
            and isinstance(self.sha256, str)
            and _HASH.fullmatch(self.sha256) is not None
        )


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `tables` maps a table to its number of rows and its content's digest."""

    app: str  # version of the portal
    made_at: str  # ISO 8601 with offset
    engine: str  # "sqlite" or "postgresql"
    database: Part
    tables: dict[str, tuple[int, str]]
    migrations: list[tuple[str, str]]
    attachments: list[Part]
    missing: list[str] = field(default_factory=list)  # files that rows name and nobody found
    audit: tuple[int, str] | None = None  # number and digest of the audit chain's head
    format: int = FORMAT

    @property
    def made(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.made_at)

    @property
    def rows(self) -> int:
        return sum(count for count, _ in self.tables.values())

    @property
    def size(self) -> int:
        """Bytes of everything, unpacked."""
        return self.database.size + sum(part.size for part in self.attachments)

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_json(cls, data: bytes):
        """Return the manifest in `data`. Raises BackupError for any other shape or format."""
        try:
            found = json.loads(data)
            kept = found["format"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise _misshapen() from error
        if kept != FORMAT:
            raise BackupError(
                f"Bản sao lưu theo định dạng {str(kept)[:20]}, cổng này đọc định dạng {FORMAT}: "
                "dùng đúng phiên bản đã tạo ra nó."
            )
        try:
            manifest = cls(
                **found
                | {
                    "database": Part(**found["database"]),
                    "attachments": [Part(**part) for part in found["attachments"]],
                    "tables": {
                        str(name): (int(count), str(digest))
                        for name, (count, digest) in found["tables"].items()
                    },
                    "migrations": [(str(app), str(name)) for app, name in found["migrations"]],
                    "audit": found["audit"] and (int(found["audit"][0]), str(found["audit"][1])),
                }
            )
            names = [part.name for part in manifest.attachments]
            sound = (
                manifest.made.utcoffset() is not None
                and isinstance(manifest.app, str)
                and isinstance(manifest.missing, list)
                and manifest.database.name == DATABASE
                and all(part.is_sound() for part in (manifest.database, *manifest.attachments))
                and all(_NAME.fullmatch(name) for name in names)
                and len(set(names)) == len(names)
            )
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise _misshapen() from error
        if not sound:
            raise _misshapen()
        return manifest


def _misshapen() -> BackupError:
    return BackupError("Bên trong tệp không đúng cấu trúc của bản sao lưu: không dùng tệp này.")


def _damaged() -> BackupError:
    return BackupError("Bản sao lưu bị hỏng hoặc bị cắt mất phần cuối: dùng bản khác.")


def is_attachment_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None


# --- Writing --------------------------------------------------------------------------------------


def pack(out, manifest: Manifest, database: Path, attachments: Path, recipients: list) -> None:
    """Write the encrypted archive to `out`, an open binary file.

    Raises BackupError where an attachment is no longer what the manifest says or `out` refuses.
    """
    source = _Source(_zipped(_tar(manifest, database, attachments)))
    try:
        pyrage.encrypt_io(source, out, recipients)
    except pyrage.EncryptError as error:  # the only kind that comes out, whatever went wrong inside
        raise source.error or BackupError(f"Không ghi được bản sao lưu: {error}.") from error


class _Source:
    """Hand out a stream of pieces as the reads that age asks for; keep what stopped it."""

    def __init__(self, pieces: Iterator[bytes]):
        self.pieces = pieces
        self.left = b""
        self.error: BackupError | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self.left:
                piece = next(self.pieces, None)
                if piece is None:
                    return b""
                self.left = piece
        except BackupError as error:
            self.error = error
            raise
        piece, self.left = self.left[:size], self.left[size:]
        return piece


def _zipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)  # photographs do not shrink; rows do at any level
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _tar(manifest, database, attachments) -> Iterator[bytes]:
    content = manifest.to_json()
    yield _header(MANIFEST, len(content))
    yield content + _padding(len(content))
    yield from _member(manifest.database, database)
    for part in manifest.attachments:
        yield from _member(part, attachments / part.name)
    yield bytes(2 * _BLOCK)


def _header(name, size) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member.tobuf(tarfile.GNU_FORMAT)  # sizes beyond 8 GB


def _padding(size) -> bytes:
    return bytes(-size % _BLOCK)


def _member(part: Part, path: Path) -> Iterator[bytes]:
    yield _header(part.name, part.size)
    digest, left = hashlib.sha256(), part.size
    try:
        with path.open("rb") as file:
            while left and (piece := file.read(min(_STEP, left))):
                digest.update(piece)
                left -= len(piece)
                yield piece
    except OSError as error:
        raise BackupError(f"Không đọc được {path.name}: {error.strerror}.") from error
    if left or digest.hexdigest() != part.sha256:
        raise BackupError(f"Tệp {part.name} đổi trong lúc sao lưu. Chạy lại lệnh.")
    yield _padding(part.size)


# --- Reading --------------------------------------------------------------------------------------


def unpack(path: Path, identities: list, folder: Path) -> Manifest:
    """Decrypt and unpack a backup into an empty `folder`: DATABASE, and attachments/ with the rest.

    Nothing is unpacked before all of the file has been found whole. Raises BackupError for a wrong
    key, any damage, another format, and anything that is not what its manifest says.
    """
    packed = folder / "packed"
    _decrypt(path, identities, packed)
    try:
        with gzip.open(packed) as stream:
            member = _next(stream)
            if member is None or member.name != MANIFEST or member.size > MAX_MANIFEST:
                raise _misshapen()
            manifest = Manifest.from_json(_exactly(stream, member.size))
            _skip_padding(stream, member.size)
            if shutil.disk_usage(folder).free < manifest.size:
                raise BackupError(
                    f"Ổ đĩa không đủ chỗ để mở: cần {manifest.size // 1024**2 + 1} MB ở {folder}."
                )
            _take(stream, manifest.database, folder / DATABASE)
            for part in manifest.attachments:
                _take(stream, part, folder / "attachments" / part.name)
            if _next(stream) is not None:
                raise _misshapen()
    except (gzip.BadGzipFile, zlib.error, EOFError, tarfile.TarError, UnicodeError) as error:
        raise _misshapen() from error
    packed.unlink()
    return manifest


def _decrypt(path, identities, packed):
    try:
        with path.open("rb") as file, open_private(packed) as out:
            if file.read(len(MAGIC)) != MAGIC:
                raise BackupError(f"{path} không phải bản sao lưu của cổng, hoặc đã hỏng.")
            file.seek(0)
            pyrage.decrypt_io(file, out, identities)
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise BackupError(
                "Khoá này không mở được bản sao lưu: sai khoá, hoặc đầu tệp đã hỏng."
            ) from error
        raise _damaged() from error
    except OSError as error:
        # age tells damage in the middle of a file by an OSError without a number.
        if error.errno is None:
            raise _damaged() from error
        raise BackupError(f"Không đọc được bản sao lưu: {error.strerror}.") from error


def _next(stream) -> tarfile.TarInfo | None:
    """Return the next member's header; None at the end. Only plain files are let through.

    Not tarfile's own reading: it follows links and long names that `pack` never writes.
    """
    block = _exactly(stream, _BLOCK)
    if not block.strip(b"\0"):
        if _exactly(stream, _BLOCK).strip(b"\0") or stream.read(1):
            raise _misshapen()
        return None
    member = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    if member.type != tarfile.REGTYPE or member.size < 0:
        raise _misshapen()
    return member


def _exactly(stream, size) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise _misshapen()
    return data


def _skip_padding(stream, size):
    _exactly(stream, -size % _BLOCK)


def _take(stream, part: Part, path: Path):
    """Write the next member to `path`; it has to be the one that `part` says, to the byte."""
    member = _next(stream)
    if member is None or (member.name, member.size) != (part.name, part.size):
        raise _misshapen()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), part.size
    with open_private(path) as file:
        while left:
            piece = _exactly(stream, min(_STEP, left))
            digest.update(piece)
            left -= len(piece)
            file.write(piece)
        sync(file)
    _skip_padding(stream, part.size)
    if digest.hexdigest() != part.sha256:
        raise BackupError(
            f"Trong bản sao lưu, {part.name} không khớp mã kiểm tra: không dùng được."
        )


def open_private(path: Path):
    """Open a new file for writing that only the portal's own user may read (POSIX).

    Raises FileExistsError where there is one.
    """
    return open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))


def sync(file) -> None:
    """Have an open file's bytes on the disk, not in memory."""
    file.flush()
    os.fsync(file.fileno())
