"""Backup and restore: the archive byte by byte, the commands, and the drill into an empty place."""

import gzip
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import threading
import tracemalloc
from contextlib import ExitStack, closing
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from uuid import uuid4

import pyrage
import pytest
from django.core.files import locks
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from incidents.models import Attachment
from kylien.accounts.models import Role
from kylien.core import archive, backup
from kylien.core.archive import BackupError, Manifest, Part, pack, read_identities, unpack
from tests import factories

PASSWORD = "Bien-Xanh-2026!"


@pytest.fixture
def key(tmp_path):
    """The secret key file; its public part lies beside it as key.pub."""
    archive.new_key(tmp_path / "key")
    return tmp_path / "key"


@pytest.fixture
def public(key):
    return key.with_name("key.pub")


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    """Folders of this test's own for data, attachments and what is written."""
    settings.VAR_DIR = tmp_path / "var"
    settings.VAR_DIR.mkdir()
    settings.ATTACHMENTS_DIR = settings.VAR_DIR / "attachments"
    (tmp_path / "usb").mkdir()


@pytest.fixture
def usb(tmp_path):
    return tmp_path / "usb"


@pytest.fixture
def no_load(monkeypatch):
    """Make a restoring that is not refused fail here, before it replaces the tests' database."""

    def load(*arguments):
        pytest.fail("It was about to be restored.")

    monkeypatch.setattr(backup.ENGINES[connection.vendor], "load", load)


def run(name, *arguments, **options):
    out, err = StringIO(), StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=err, **options)
    return out.getvalue() + err.getvalue()


def opened(path, key, folder) -> Manifest:
    folder.mkdir()
    return unpack(path, read_identities(key), folder)


