"""Backing up and restoring: the database and the attached files, as of one moment.

The database comes first and the files after it. A file is stored before the row that names it is
written, and is never changed: so every row of the snapshot has its whole file on the disk by then,
and what is uploaded later has no row in the snapshot and stays out.

Sessions are left out: a restored portal must not let in who was signed in on the day of the backup.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import time
import tomllib
from collections.abc import Callable
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.files import locks
from django.core.management import CommandError, call_command, get_commands
from django.db import connection, connections
from django.db.backends.sqlite3._functions import register
from django.db.migrations.loader import MigrationLoader
from django.db.models import FileField
from django.utils import timezone

from .archive import (
    DATABASE,
    MAGIC,
    BackupError,
    Manifest,
    Part,
    is_attachment_name,
    open_private,
    pack,
    read_identities,
    read_recipients,
    sync,
    unpack,
)
from .models import Record

SESSIONS = Session._meta.db_table
PREFIX, ENDING = "kylien-", ".age"

Say = Callable[[str], None]


class UnfinishedError(BackupError):
    """The data were restored, but what had to follow failed."""


def app_version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["version"]


# --- What a database holds ------------------------------------------------------------------------


@dataclass(frozen=True)
class Snapshot:
    """A database as of one moment: what the manifest tells of it, and the files its rows name."""

    tables: dict[str, tuple[int, str]]
    migrations: list[tuple[str, str]]
    files: set[str]
    audit: tuple[int, str] | None


def _snapshot(cursor, tables) -> Snapshot:
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
    migrations = [tuple(row) for row in cursor.fetchall()]
    files = {name for table in tables for name in _files(cursor, table)}
    return Snapshot(tables, migrations, files, _audit_head(cursor, tables))


def _files(cursor, table) -> set[str]:
    """Return the names of the files that a table's rows hold."""
    fields = {
        field.column
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, FileField) and model._meta.db_table == table
    }
    found = set()
    if fields:
        # A newer portal backs up before it migrates: its models may know columns not there yet.
        cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')  # noqa: S608 (a table of our models')
        for column in fields & {described[0] for described in cursor.description}:
            cursor.execute(f'SELECT "{column}" FROM "{table}"')  # noqa: S608
            found.update(name for (name,) in cursor.fetchall() if name)
    return found


def _audit_head(cursor, tables) -> tuple[int, str] | None:
    """Return number and digest of the audit chain's last link; None where no chain is kept."""
    try:
        link = apps.get_model("audit", "AuditLink")
    except LookupError:
        return None
    if link._meta.db_table not in tables:
        return None
    cursor.execute(
        f'SELECT number, digest FROM "{link._meta.db_table}" ORDER BY number DESC LIMIT 1'  # noqa: S608
    )
    row = cursor.fetchone()
    return tuple(row) if row else None


def _unmigrated() -> BackupError:
    return BackupError("Chưa có cơ sở dữ liệu để sao lưu: chạy manage.py migrate.")


def _unreadable() -> BackupError:
    return BackupError("Cơ sở dữ liệu hỏng: SQLite không đọc được trọn vẹn.")


def _compare(found, expected):
    """Raise BackupError where tables, their numbers of rows or their contents differ."""
    for table in sorted(found.keys() | expected.keys()):
        if found.get(table) != expected.get(table):
            (have, _), (want, _) = (side.get(table, (0, "")) for side in (found, expected))
            raise BackupError(
                f"Bảng {table} không khớp bản kê: có {have} dòng, bản kê ghi {want} dòng."
            )


