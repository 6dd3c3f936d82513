"""Old previews: rows and files go after some time, what undoing needs stays."""

import datetime as dt

from django.db import transaction
from django.db.models import Q

from imports.models import ImportBatch, ImportRow
from imports.services.batches import State
from kylien.core.uploads import PrivateStorage

KEPT_DAYS = 60
UNFINISHED = (State.UPLOADED, State.READING, State.READ, State.FAILED)


def old_batches(*, on: dt.date):
    """Return the batches with a file that ended more than 60 days before `on`, or that were left
    unfinished as long."""
    last = dt.datetime.combine(on - dt.timedelta(days=KEPT_DAYS), dt.time.min, dt.UTC)
    ended = Q(state=State.WRITTEN, written_at__lt=last) | Q(state=State.UNDONE, undone_at__lt=last)
    left = Q(state__in=UNFINISHED, created_at__lt=last)
    return ImportBatch.objects.filter(ended | left).exclude(file="")


def clear_old(*, on: dt.date) -> int:
    """Remove the rows and the stored files of old batches; return how many batches.

    The batch, its counts and its journal stay, so that it can still be undone whole. Of rows
    undone one by one the mark stays, without what they held.
    """
    keys = list(old_batches(on=on).values_list("pk", flat=True))
    for key in keys:
        _clear(key)
    return len(keys)


@transaction.atomic
def _clear(key: int) -> None:
    batch = ImportBatch.objects.select_for_update().get(pk=key)
    rows = ImportRow.objects.filter(batch=batch)
    rows.filter(undone=False).delete()
    rows.update(identifier="", reasons=[], changes=[], candidates=[], values=[])
    stored_name, batch.file = batch.file.name, ""
    if batch.state in UNFINISHED:
        batch.state = State.DROPPED
    batch.save()
    transaction.on_commit(lambda: PrivateStorage().delete(stored_name))