def tree(folder):
    """Return what lies in a folder, the lock that every run leaves aside."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
        if path.name != "backup.lock"
    }


# --- Keys -----------------------------------------------------------------------------------------


def test_a_new_key_is_the_owners_alone_and_replaces_none(usb):
    said = run("backup", new_key=usb / "khoa")
    assert (usb / "khoa").stat().st_mode & 0o777 == 0o600
    assert "AGE-SECRET-KEY-" in (usb / "khoa").read_text()
    assert "AGE-SECRET-KEY-" not in said + (usb / "khoa.pub").read_text()
    before = tree(usb)
    with pytest.raises(CommandError, match="không ghi đè khoá"):
        run("backup", new_key=usb / "khoa")
    (usb / "khoa").unlink()
    with pytest.raises(CommandError, match="không ghi đè khoá"):  # its public part is still used
        run("backup", new_key=usb / "khoa")
    assert tree(usb) == {"khoa.pub": before["khoa.pub"]}


@pytest.mark.parametrize(
    ("text", "backing_up", "restoring"),
    [
        ("", "không có khoá nào", "không có khoá nào"),
        ("# chỉ có ghi chú\n", "không có khoá nào", "không có khoá nào"),
        ("mat-khau\n", "không phải tệp khoá", "không phải tệp khoá bí mật"),
        ("AGE-SECRET-KEY-1XYZ\n", "không phải tệp khoá", "không phải tệp khoá bí mật"),
        ("{public}\n", None, "là khoá công khai"),
        ("{public}\nage1xyz\n", "không phải tệp khoá", "là khoá công khai"),
        ("  {secret}  \r\n", None, None),
    ],
)
def test_key_files_say_what_is_wrong_with_them(tmp_path, text, backing_up, restoring):
    secret = pyrage.x25519.Identity.generate()
    path = tmp_path / "k"
    path.write_text(text.format(public=secret.to_public(), secret=secret))
    for read, sentence in (
        (archive.read_recipients, backing_up),
        (archive.read_identities, restoring),
    ):
        if sentence:
            with pytest.raises(BackupError, match=sentence):
                read(path)
        else:
            assert read(path)
    path.unlink()
    with pytest.raises(BackupError, match="Không đọc được tệp khoá"):
        archive.read_identities(path)


# --- The archive ----------------------------------------------------------------------------------

SECRET = pyrage.x25519.Identity.generate()
DATABASE = b"rows " * 40
FILES = {"26/07/" + "a" * 32: b"photo", "26/08/" + "b" * 32: b""}


def part_of(name, data):
    return Part(name, len(data), hashlib.sha256(data).hexdigest())


def manifest_of(**changes):
    found = Manifest(
        app="0.1.0",
        made_at="2026-07-14T21:00:00+07:00",
        engine="sqlite",
        database=part_of("database", DATABASE),
        tables={"t": (1, "d")},
        migrations=[("core", "0001_initial")],
        attachments=[part_of(name, data) for name, data in FILES.items()],
    )
    return replace(found, **changes)


def packed(tmp_path, manifest=None, recipients=None):
    """Return the bytes of a small archive as `pack` writes it."""
    source = tmp_path / "source"
    for name, data in {"database": DATABASE, **FILES}.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    out = io.BytesIO()
    pack(
        out,
        manifest or manifest_of(),
        source / "database",
        source,
        recipients or [SECRET.to_public()],
    )
    return out.getvalue()


def unpacked(tmp_path, data, secret=SECRET):
    path, folder = tmp_path / "archive", tmp_path / f"unpacked-{uuid4().hex}"
    path.write_bytes(data)
    folder.mkdir()
    return unpack(path, [secret], folder), folder


def test_an_archive_comes_out_as_it_went_in(tmp_path):
    other = pyrage.x25519.Identity.generate()
    data = packed(tmp_path, recipients=[SECRET.to_public(), other.to_public()])
    for secret in (SECRET, other):  # each key opens it
        manifest, folder = unpacked(tmp_path, data, secret)
        assert manifest == manifest_of()
        assert tree(folder / "attachments").items() >= FILES.items()
        assert (folder / "database").read_bytes() == DATABASE
        assert (folder / "database").stat().st_mode & 0o777 == 0o600
        assert not (folder / "packed").exists()
    assert DATABASE[:20] not in data


def test_every_flipped_byte_and_every_cut_is_refused_before_anything_is_unpacked(tmp_path):
    data = packed(tmp_path)
    path, folder = tmp_path / "archive", tmp_path / "folder"
    folder.mkdir()
    damaged = [data[:n] + bytes([data[n] ^ 1]) + data[n + 1 :] for n in range(len(data))]
    damaged += [data[:n] for n in (*range(0, len(data), 9), *range(len(data) - 20, len(data)))]
    damaged.append(data + b"x")
    for bad in damaged:
        path.write_bytes(bad)
        with pytest.raises(BackupError):
            unpack(path, [SECRET], folder)
        assert {child.name for child in folder.iterdir()} <= {"packed"}
        (folder / "packed").unlink(missing_ok=True)


def test_another_key_is_refused(tmp_path):
    with pytest.raises(BackupError, match="sai khoá"):
        unpacked(tmp_path, packed(tmp_path), pyrage.x25519.Identity.generate())


def crafted(members, tail=b""):
    """Return an archive that `pack` would not write: `members` as (name, data, changes)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data, changes in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            for attribute, value in changes.items():
                setattr(member, attribute, value)
            tar.addfile(member, io.BytesIO(data))
        end = tar.offset  # tarfile fills up to a tape's record after that
    content = out.getvalue()[:end] + bytes(1024)
    return pyrage.encrypt(gzip.compress(content + tail), [SECRET.to_public()])


def whole(**changes):
    return [
        ("manifest.json", manifest_of(**changes).to_json(), {}),
        ("database", DATABASE, {}),
        *((name, data, {}) for name, data in FILES.items()),
    ]


def changed(change):
    """Return a whole archive whose manifest's JSON went through `change`."""
    found = json.loads(manifest_of().to_json())
    change(found)
    return [("manifest.json", json.dumps(found).encode(), {}), *whole()[1:]]


OUTSIDE = part_of("../../outside", b"x")
LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc", "size": 0}