class Sqlite:
    """SQLite: the online backup interface; the portal goes on reading and writing meanwhile."""

    name, label = "sqlite", "SQLite"

    def __init__(self):
        self.path = Path(connection.settings_dict["NAME"])

    def exists(self) -> bool:
        return self.path.exists() and self.path.stat().st_size > 0

    def dump(self, copy: Path) -> Snapshot:
        if not self.exists():
            raise _unmigrated()
        with (
            self._open(self.path) as source,
            self._open(copy) as out,
        ):
            # In one step: in several, each write of the portal would start the copying anew.
            source.backup(out)
            out.execute("PRAGMA journal_mode = DELETE")  # one file, without -wal beside it
            self._refuse_damaged(out)
            if SESSIONS not in self._names(out):
                raise _unmigrated()
            out.execute("PRAGMA secure_delete = ON")
            out.execute(f'DELETE FROM "{SESSIONS}"')  # noqa: S608 (our own table)
            return _snapshot(out.cursor(), self._tables(out))

    @staticmethod
    @contextmanager
    def _open(path: Path):
        with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as database:
            register(database)  # constraints and indexes call Django's own functions
            try:
                yield database
            except sqlite3.Error as error:
                raise _unreadable() from error

    @staticmethod
    def _refuse_damaged(database) -> None:
        if database.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            raise _unreadable()

    @staticmethod
    def _names(database) -> list[str]:
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return [name for (name,) in found if not name.startswith("sqlite_")]

    @classmethod
    def _tables(cls, database) -> dict[str, tuple[int, str]]:
        """Return count and digest of each table."""
        found = {}
        for name in cls._names(database):
            digest, count = hashlib.sha256(), 0
            quoted = name.replace('"', '""')
            for row in database.execute(f'SELECT * FROM "{quoted}" ORDER BY rowid'):  # noqa: S608
                digest.update(ascii(row).encode())
                count += 1
            found[name] = (count, digest.hexdigest())
        return found

    def check(self, copy: Path, manifest: Manifest) -> None:
        """Compare an unpacked database with the manifest. Raises BackupError."""
        with self._open(copy) as database:
            self._refuse_damaged(database)
            _compare(self._tables(database), manifest.tables)

    def load(self, copy: Path, manifest: Manifest) -> None:
        """Put a checked copy in the database's place; where that fails, what was there returns."""
        connections.close_all()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_name(f"{self.path.name}.part")
        before = []
        with ExitStack() as undo:
            undo.callback(part.unlink, missing_ok=True)
            shutil.move(copy, part)  # onto the database's own disk
            for ending in ("", "-wal", "-shm"):
                old = self.path.with_name(self.path.name + ending)
                if old.exists():
                    aside = old.rename(old.with_name(f"{old.name}.before"))
                    undo.callback(aside.replace, old)
                    before.append(aside)
            undo.callback(self.path.unlink, missing_ok=True)
            part.rename(self.path)
            self.check(self.path, manifest)
            undo.pop_all()
        for aside in before:
            aside.unlink()


