"""`manage.py sweep_files`: remove stored files that no row names any more, and old previews."""

import datetime as dt
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import FileField, Q
from django.utils import timezone

from imports.services.clearing import clear_old, old_batches
from incidents.models import Attachment
from kylien.core.uploads import PrivateStorage

AGE = dt.timedelta(days=1)  # younger ones may belong to a row that is still being written
# A row of a file that was taken out names it still; the file itself was to go with it.
HELD = {Attachment: Q(removed_at=None)}


def named():
    """Return the names of all stored files that a row of any model holds."""
    found = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, FileField) and isinstance(field.storage, PrivateStorage):
                rows = model._base_manager.filter(HELD.get(model, Q())).exclude(**{field.name: ""})
                found.update(rows.values_list(field.name, flat=True))
    return found


def orphans(at: dt.datetime) -> list[Path]:
    """Return the files older than a day at the moment `at` that no row holds."""
    root, before = Path(settings.ATTACHMENTS_DIR), (at - AGE).timestamp()
    # The folder before the rows: a file that is stored meanwhile is younger.
    files = [one for one in sorted(root.rglob("*")) if one.is_file()]
    files = [one for one in files if one.stat().st_mtime < before]
    held = named()
    return [path for path in files if path.relative_to(root).as_posix() not in held]


class Command(BaseCommand):
    help = "Xoá bản xem trước quá 60 ngày của tệp Excel, tệp cũ hơn một ngày không bản ghi nào giữ."

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="Chỉ đếm, không xoá.")

    def handle(self, *, dry_run, **options):
        at = timezone.now()
        on = timezone.localdate(at)
        previews = old_batches(on=on).count() if dry_run else clear_old(on=on)
        found = orphans(at)
        size = sum(path.stat().st_size for path in found)
        if not dry_run:
            for path in found:
                path.unlink(missing_ok=True)
        done = "Sẽ xoá" if dry_run else "Đã xoá"
        self.stdout.write(f"{done} {previews} bản xem trước, {len(found)} tệp, {size} byte.")