@pytest.mark.parametrize(
    "members",
    [
        [],
        whole()[1:],
        whole()[:-1],
        [*whole(), ("26/07/c", b"more", {})],
        [whole()[0], whole()[2], whole()[1], whole()[3]],
        [*whole()[:2], ("26", b"", LINK), *whole()[2:]],
        [*whole()[:2], (whole()[2][0], b"", LINK), whole()[3]],
        [*whole()[:2], (whole()[2][0], b"photo", {"type": tarfile.DIRTYPE}), whole()[3]],
        [whole()[0], ("database", DATABASE[:-1], {}), *whole()[2:]],
        [whole()[0], ("database", DATABASE[:-1] + b"?", {}), *whole()[2:]],
        [whole()[0], ("x" * 300, DATABASE, {}), *whole()[2:]],
        [("manifest.json", b"[1, 2]", {})],
        [("manifest.json", b"\xff", {})],
        [("manifest.json", b"[" * 100_000, {})],
        [*whole(attachments=[OUTSIDE])[:2], ("../../outside", b"x", {})],
        [*whole(attachments=[replace(OUTSIDE, name="/outside")])[:2]],
        [*whole(attachments=[replace(OUTSIDE, name="26\\07")])[:2]],
        [*whole(attachments=[part_of("26", b"x"), part_of("26", b"x")])[:2]],
        whole(database=replace(part_of("database", DATABASE), size=-1)),
        whole(database=replace(part_of("database", DATABASE), name="db")),
        whole(made_at="hôm qua"),
        whole(made_at="2026-07-14T21:00:00"),
        changed(lambda found: found.pop("tables")),
        changed(lambda found: found.update(more=1)),
        changed(lambda found: found.update(tables={"t": 1})),
        changed(lambda found: found.update(attachments=None)),
    ],
)
def test_an_archive_of_any_other_shape_is_refused(tmp_path, members):
    before = {path.name for path in tmp_path.parent.iterdir()}
    with pytest.raises(BackupError):
        unpacked(tmp_path, crafted(members))
    assert {path.name for path in tmp_path.parent.iterdir()} == before
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


def test_the_shape_itself_is_what_was_refused_above(tmp_path):
    assert unpacked(tmp_path, crafted(whole()))[0] == manifest_of()
    with pytest.raises(BackupError, match="không đúng cấu trúc"):
        unpacked(tmp_path, crafted(whole(), tail=b"more"))
    with pytest.raises(BackupError, match="không đúng cấu trúc"):
        unpacked(tmp_path, pyrage.encrypt(b"no archive", [SECRET.to_public()]))


def test_a_manifest_is_not_read_beyond_its_limit_and_nothing_without_room(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MANIFEST", 100)
    with pytest.raises(BackupError, match="không đúng cấu trúc"):
        unpacked(tmp_path, packed(tmp_path))
    monkeypatch.undo()
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    with pytest.raises(BackupError, match="không đủ chỗ"):
        unpacked(tmp_path, packed(tmp_path))


@pytest.mark.parametrize("kept", [0, 2, "1", None])
def test_another_format_is_refused_by_its_number(tmp_path, kept):
    with pytest.raises(BackupError, match=f"theo định dạng {kept}"):
        unpacked(tmp_path, crafted(changed(lambda found: found.update(format=kept))))


def test_a_file_that_changes_while_it_is_packed_stops_the_backup(tmp_path):
    wrong = manifest_of(attachments=[part_of(next(iter(FILES)), b"fotos")])
    with pytest.raises(BackupError, match="đổi trong lúc sao lưu"):
        packed(tmp_path, wrong)
    gone = manifest_of(attachments=[part_of("26/09/" + "c" * 32, b"x")])
    with pytest.raises(BackupError, match="Không đọc được"):
        packed(tmp_path, gone)


def test_memory_stays_bounded_both_ways(tmp_path):
    size = 24 * 1024**2
    (tmp_path / "big").write_bytes(os.urandom(size))
    manifest = manifest_of(database=Part.of("database", tmp_path / "big"), attachments=[])
    (tmp_path / "folder").mkdir()
    tracemalloc.start()
    try:
        with (tmp_path / "archive").open("wb") as out:
            pack(out, manifest, tmp_path / "big", tmp_path, [SECRET.to_public()])
        unpack(tmp_path / "archive", [SECRET], tmp_path / "folder")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "archive").stat().st_size > size
    assert peak < 4 * 1024**2


# --- The command: where it writes -----------------------------------------------------------------