class Postgres:
    """PostgreSQL: pg_dump and pg_restore, in the very snapshot whose rows the manifest tells."""

    name, label = "postgresql", "PostgreSQL"

    # Digests are over rows as text, so what shapes text has to be the same on every machine.
    _TEXT = (
        "SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; "
        "SET bytea_output = 'hex'; SET extra_float_digits = 1"
    )

    def exists(self) -> bool:
        return True

    def dump(self, copy: Path) -> Snapshot:
        with self._own_connection() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
            if SESSIONS not in connection.introspection.table_names(cursor):
                raise _unmigrated()
            self._run(
                "pg_dump",
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--snapshot={snapshot}",
                f"--exclude-table-data=public.{SESSIONS}",
                f"--file={copy}",
            )
            return _snapshot(cursor, self._tables(cursor))

    def check(self, copy: Path, manifest: Manifest) -> None:
        """Nothing to add: the digest has shown that the dump is the one pg_dump wrote."""

    def load(self, copy: Path, manifest: Manifest) -> None:
        """Load a checked dump; where that fails, the database is left as empty as it was."""
        self._run("pg_restore", "--list", str(copy))  # a dump too new to read changes nothing
        migrated = bool(connection.introspection.table_names())
        connections.close_all()
        try:
            self._clear()
            self._run(
                "pg_restore",
                "--single-transaction",
                "--exit-on-error",
                "--no-owner",
                "--no-privileges",
                "--no-comments",  # the one on the extension is its owner's alone
                f"--dbname={connection.get_connection_params()['dbname']}",
                str(copy),
            )
            with self._own_connection() as cursor:
                _compare(self._tables(cursor), manifest.tables)
        except BaseException:
            self._clear()
            if migrated:
                call_command("migrate", interactive=False, verbosity=0)
            raise

    @contextmanager
    def _own_connection(self):
        """Open a connection beside Django's, whose transaction and settings are left alone."""
        own = connection.copy()
        try:
            with own.cursor() as cursor:
                cursor.execute(self._TEXT)
                yield cursor
        finally:
            own.close()

    @staticmethod
    def _tables(cursor) -> dict[str, tuple[int, str]]:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p')"
        )
        found = {}
        for (name,) in cursor.fetchall():
            quoted = name.replace('"', '""')
            none = "WHERE false" if name == SESSIONS else ""
            cursor.execute(  # the server hashes, so that no row has to come here
                f"""
                SELECT count(*), encode(sha256(coalesce(string_agg(h, '' ORDER BY h), '')), 'hex')
                FROM (
                    SELECT sha256(convert_to(kylien_row::text, 'UTF8')) AS h
                    FROM public."{quoted}" AS kylien_row {none}
                ) AS hashed
                """  # noqa: S608
            )
            found[name] = cursor.fetchone()
        return found

    @staticmethod
    def _clear():
        """Drop tables and functions, but not what an extension brought: it may be another's."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                DO $$ DECLARE one record; BEGIN
                FOR one IN
                    SELECT relname AS name FROM pg_class c
                    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                    AND NOT EXISTS (
                        SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
                LOOP EXECUTE format('DROP TABLE IF EXISTS public.%I CASCADE', one.name); END LOOP;
                FOR one IN
                    SELECT p.oid::regprocedure AS name FROM pg_proc p
                    WHERE pronamespace = 'public'::regnamespace
                    AND NOT EXISTS (
                        SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
                LOOP EXECUTE format('DROP ROUTINE %s CASCADE', one.name); END LOOP;
                END $$
                """
            )

    def _run(self, program: str, *arguments: str) -> None:
        """Run a PostgreSQL program on our database. Raises BackupError with its first error."""
        done = subprocess.run(  # noqa: S603 (PostgreSQL's own programs)
            [find_program(program), *arguments],
            env=os.environ | self._credentials(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            # Its first line names the trouble; those after it may quote rows.
            lines = [line for line in done.stderr.splitlines() if "error:" in line]
            raise BackupError(f"{program} không chạy được: {(lines or ['?'])[0][:300]}")

    @staticmethod
    def _credentials() -> dict[str, str]:
        """Return our connection's settings as the variables that PostgreSQL's programs read.

        An argument would show the password to everybody who lists the machine's processes.
        """
        given = connection.get_connection_params()
        variables = {}
        for option in connection.Database.pq.Conninfo.get_defaults():
            value = given.get(option.keyword.decode())
            if option.envvar and value is not None:
                variables[option.envvar.decode()] = str(value)
        return variables | {"PGCLIENTENCODING": "UTF8", "LC_ALL": "C"}


ENGINES = {engine.name: engine for engine in (Sqlite, Postgres)}


def find_program(name: str) -> str:
    """Return the path of a PostgreSQL program: in $PG_BIN, the newest installed one, or on PATH.

    Raises BackupError where there is none.
    """
    named = os.environ.get("PG_BIN")
    installed = [
        path
        for base in ("/usr/lib/postgresql", "C:/Program Files/PostgreSQL")
        for path in Path(base).glob("*/bin")
        if path.parent.name.isdigit()
    ]
    installed.sort(key=lambda path: int(path.parent.name), reverse=True)
    for folder in [named] if named else [*installed, None]:
        found = shutil.which(name, path=folder)
        if found:
            return found
    raise BackupError(
        f"Không thấy {name}: cài postgresql-client, hoặc đặt PG_BIN là thư mục của nó."
    )


# --- Backing up -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Backup:
    """A backup that was written. `size` in bytes, `seconds` it took, `dropped` older files."""

    path: Path
    manifest: Manifest
    size: int
    seconds: float
    dropped: list[str]


def back_up(
    place: Path, key: Path, *, at: dt.datetime, say: Say, force: bool = False, keep: int = 0
) -> Backup:
    """Write a backup to the file `place`, or under a name with day and hour into that folder.

    `key` is a file of public (or secret) keys; `force` lets it replace an earlier backup; `keep`
    leaves only so many of the newest in the folder. Raises BackupError where it cannot be written;
    nothing is then left behind.
    """
    began = time.monotonic()
    recipients = read_recipients(key)
    in_folder = place.is_dir()
    path = place.resolve()
    if in_folder:
        path /= f"{PREFIX}{timezone.localtime(at):%Y%m%d-%H%M%S}{ENDING}"
    if keep and not in_folder:
        raise BackupError("--keep chỉ dùng khi nơi lưu là một thư mục.")
    _refuse_place(path, force)
    with workplace() as folder:
        say("Đang chép cơ sở dữ liệu...")
        engine = ENGINES[connection.vendor]()
        snapshot = engine.dump(folder / DATABASE)
        say(f"Đang lập bản kê {len(snapshot.files)} tệp đính kèm...")
        attachments, missing = _attachments(snapshot.files)
        manifest = Manifest(
            app=app_version(),
            made_at=timezone.localtime(at).isoformat(timespec="seconds"),
            engine=engine.name,
            database=Part.of(DATABASE, folder / DATABASE),
            tables=snapshot.tables,
            migrations=snapshot.migrations,
            attachments=attachments,
            missing=missing,
            audit=snapshot.audit,
        )
        say(f"Đang mã hoá và ghi {path}...")
        _write(path, manifest, folder / DATABASE, recipients, force)
    dropped = _drop_older(path.parent, keep) if keep else []
    done = Backup(path, manifest, path.stat().st_size, time.monotonic() - began, dropped)
    _note_last(done)
    return done


def _refuse_place(path: Path, force: bool) -> None:
    """Raise BackupError where a backup must not or cannot be written."""
    closed = (settings.ATTACHMENTS_DIR, settings.STATIC_ROOT, *settings.STATICFILES_DIRS)
    if any(path.is_relative_to(Path(folder).resolve()) for folder in closed):
        raise BackupError(
            "Không ghi bản sao lưu vào thư mục tệp đính kèm hoặc thư mục của trang web."
        )
    if path.suffix != ENDING:  # a drive that is not plugged in would become a file of its name
        raise BackupError(
            f"Không có thư mục {path}: đã cắm ổ lưu chưa? Tên tệp thì kết thúc bằng {ENDING}."
        )
    if not path.parent.is_dir():
        raise BackupError(f"Không có thư mục {path.parent}: đã cắm ổ lưu chưa?")
    if path.exists():
        if not force:
            raise BackupError(f"{path} đã có. Chọn tên khác, hoặc thêm --force để thay bản cũ.")
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise BackupError(f"{path} không phải bản sao lưu, không ghi đè.")


def _attachments(names: set[str]) -> tuple[list[Part], list[str]]:
    """Return the files that rows name, and the names of those that are not there."""
    parts, missing = [], []
    for name in sorted(names):
        try:
            if not is_attachment_name(name):
                raise FileNotFoundError
            parts.append(Part.of(name, settings.ATTACHMENTS_DIR / name))
        except FileNotFoundError:
            missing.append(name)
    return parts, missing


def _write(path, manifest, database, recipients, force):
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)  # of a run that was broken off: this one holds the lock
    try:
        with open_private(part) as out:
            pack(out, manifest, database, settings.ATTACHMENTS_DIR, recipients)
            sync(out)
        _refuse_place(path, force)  # another may have come meanwhile
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # so that the new name too survives a power cut
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _drop_older(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest backups, known by the names given here, whose order is time's."""
    older = sorted(folder.glob(f"{PREFIX}[0-9]*-[0-9]*{ENDING}"))[:-keep]
    for path in older:
        path.unlink()
    return [path.name for path in older]


@contextmanager
def workplace():
    """Lend a private folder in VAR_DIR to one backup or restoring at a time, and empty it after."""
    folder = settings.VAR_DIR / "backup-work"
    with (settings.VAR_DIR / "backup.lock").open("w") as lock:
        if not locks.lock(lock, locks.LOCK_EX | locks.LOCK_NB):
            raise BackupError(
                "Đang có một lần sao lưu hoặc phục hồi khác chạy. Chờ xong rồi chạy lại."
            )
        shutil.rmtree(folder, ignore_errors=True)  # of a run that a power cut ended
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _last_file() -> Path:
    return settings.VAR_DIR / "last-backup.json"


def _note_last(done: Backup) -> None:
    note = {"at": done.manifest.made_at, "path": str(done.path), "size": done.size}
    _last_file().write_text(json.dumps(note, ensure_ascii=False), "utf-8")


def last_backup() -> dt.datetime | None:
    """Return when the last backup that succeeded was made; None where none is known."""
    try:
        return dt.datetime.fromisoformat(json.loads(_last_file().read_text("utf-8"))["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


# --- Restoring ------------------------------------------------------------------------------------


def check_backup(path: Path, key: Path, *, say: Say) -> Manifest:
    """Unpack a backup, check all of it and throw it away. Raises BackupError."""
    with workplace() as folder:
        return _unpack_checked(path, key, folder, say)


def restore(path: Path, key: Path, *, say: Say) -> Manifest:
    """Load a backup into this installation, which has to be empty, and bring it up to date.

    Raises UnfinishedError where the data are in and something after that failed; any other
    BackupError leaves everything as it was.
    """
    engine = ENGINES[connection.vendor]()
    with workplace() as folder:
        _refuse_occupied(engine)
        manifest = _unpack_checked(path, key, folder, say)
        if manifest.engine != engine.name:
            raise BackupError(
                f"Bản sao lưu là của {ENGINES[manifest.engine].label}, cơ sở dữ liệu ở đây là "
                f"{engine.label}: đặt DATABASE_URL cùng loại rồi phục hồi lại."
            )
        say("Đang đưa dữ liệu vào...")
        _refuse_occupied(engine)
        with ExitStack() as undo:
            _move_attachments(folder / "attachments", manifest.attachments, undo)
            engine.load(folder / DATABASE, manifest)
            undo.pop_all()
    _bring_up_to_date(manifest, say)
    return manifest


def _unpack_checked(path, key, folder, say) -> Manifest:
    say("Đang giải mã và kiểm tra bản sao lưu...")
    manifest = unpack(path, read_identities(key), folder)
    if manifest.engine not in ENGINES:
        raise BackupError("Bản sao lưu của một loại cơ sở dữ liệu mà cổng này không dùng.")
    _refuse_newer(manifest)
    ENGINES[manifest.engine]().check(folder / DATABASE, manifest)
    return manifest


def _refuse_newer(manifest: Manifest) -> None:
    """Raise BackupError for a backup of a portal newer than this one."""
    known = MigrationLoader(None).disk_migrations
    try:
        newer = _number(manifest.app) > _number(app_version())
    except ValueError as error:
        raise BackupError("Bản sao lưu không nói rõ phiên bản của cổng.") from error
    if newer or any(migration not in known for migration in manifest.migrations):
        raise BackupError(
            f"Bản sao lưu của cổng mới hơn ({manifest.app[:20]}), cổng này là {app_version()}: "
            "cài bản mới rồi phục hồi."
        )


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _refuse_occupied(engine) -> None:
    """Raise BackupError unless there is at most what `migrate` puts there, and no attachment.

    Whoever enters anything has an account, so accounts and records tell; what migrations fill in
    (roles, sectors, kinds) is no reason.
    """
    folder = settings.ATTACHMENTS_DIR
    if any(path.is_file() for path in folder.rglob("*")):
        raise BackupError(f"Thư mục {folder} đã có tệp. Chỉ phục hồi vào nơi cài đặt còn trống.")
    if not engine.exists():
        return
    tables = set(connection.introspection.table_names())
    models = apps.get_models(include_auto_created=True)
    ours = {model._meta.db_table for model in models} | {"django_migrations"}
    foreign = {name for name in tables - ours if not name.startswith("sqlite_")}
    if foreign:
        raise BackupError(
            f"Cơ sở dữ liệu có bảng không phải của cổng ({min(foreign)}): dùng nơi khác."
        )
    telling = (model for model in models if issubclass(model, (get_user_model(), Record)))
    for model in telling:
        if model._meta.db_table in tables and model._base_manager.exists():
            raise BackupError(
                f"Ở đây đã có dữ liệu ({model._meta.verbose_name}). "
                "Chỉ phục hồi vào nơi cài đặt còn trống."
            )


def _move_attachments(staged: Path, parts: list[Part], undo: ExitStack) -> None:
    """Move unpacked files where they belong and read them back there. Raises BackupError."""
    folder = settings.ATTACHMENTS_DIR
    for child in sorted(staged.iterdir()) if parts else ():
        target = folder / child.name
        shutil.rmtree(target, ignore_errors=True)  # empty folders: no file was found in them
        undo.callback(shutil.rmtree, target, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(child, target)
    for part in parts:
        if Part.of(part.name, folder / part.name) != part:
            raise BackupError(
                f"Ghi tệp đính kèm vào {folder} không được nguyên vẹn: kiểm tra ổ đĩa."
            )


def _bring_up_to_date(manifest: Manifest, say: Say) -> None:
    """Run the migrations that the backup lacks, verify the audit chain. Raises UnfinishedError."""
    if MigrationLoader(None).disk_migrations.keys() - set(manifest.migrations):
        say("Bản sao lưu cũ hơn cổng này: đang nâng cấp cơ sở dữ liệu...")
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except Exception as error:
            raise UnfinishedError(
                f"Đã phục hồi nhưng nâng cấp chưa xong ({type(error).__name__}): "
                "chạy manage.py migrate."
            ) from error
    if "verify_audit" in get_commands():
        say("Đang kiểm tra chuỗi nhật ký...")
        # What the portal had written but not yet sealed at the moment of the backup is sealed now.
        head = manifest.audit[1] if manifest.audit else ""
        settings.AUDIT_HEAD.unlink(missing_ok=True)  # of the trail that stood here before
        said = StringIO()
        try:
            call_command("verify_audit", seal=True, head=head, stdout=said)
        except CommandError as error:
            raise UnfinishedError(f"Đã phục hồi. {error}") from error
        finally:
            say(said.getvalue().strip())
