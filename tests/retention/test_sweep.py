"""`manage.py sweep_files`: files that no row holds go, a day later."""

import datetime as dt
import io
import os
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from imports.models import ImportBatch
from incidents.services import handling
from tests import factories

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.ATTACHMENTS_DIR = tmp_path / "attachments"
    return settings.ATTACHMENTS_DIR


def stray(folder, name, age):
    path = folder / "26" / "01" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"abc")
    os.utime(path, (time.time() - age,) * 2)
    return path


def aged(row):
    path = Path(row.file.path)
    os.utime(path, (time.time() - 2 * DAY,) * 2)
    return path


def sweep(*options):
    output = io.StringIO()
    call_command("sweep_files", *options, stdout=output)
    return output.getvalue()


def test_what_no_row_holds_goes_after_a_day(folder):
    old, young = stray(folder, "a" * 32, DAY + 60), stray(folder, "b" * 32, DAY - 60)
    kept = aged(factories.AttachmentFactory())
    assert sweep("--dry-run") == "Sẽ xoá 0 bản xem trước, 1 tệp, 3 byte.\n"
    assert old.exists()
    assert sweep() == "Đã xoá 0 bản xem trước, 1 tệp, 3 byte.\n"
    assert (old.exists(), young.exists(), kept.exists()) == (False, True, True)


def test_a_file_that_was_to_go_with_its_row_goes_now():
    row = factories.AttachmentFactory()
    path = aged(row)
    handling.put_away(row, reason="Nhầm", at=row.created_at)  # its deletion waits for the commit
    assert path.exists()
    sweep()
    assert not path.exists()


def test_a_workbook_stays_with_its_batch_until_its_preview_is_old():
    batch = factories.ImportBatchFactory()
    path = aged(batch)
    assert sweep() == "Đã xoá 0 bản xem trước, 0 tệp, 0 byte.\n"
    assert path.exists()
    ImportBatch.objects.filter(pk=batch.pk).update(
        created_at=timezone.now() - dt.timedelta(days=70)
    )
    assert sweep("--dry-run") == "Sẽ xoá 1 bản xem trước, 0 tệp, 0 byte.\n"
    assert path.exists()
    sweep()
    batch.refresh_from_db()
    assert (batch.file.name, batch.state) == ("", ImportBatch.State.DROPPED)


def test_an_empty_installation_has_nothing_to_sweep():
    assert sweep() == "Đã xoá 0 bản xem trước, 0 tệp, 0 byte.\n"