@pytest.mark.django_db
class TestBackup:
    def test_it_says_what_it_wrote_and_when_the_last_one_was(self, usb, public, key, tmp_path):
        said = run("backup", usb / "a.age", key=public)
        assert f"{usb / 'a.age'}: " in said
        assert "0 tệp đính kèm" in said
        assert "Lần trước: chưa có." in said
        assert (usb / "a.age").stat().st_mode & 0o777 == 0o600
        assert [path.name for path in usb.iterdir()] == ["a.age"]
        assert f"Lần trước: {timezone.localtime():%H:}" in run("backup", usb / "b.age", key=key)
        manifest = opened(usb / "a.age", key, tmp_path / "out")
        assert manifest.engine == connection.vendor
        assert manifest.tables["django_migrations"][0] == len(manifest.migrations) > 30

    def test_nothing_is_written_over_but_an_earlier_backup_by_force(self, usb, public):
        run("backup", usb / "a.age", key=public)
        first = (usb / "a.age").read_bytes()
        with pytest.raises(CommandError, match="đã có"):
            run("backup", usb / "a.age", key=public)
        assert (usb / "a.age").read_bytes() == first
        run("backup", usb / "a.age", key=public, force=True)
        assert (usb / "a.age").read_bytes() != first
        (usb / "bao-cao.age").write_bytes(b"PK")
        with pytest.raises(CommandError, match="không phải bản sao lưu, không ghi đè"):
            run("backup", usb / "bao-cao.age", key=public, force=True)
        assert tree(usb).keys() == {"a.age", "bao-cao.age"}

    def test_it_keeps_out_of_what_the_portal_hands_out_and_makes_no_folders(
        self, settings, usb, public
    ):
        settings.ATTACHMENTS_DIR.mkdir()
        (usb / "link").symlink_to(settings.ATTACHMENTS_DIR)
        static = Path(settings.STATICFILES_DIRS[0])
        for place in (settings.ATTACHMENTS_DIR, usb / "link", static, settings.STATIC_ROOT):
            with pytest.raises(CommandError, match="Không ghi bản sao lưu vào"):
                run("backup", place / "x.age", key=public)
        with pytest.raises(CommandError, match="đã cắm ổ lưu chưa"):
            run("backup", usb / "none" / "x.age", key=public)
        with pytest.raises(CommandError, match=r"Không có thư mục .*đã cắm ổ lưu chưa"):
            run("backup", usb / "saoluu", key=public)
        assert tree(usb).keys() == {"link"}

    def test_a_folder_gets_named_files_of_which_the_newest_stay(self, usb, public, time_machine):
        (usb / "kylien-ghi-chu.age").write_bytes(b"")
        for hour in (20, 21, 22):
            time_machine.move_to(f"2026-07-14T{hour}:00:00+07:00")
            said = run("backup", usb, key=public, keep=2)
        assert "Đã xoá 1 bản cũ." in said
        names = {"kylien-20260714-210000.age", "kylien-20260714-220000.age", "kylien-ghi-chu.age"}
        assert tree(usb).keys() == names
        with pytest.raises(CommandError, match="--keep chỉ dùng"):
            run("backup", usb / "a.age", key=public, keep=2)
        with pytest.raises(CommandError, match="--keep là số"):
            run("backup", usb, key=public, keep=-1)

    @pytest.mark.parametrize("given", [{}, {"file": "x"}, {"key": "k"}])
    def test_it_asks_for_what_is_not_given(self, given):
        with pytest.raises(CommandError, match="--new-key"):
            run("backup", **given)

    def test_what_a_broken_run_left_does_not_stop_the_next(self, settings, usb, public):
        (usb / "a.age.part").write_bytes(b"half")
        (settings.VAR_DIR / "backup-work").mkdir()
        (settings.VAR_DIR / "backup-work" / "database").write_bytes(b"half")
        run("backup", usb / "a.age", key=public)
        assert tree(usb).keys() == {"a.age"}
        assert tree(settings.VAR_DIR).keys() == {"last-backup.json"}

    def test_a_run_that_fails_leaves_nothing_and_is_not_counted(
        self, settings, usb, public, monkeypatch
    ):
        def full(*arguments):
            raise OSError(28, "No space left on device", "a.age.part")

        monkeypatch.setattr(backup, "pack", full)
        with pytest.raises(CommandError, match="No space left"):
            run("backup", usb / "a.age", key=public)
        assert tree(usb) == tree(settings.VAR_DIR) == {}

    def test_two_do_not_run_at_once(self, settings, usb, public):
        with (settings.VAR_DIR / "backup.lock").open("w") as lock:
            assert locks.lock(lock, locks.LOCK_EX | locks.LOCK_NB)
            with pytest.raises(CommandError, match="khác chạy"):
                run("backup", usb / "a.age", key=public)

    def test_a_lost_attachment_is_told_and_stops_nothing(self, usb, key, public, monkeypatch):
        name = "26/07/" + "a" * 32
        own = backup.ENGINES[connection.vendor]
        dump = own.dump
        monkeypatch.setattr(
            own, "dump", lambda self, copy: replace(dump(self, copy), files={name, "../x"})
        )
        said = run("backup", usb / "a.age", key=public)
        assert "Chú ý: 2 tệp đính kèm" in said
        assert "Chú ý: 2 tệp đính kèm" in run("restore", usb / "a.age", key=key, check=True)


