"""One job of scripts/bench_import.py: python -m scripts.bench_import_job JOB FILE

Prints what it found as a line of JSON: seconds, memory in MB (10^6 bytes), counts.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kylien.settings")
django.setup()

from django.core.files import File  # noqa: E402 (models need the set-up above)
from import_export import fields, resources, widgets  # noqa: E402
from tablib import Dataset  # noqa: E402

from households.models import Resident  # noqa: E402
from imports.kinds.base import Run  # noqa: E402
from imports.services import batches, undoing, writing  # noqa: E402
from kylien.accounts.models import User  # noqa: E402
from kylien.core.changes import today  # noqa: E402

# The columns that a resource of people alone can take, as the model calls them.
OF_RESIDENT = {
    "full_name": "Họ và tên",
    "birth_date": "Ngày sinh",
    "sex": "Giới tính",
    "citizen_id": "Số định danh",
    "old_id": "Số CMND cũ",
    "phone": "Điện thoại",
    "note": "Ghi chú",
}


def timed(work):
    """Do the work; return its result, the seconds, and those of them on the processor."""
    began, began_cpu = time.perf_counter(), time.process_time()
    return work(), time.perf_counter() - began, time.process_time() - began_cpu


def peak():
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def bring_in(path, *, again):
    """Bring a workbook in as the pages do; `again` reads it once more, then undoes it."""
    user, on = User.objects.get(username="chihuy"), today()

    def read():
        with path.open("rb") as opened, File(opened, name=path.name) as file:
            batch = batches.upload(file=file, kind="people", user=user)
        begun = batches.begin_reading(batch=batch)
        return batches.read(batch=begun, run=Run(on=on, user=user))

    def write():
        begun = writing.begin_writing(batch=batch, only_good=True)
        return writing.write(batch=begun, run=Run(on=on, user=user))

    told = {"started": peak()}
    batch, told["read"], told["cpu read"] = timed(read)
    told |= {"rows": batch.rows, **{one.value: n for one, n in batch.counts.items()}}
    told["memory read"] = peak()
    batch, told["write"], told["cpu write"] = timed(write)
    told["memory"], told["written"] = peak(), batch.new + batch.changed
    if again:
        once_more, told["again"], _ = timed(read)
        told["same again"] = once_more.same
        plan, told["undo"], _ = timed(lambda: undoing.undo(batch=batch, user=user, on=on))
        told["undone"], told["left"] = plan.size(), len(plan.left)
        told["memory undo"] = peak()
    return told


class SexWidget(widgets.CharWidget):
    def clean(self, value, row=None, **kwargs):
        return {"Nam": "M", "Nữ": "F"}[value]


WIDGETS = {"sex": SexWidget(), "birth_date": widgets.DateWidget("%d/%m/%Y")}


def field_of(name):
    return fields.Field(name, OF_RESIDENT[name], widget=WIDGETS.get(name, widgets.CharWidget()))


class ResidentResource(resources.ModelResource):
    """People, found by their number. Declared is what the sheet's headers need, all else is the
    library's default: its fields are all of the model's."""

    full_name = field_of("full_name")
    birth_date = field_of("birth_date")
    sex = field_of("sex")
    citizen_id = field_of("citizen_id")
    old_id = field_of("old_id")
    phone = field_of("phone")
    note = field_of("note")

    class Meta:
        model = Resident
        import_id_fields = ("citizen_id",)


class BulkResource(ResidentResource):
    class Meta(ResidentResource.Meta):
        use_bulk = True


def with_import_export(path, resource_class):
    """Bring the people of a workbook in as the other library's admin does: a dry run for the
    preview, then the import."""

    def work():
        data = Dataset().load(path.read_bytes(), format="xlsx")
        for dry_run in (True, False):
            resource_class().import_data(data, dry_run=dry_run, raise_errors=True)

    before = Resident.objects.count()
    _, seconds, cpu = timed(work)
    new = Resident.objects.count() - before
    return {"seconds": seconds, "cpu": cpu, "memory": peak(), "new": new}


JOBS = {
    "whole": lambda path: bring_in(path, again=True),
    "few": lambda path: bring_in(path, again=False),
    "import-export": lambda path: with_import_export(path, ResidentResource),
    "import-export bulk": lambda path: with_import_export(path, BulkResource),
}

if __name__ == "__main__":
    print(json.dumps(JOBS[sys.argv[1]](Path(sys.argv[2]))))
