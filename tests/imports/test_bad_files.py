"""Bad files through the page and the command: a sentence, bounded memory, nothing written."""

import os
import subprocess
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from imports.models import ImportBatch, ImportRow
from kylien.audit.models import AuditEntry
from tests.imports import workbooks
from tests.imports.states import domain_hash

BAD = {
    "encrypted.xlsx": (workbooks.encrypted, "mật khẩu"),
    "encrypted.xls": (workbooks.encrypted_xls, "mật khẩu"),
    "truncated.xlsx": (workbooks.truncated, "hỏng"),
    "bomb.xlsx": (workbooks.bomb, "nén bất thường"),
    "shared.xlsx": (workbooks.shared_bomb, "quá nhiều chữ"),
    "far.xlsx": (workbooks.far_cell, "cột trống"),
    "million.xlsx": (workbooks.million_rows, "cột trống"),
    "linked.xlsx": (workbooks.linked, "tệp khác"),
    "entities.xlsx": (workbooks.entities, "cấu trúc lạ"),
    "renamed.xlsx": (workbooks.docx, "Word"),
    "empty.xlsx": (lambda: b"", "rỗng"),
    "blank.xlsx": (workbooks.xlsx, "trống"),
    "pdf.xlsx": (lambda: b"%PDF-1.7\n", "PDF"),
}
each_bad_file = pytest.mark.parametrize(("name", "make", "sentence"), [
    pytest.param(name, *told, id=name) for name, told in BAD.items()
])  # fmt: skip


@pytest.fixture(autouse=True)
def kept(settings, tmp_path):
    """Keep uploads apart, to see that none stays."""
    settings.ATTACHMENTS_DIR = tmp_path / "kept"
    return settings.ATTACHMENTS_DIR


def nothing_kept(folder):
    assert not ImportRow.objects.exists()
    assert not ImportBatch.objects.exclude(state=ImportBatch.State.DROPPED).exists()
    assert not [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.django_db
@each_bad_file
def test_the_page_says_what_is_wrong(client_for, chief, ward, kept, name, make, sentence):
    before, entries = domain_hash(), AuditEntry.objects.count()
    file = SimpleUploadedFile(name, make())
    answer = client_for(chief).post(reverse("importbatch-create"), {"kind": "people", "file": file})
    assert answer.status_code == 422
    (error,) = answer.context["form"].errors["file"]
    assert sentence in error
    assert error.endswith(".")
    assert (domain_hash(), AuditEntry.objects.count()) == (before, entries)
    nothing_kept(kept)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [(), ("--kind", "people")], ids=["kind guessed", "kind given"])
@each_bad_file
def test_the_command_says_what_is_wrong(ward, tmp_path, kept, name, make, sentence, kind):
    before = domain_hash()
    path = tmp_path / name
    path.write_bytes(make())
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("import_workbook", str(path), *kind)
    assert str(refused.value).endswith(".")
    assert domain_hash() == before
    nothing_kept(kept)


@pytest.mark.parametrize("name", ["bomb.xlsx", "shared.xlsx", "million.xlsx", "far.xlsx"])
def test_the_command_takes_little_memory(tmp_path, name):
    """In a process of its own, without so much as a table: never much more than starting takes."""
    environment = {
        **os.environ,
        "VAR_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'own.sqlite3'}",
        "TESTING": "false",
        "DEMO": "true",
    }

    def run(*arguments):
        return subprocess.run(  # noqa: S603 (our own manage.py)
            [sys.executable, "-c", MEASURED, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    path = tmp_path / name
    make, sentence = BAD[name]
    path.write_bytes(make())
    missing = run("import_workbook", str(tmp_path / "none.xlsx"))
    done = run("import_workbook", str(path), "--kind", "people")
    assert sentence in done.stderr
    start, most = (int(one.stdout.split()[-1]) for one in (missing, done))
    assert most - start < 48 * 1024  # kilobytes


MEASURED = """
import os, resource, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "kylien.settings"
from django.core.management import CommandError, execute_from_command_line
try:
    execute_from_command_line(["manage.py", *sys.argv[1:]])
except CommandError as error:
    print(error, file=sys.stderr)
except SystemExit:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