# --- The command: what it does not restore --------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("no_load")
class TestRefusals:
    @pytest.fixture
    def file(self, usb, public):
        run("backup", usb / "a.age", key=public)
        return usb / "a.age"

    def refused(self, settings, file, key, sentence):
        before = tree(settings.VAR_DIR)
        with pytest.raises(CommandError, match=sentence) as told:
            run("restore", file, key=key)
        assert str(told.value).endswith("Chưa có gì thay đổi.")
        assert tree(settings.VAR_DIR) == before

    def test_wrong_key_damage_and_a_cut(self, settings, file, key, tmp_path):
        archive.new_key(tmp_path / "other")
        self.refused(settings, file, tmp_path / "other", "sai khoá")
        self.refused(settings, file, tmp_path / "other.pub", "khoá công khai")
        data = file.read_bytes()
        middle = len(data) // 2
        file.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
        self.refused(settings, file, key, "bị hỏng hoặc bị cắt")
        file.write_bytes(data[:-1])
        self.refused(settings, file, key, "bị hỏng hoặc bị cắt")
        file.write_bytes(data[: 64 * 1024 + 300])  # where a block of age's may end
        self.refused(settings, file, key, "bị hỏng hoặc bị cắt")
        file.write_bytes(b"SQLite format 3\0")
        self.refused(settings, file, key, "không phải bản sao lưu")
        self.refused(settings, file.with_name("none"), key, "Không đọc được bản sao lưu")

    def remade(self, file, key, tmp_path, **changes):
        """Write the backup again with a changed manifest, as another portal might have."""
        folder = tmp_path / "remade"
        manifest = replace(opened(file, key, folder), **changes)
        with file.open("wb") as out:
            pack(
                out,
                manifest,
                folder / "database",
                folder / "attachments",
                archive.read_recipients(key),
            )

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"app": "0.1.1"}, r"mới hơn \(0.1.1\)"),
            ({"app": "10.0.0"}, "mới hơn"),
            ({"app": "x"}, "không nói rõ phiên bản"),
            ({"migrations": [("core", "0099_later")]}, "mới hơn"),
            ({"engine": "oracle"}, "không dùng"),
        ],
    )
    def test_a_newer_or_another_portals(
        self, settings, file, key, tmp_path, changes, sentence, monkeypatch
    ):
        monkeypatch.setattr(backup, "app_version", lambda: "0.1.0")
        self.remade(file, key, tmp_path, **changes)
        self.refused(settings, file, key, sentence)

    def test_another_kind_of_database(self, settings, file, key, tmp_path, monkeypatch):
        other = "postgresql" if connection.vendor == "sqlite" else "sqlite"
        monkeypatch.setattr(backup.Sqlite, "check", lambda *_: None)  # it is no such file here
        self.remade(file, key, tmp_path, engine=other)
        self.refused(settings, file, key, "DATABASE_URL cùng loại")

    def test_where_something_is_already(self, settings, file, key, chief):
        self.refused(settings, file, key, "đã có dữ liệu")

    def test_where_attachments_are_already(self, settings, file, key):
        (settings.ATTACHMENTS_DIR / "26").mkdir(parents=True)
        (settings.ATTACHMENTS_DIR / "26" / "x").write_bytes(b"x")
        self.refused(settings, file, key, "đã có tệp")

    def test_where_the_database_is_shared(self, settings, file, key):
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE ke_toan (id integer)")
        self.refused(settings, file, key, r"không phải của cổng \(ke_toan\)")

    def test_a_check_says_what_is_in_it_and_needs_no_empty_place(self, settings, file, key, chief):
        before = tree(settings.VAR_DIR)
        assert "Bản sao lưu tốt: sao lưu lúc" in run("restore", file, key=key, check=True)
        assert tree(settings.VAR_DIR) == before


