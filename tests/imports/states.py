"""What the tests of kinds share: sheets from texts, batches of them, and the state of the ward."""

import hashlib
import json

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder

from imports.kinds import KINDS
from imports.kinds.base import Line, Run
from imports.models import ImportBatch
from imports.services import undoing, writing
from imports.services.batches import as_row

DOMAIN = ("households", "businesses", "selfgov_groups")
LEFT_OUT = ("version", "changed_at", "created_at")


def domain_hash():
    """Return a digest of all rows of the ward, without versions and times of change."""
    digest = hashlib.sha256()
    for app in DOMAIN:
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            names = [f.attname for f in model._meta.concrete_fields if f.name not in LEFT_OUT]
            for row in model._base_manager.order_by("pk").values_list(*names):
                digest.update(json.dumps([model._meta.label, row], cls=DjangoJSONEncoder).encode())
    return digest.hexdigest()


def sheet(kind, rows, *, first=2):
    """Return the lines of a sheet whose cells are given by column: `{"full_name": "Lê Văn An"}`."""
    lines = []
    for number, row in enumerate(rows, first):
        line = Line(number, [None] * len(kind.columns), decision=row.get("decision", ""))
        for place, column in enumerate(kind.columns):
            try:
                line.values[place] = column.read(row.get(column.key), line.warnings.append)
            except ValueError as error:
                line.errors.append(f"{column.label}: {error}")
        lines.append(line)
    return lines


def planned(key, rows, on, **run):
    """Return the plans of a sheet's rows."""
    return list(KINDS[key].plan(sheet(KINDS[key], rows), Run(on=on, **run)))


def outcomes(plans):
    return [plan.outcome.value for plan in plans]


def read_batch(key, rows, on, **run):
    """Return a batch that was read: what the preview would keep."""
    lines = sheet(KINDS[key], rows)
    plans = list(KINDS[key].plan(lines, Run(on=on, **run)))
    counts = {name: outcomes(plans).count(name) for name in ("new", "changed", "same")}
    counts |= {name: outcomes(plans).count(name) for name in ("doubtful", "refused")}
    batch = ImportBatch(kind=key, file_name="ds.xlsx", state=ImportBatch.State.READ, **counts)
    batch.rows = len(lines)
    batch.save()
    batch.lines.bulk_create(
        as_row(batch, line, plan) for line, plan in zip(lines, plans, strict=True)
    )
    return batch


def written(key, rows, on, **run):
    """Bring a sheet's good rows in, as the pages do; return the batch."""
    batch = read_batch(key, rows, on, **run)
    writing.begin_writing(batch=batch, only_good=True)
    return writing.write(batch=batch, run=Run(on=on, **run))


def undone(batch, on, numbers=None):
    return undoing.undo(batch=batch, user=None, on=on, numbers=numbers)
