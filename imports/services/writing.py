"""Writing a batch: one transaction, planned again inside it, every written row in a journal."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from imports.kinds.base import Journal, Outcome, Run
from imports.models import ImportBatch, ImportJournal, ImportRow
from imports.services import progress
from imports.services.batches import State, kind_of, lines_of_rows, locked
from imports.services.collecting import rare_collections
from kylien.core.changes import acting

CHOSEN = (Outcome.NEW, Outcome.CHANGED)
ENTRIES = 2000  # in one row of the journal


class Kept(Journal):
    """The journal of a batch, written some thousand entries at a time."""

    def __init__(self, batch: ImportBatch):
        self.batch, self.position, self.entries = batch, 0, []

    def created(self, number, row):
        self._add([number, "create", row._meta.label_lower, row.pk, row.version, None])

    def changed(self, number, row, values):
        told = {name: [_plain(row, name, one) for one in pair] for name, pair in values.items()}
        self._add([number, "change", row._meta.label_lower, row.pk, row.version, told])

    def _add(self, entry):
        self.entries.append(entry)
        if len(self.entries) == ENTRIES:
            self.close()

    def close(self):
        if self.entries:
            ImportJournal.objects.create(
                batch=self.batch, position=self.position, entries=self.entries
            )
            self.position, self.entries = self.position + 1, []


def _plain(row: models.Model, name: str, value: Any) -> Any:
    """Return a field's value as JSON keeps it; `undo` reads it back by the field."""
    field = row._meta.get_field(name)
    return None if value is None else field.value_to_string(_Holder(field.attname, value))


class _Holder:
    """A row of one value, for `Field.value_to_string`."""

    def __init__(self, name, value):
        setattr(self, name, value)


@transaction.atomic
def begin_writing(*, batch: ImportBatch, only_good: bool) -> ImportBatch:
    """Mark a batch as being written: who presses twice writes once.

    Raises ValidationError where nothing is to be written, and, unless `only_good`, where rows are
    refused or wait for a decision.
    """
    row = locked(batch, State.READ, *(() if progress.told(batch.pk) else (State.WRITING,)))
    rows = row.lines.all()
    if not only_good:
        left = rows.undecided().count() + row.refused
        if left:
            raise ValidationError(
                f"Còn {left} dòng không nhận hoặc chưa quyết định: sửa tệp, quyết định, "
                "hoặc chọn chỉ nhập các dòng tốt."
            )
    decided = rows.filter(outcome=Outcome.DOUBTFUL).exclude(decision__in=("", "skip"))
    if not (row.new or row.changed or decided.exists()):
        raise ValidationError("Không có dòng nào để nhập.")
    row.state = State.WRITING
    row.save()
    progress.tell(row.pk, 0, row.rows)
    return row


@rare_collections()
def write(*, batch: ImportBatch, run: Run) -> ImportBatch:
    """Write the good rows of a batch, all in one transaction; others are left as they are.

    Rows are planned again first: one that meanwhile became doubtful or is refused is not written,
    and the batch then says so. What goes wrong leaves nothing written and the batch as it was read.
    """
    try:
        with acting(user=run.user, day=run.on, reason=f"Nhập từ tệp Excel, lần {batch.code}"):
            return _write(batch, replace(run, final=True))
    except BaseException as error:
        _give_back(batch, _in_words(error))
        raise
    finally:
        progress.forget(batch.pk)


@transaction.atomic
def _give_back(batch, failure) -> None:
    """Let a batch wait again whose writing failed; one that another has written stays so."""
    row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if row.state == State.WRITING:
        row.state, row.failure = State.READ, failure
        row.save()


def _in_words(error: BaseException) -> str:
    """Return what people read who did not wait for the writing."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)[:500]
    return "Lỗi khi ghi, chưa ghi gì vào sổ. Thử lại; nếu vẫn lỗi, báo quản trị."


@transaction.atomic
def _write(batch, run) -> ImportBatch:
    row = locked(batch, State.WRITING)
    kind = kind_of(row)
    seen = dict(row.lines.values_list("number", "outcome"))
    lines = lines_of_rows(row)
    chosen, anew = [], []
    for line, plan in zip(lines, kind.plan(lines, run), strict=True):
        if plan.outcome in CHOSEN:
            chosen.append((line, plan))
        if plan.outcome != seen[line.number]:
            anew.append((line, plan))
    del lines, seen
    journal = Kept(row)
    kind.write(_letting_go(chosen), journal, run)
    journal.close()
    for line, plan in anew:
        _told_anew(row, line, plan)
    row.state, row.written_at, row.written_by = State.WRITTEN, timezone.now(), run.user
    row.failure = ""
    _count(row)
    row.save()
    return row


def _letting_go(rows: list) -> Iterator:
    """Yield rows in their order, each held no longer: the memory of many serves what is written."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _told_anew(batch, line, plan) -> None:
    """Say in the preview what a row turned out to be, decided by people or changed meanwhile."""
    ImportRow.objects.filter(batch=batch, number=line.number).update(
        outcome=plan.outcome,
        identifier=plan.identifier[:200],
        reasons=[*plan.reasons, *line.warnings],
        changes=plan.changes,
        candidates=plan.candidates,
    )


def _count(batch) -> None:
    found = dict(batch.lines.order_by().values_list("outcome").annotate(n=models.Count("pk")))
    for outcome in Outcome:
        setattr(batch, outcome.value, found.get(outcome.value, 0))