@pytest.mark.django_db
class TestAfterwards:
    @pytest.fixture
    def file(self, usb, public, monkeypatch):
        monkeypatch.setattr(backup.ENGINES[connection.vendor], "load", lambda *_: None)
        run("backup", usb / "a.age", key=public)
        return usb / "a.age"

    def test_a_chain_that_is_not_whole_is_told_as_such(self, file, key, monkeypatch):
        asked = {}

        def verify(name, **options):
            asked.update(options, name=name)
            raise CommandError("Nhật ký không còn nguyên vẹn: 1 dấu hiệu.")

        monkeypatch.setattr(backup, "call_command", verify)
        with pytest.raises(CommandError, match=r"^Đã phục hồi\. Nhật ký .* 1 dấu hiệu\.$"):
            run("restore", file, key=key)
        assert asked["name"] == "verify_audit"

    def test_an_older_backup_is_brought_up_to_date_or_it_is_said(self, file, key, monkeypatch):
        known = backup.MigrationLoader(None).disk_migrations | {("core", "0099_later"): None}
        monkeypatch.setattr(
            backup, "MigrationLoader", lambda _: SimpleNamespace(disk_migrations=known)
        )
        asked = []
        monkeypatch.setattr(backup, "call_command", lambda name, **_: asked.append(name))
        assert "đang nâng cấp" in run("restore", file, key=key)
        assert asked == ["migrate", "verify_audit"]

        def fail(name, **options):
            raise ValueError("no")

        monkeypatch.setattr(backup, "call_command", fail)
        with pytest.raises(CommandError, match=r"Đã phục hồi nhưng nâng cấp chưa xong") as told:
            run("restore", file, key=key)
        assert "Chưa có gì thay đổi" not in str(told.value)


# --- SQLite's swap --------------------------------------------------------------------------------


def test_a_swap_that_fails_brings_back_what_was_there(tmp_path, monkeypatch):
    monkeypatch.setattr(backup, "connections", SimpleNamespace(close_all=lambda: None))
    for name, rows in (("live", 2), ("copy", 3)):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            database.execute("CREATE TABLE t (id integer PRIMARY KEY)")
            database.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(rows)])
            database.commit()
    (tmp_path / "live-wal").write_bytes(b"")
    before = {path: path.read_bytes() for path in tmp_path.glob("live*")}
    engine = backup.Sqlite()
    engine.path = tmp_path / "live"
    with pytest.raises(BackupError, match="Bảng t không khớp bản kê: có 3 dòng, bản kê ghi 4 dòng"):
        engine.load(tmp_path / "copy", manifest_of(tables={"t": (4, "")}))
    assert {path: path.read_bytes() for path in tmp_path.glob("live*")} == before


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(tmp_path):
    path = tmp_path / "live"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (id integer PRIMARY KEY, words text)")
        database.executemany("INSERT INTO t VALUES (?, ?)", [(n, "x" * 500) for n in range(200)])
        database.commit()
    data = bytearray(path.read_bytes())
    data[5 * 4096 : 6 * 4096] = b"\x07" * 4096
    path.write_bytes(data)
    engine = backup.Sqlite()
    engine.path = path
    with pytest.raises(BackupError, match="Cơ sở dữ liệu hỏng"):
        engine.dump(tmp_path / "copy")


def test_a_column_that_is_not_migrated_yet_stops_no_backup():
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE incidents_attachment (id integer)")
        assert backup._files(database.cursor(), "incidents_attachment") == set()
        database.execute("ALTER TABLE incidents_attachment ADD file text")
        database.execute(
            "INSERT INTO incidents_attachment (file) VALUES ('26/07/ab'), (NULL), ('')"
        )
        assert backup._files(database.cursor(), "incidents_attachment") == {"26/07/ab"}


def test_there_is_nothing_to_back_up_before_the_first_migrate(tmp_path):
    engine = backup.Sqlite()
    engine.path = tmp_path / "none"
    with pytest.raises(BackupError, match=r"chạy manage\.py migrate"):
        engine.dump(tmp_path / "copy")
    assert not engine.path.exists()
    with closing(sqlite3.connect(engine.path)) as database:
        database.execute("CREATE TABLE t (id integer)")
    with pytest.raises(BackupError, match=r"chạy manage\.py migrate"):
        engine.dump(tmp_path / "copy")


def test_attachments_are_taken_out_again_where_the_database_fails(settings, tmp_path):
    staged = tmp_path / "staged"
    for name, data in FILES.items():
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).write_bytes(data)
    (settings.ATTACHMENTS_DIR / "26" / "07").mkdir(parents=True)  # empty, of an earlier month
    with ExitStack() as undo:
        backup._move_attachments(staged, manifest_of().attachments, undo)
        assert tree(settings.ATTACHMENTS_DIR).items() >= FILES.items()
    assert not any(path.is_file() for path in settings.ATTACHMENTS_DIR.rglob("*"))


# --- PostgreSQL's programs ------------------------------------------------------------------------


def test_a_missing_program_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(BackupError, match=r"Không thấy pg_dump: cài postgresql-client"):
        backup.find_program("pg_dump")


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL")
class TestPrograms:
    def test_the_password_is_in_the_environment_and_not_among_the_arguments(self, monkeypatch):
        monkeypatch.setitem(connection.settings_dict, "PASSWORD", PASSWORD)
        seen = {}

        def run_program(arguments, env, **options):
            seen.update(arguments=arguments, env=env)
            return SimpleNamespace(returncode=1, stderr=f"pg_dump: error: no\nDETAIL: {PASSWORD}")

        monkeypatch.setattr(backup.subprocess, "run", run_program)
        with pytest.raises(BackupError) as told:
            backup.Postgres()._run("pg_dump", "--file=x")
        assert PASSWORD not in f"{seen['arguments']} {told.value}"
        assert seen["env"]["PGPASSWORD"] == PASSWORD
        assert seen["env"]["PGDATABASE"] == connection.settings_dict["NAME"]


# --- The drill ------------------------------------------------------------------------------------


class Place:
    """Another installation: its own folder, its own empty or just migrated database."""

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir()
        self.name = f"drill_{uuid4().hex[:12]}"
        self.env = {"DEMO": "true", "TESTING": "true", "VAR_DIR": str(folder)}
        self.env |= {name: os.environ[name] for name in ("PATH", "PG_BIN") if name in os.environ}
        if connection.vendor == "postgresql":
            url = urlsplit(os.environ["DATABASE_URL"])
            self.env["DATABASE_URL"] = url._replace(path=f"/{self.name}").geturl()

    def create(self, *, migrated):
        """Make the database; a migrated one is the tests' own, in which nobody has written yet."""
        if connection.vendor == "postgresql":
            template = f"TEMPLATE {connection.settings_dict['NAME']}" if migrated else ""
            self._administer(f"CREATE DATABASE {self.name} {template}")
        elif migrated:
            with (
                closing(sqlite3.connect(connection.settings_dict["NAME"])) as source,
                closing(sqlite3.connect(self.folder / "kylien.sqlite3")) as copy,
            ):
                source.backup(copy)

    def drop(self):
        if connection.vendor == "postgresql":
            self._administer(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    @staticmethod
    def _administer(statement):
        connection.close()  # a database that is copied has to be at rest
        with connection._nodb_cursor() as cursor:
            cursor.execute(statement)

    def manage(self, *arguments):
        return subprocess.run(  # noqa: S603 (our own manage.py)
            [sys.executable, "manage.py", *map(str, arguments)],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def tables(self):
        asked = "from django.db import connection as c; print(len(c.introspection.table_names()))"
        return int(self.manage("shell", "-v0", "-c", asked).stdout)


@pytest.fixture
def elsewhere(tmp_path):
    place = Place(tmp_path / "elsewhere")
    yield place
    place.drop()


def dump():
    out = StringIO()
    call_command("dumpdata", exclude=["sessions"], stdout=out)
    return out.getvalue()


SIGN_IN = f"""
from django.test import Client
client = Client(SERVER_NAME="localhost")
page = client.post("/accounts/login/", {{"login": "cskva", "password": {PASSWORD!r}}})
print(page.status_code, "_auth_user_id" in client.session, client.get("/").status_code)
"""


@pytest.mark.django_db(transaction=True, serialized_rollback=True)  # with roles and rules
class TestDrill:
    def test_what_was_backed_up_comes_back_to_the_letter(
        self, settings, elsewhere, usb, key, public, tmp_path, client_for
    ):
        elsewhere.create(migrated=True)
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]  # the real
        officer = self.fill()
        client_for(officer)  # a session that must not come back
        with transaction.atomic():
            factories.AttachmentFactory()
            transaction.set_rollback(True)  # leaves a file that no row names
        run("backup", usb / "a.age", key=public)
        first = opened(usb / "a.age", key, tmp_path / "first")
        assert first.audit

        done = elsewhere.manage("restore", usb / "a.age", "--key", key)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Đã phục hồi: sao lưu lúc" in done.stdout

        files = {
            Path(row.file.name): Path(row.file.path).read_bytes()
            for row in Attachment.objects.all()
        }
        assert len(files) == 2
        there = elsewhere.folder / "attachments"
        assert {
            path.relative_to(there): path.read_bytes()
            for path in there.rglob("*")
            if path.is_file()
        } == files
        assert self.rows(elsewhere.manage("dumpdata", "-v0").stdout) == self.rows(dump())
        assert elsewhere.manage("backup", usb / "b.age", "--key", key).returncode == 0
        second = opened(usb / "b.age", key, tmp_path / "second")
        assert (second.tables, second.audit) == (first.tables, first.audit)
        assert second.attachments == first.attachments
        assert second.tables["django_session"][0] == 0
        assert second.tables["households_household"][0] == 3
        signed_in = elsewhere.manage("shell", "-v0", "-c", SIGN_IN)
        assert signed_in.stdout.split() == ["302", "True", "200"], signed_in.stderr

        twice = elsewhere.manage("restore", usb / "a.age", "--key", key)
        assert twice.returncode == 1
        assert "Chỉ phục hồi vào nơi cài đặt còn trống. Chưa có gì thay đổi." in twice.stderr

    @staticmethod
    def fill():
        area = factories.NeighbourhoodFactory()
        officer = factories.UserFactory(username="cskva", role=Role.AREA_OFFICER, password=PASSWORD)
        factories.BeatFactory(officer=officer, neighbourhood=area)
        for address in ("Số 1 Ấp Đông", "Số 2 “nhà 'cũ'”", "Số 3\\ngõ\t4;"):
            factories.HouseholdFactory(neighbourhood=area, address=address)
        factories.AttachmentFactory.create_batch(2)
        return officer

    @staticmethod
    def rows(dumped):
        """Return what `dumpdata` told, row by row; many-to-many keys come in no order."""
        found = json.loads(dumped)
        for row in found:
            for name, value in row["fields"].items():
                if name in ("permissions", "groups", "user_permissions"):
                    row["fields"][name] = sorted(value)
        return {(row["model"], row["pk"]): row["fields"] for row in found}

    def test_a_backup_taken_while_the_portal_writes_is_of_one_moment(
        self, settings, elsewhere, usb, key, public, tmp_path
    ):
        # What is not sealed yet when it is copied is known for the portal's by its key alone.
        elsewhere.env["SECRET_KEY"] = settings.SECRET_KEY
        elsewhere.create(migrated=False)
        incident = factories.IncidentFactory()
        stop, failed = threading.Event(), []

        def write():
            try:
                while not stop.is_set():
                    with transaction.atomic():  # two rows and a file, or none of them
                        factories.AttachmentFactory(incident=incident)
                        factories.IncidentEntryFactory(incident=incident)
            except BaseException as error:
                failed.append(error)
            finally:
                connection.close()

        before = Attachment.objects.count()
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for name in ("a", "b", "c"):
                run("backup", usb / f"{name}.age", key=public)
        finally:
            stop.set()
            writer.join()
        assert not failed
        found = [opened(usb / f"{name}.age", key, tmp_path / name) for name in ("a", "b", "c")]
        for manifest in found:
            count = manifest.tables["incidents_attachment"][0]
            assert manifest.tables["incidents_incidententry"][0] == count
            assert len(manifest.attachments) == count
            assert manifest.missing == []
        assert before < found[2].tables["incidents_attachment"][0]
        assert found[0].tables != found[2].tables  # it did write meanwhile
        done = elsewhere.manage("restore", usb / "c.age", "--key", key)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_rows_that_are_not_those_of_the_manifest_leave_an_empty_place_empty(
        self, elsewhere, usb, key, public, tmp_path
    ):
        elsewhere.create(migrated=False)
        factories.AttachmentFactory()
        run("backup", usb / "a.age", key=public)
        folder = tmp_path / "opened"
        manifest = opened(usb / "a.age", key, folder)
        tables = manifest.tables | {"areas_ward": (7, manifest.tables["areas_ward"][1])}
        with (usb / "b.age").open("wb") as out:
            pack(
                out,
                replace(manifest, tables=tables),
                folder / "database",
                folder / "attachments",
                archive.read_recipients(public),
            )
        done = elsewhere.manage("restore", usb / "b.age", "--key", key)
        assert done.returncode == 1
        assert "Bảng areas_ward không khớp bản kê" in done.stderr
        assert "Chưa có gì thay đổi." in done.stderr
        assert elsewhere.tables() == 0
        assert not any(path.is_file() for path in elsewhere.folder.glob("attachments/**/*"))
