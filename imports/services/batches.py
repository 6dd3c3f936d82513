"""From a file to a preview: upload, choice of sheet and columns, reading, decisions.

Raises ValidationError, in the words people read, for a file that cannot be read and for an act
that the batch's state does not allow.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from imports.kinds import KINDS
from imports.kinds.base import Kind, Line, Outcome, Planned, Run
from imports.models import ImportBatch, ImportRow
from imports.reading.columns import guess_mapping
from imports.reading.files import SheetError, Workbook, check_file
from imports.reading.layout import data_rows, find_header
from imports.services import progress
from imports.services.collecting import rare_collections
from imports.services.month_first import refuse_month_first
from kylien.core import text
from kylien.core.uploads import PrivateStorage, clean_name, stored

State = ImportBatch.State
KEPT = 1000  # rows written at once
OPEN = (State.UPLOADED, State.READ, State.FAILED)


def kind_of(batch: ImportBatch) -> Kind:
    return KINDS[batch.kind]


def path_of(batch: ImportBatch) -> Path:
    return Path(batch.file.path)


def upload(*, file, kind: str, user, sheet: str = "", options: dict | None = None) -> ImportBatch:
    """Keep a workbook and guess its sheet, header and columns; `file` is an open Django file.

    Numbers of people in the file's name are masked: it stands on pages and in the trail. Raises
    ValidationError for what is no workbook, cannot be opened or would choke the portal.
    """
    checked = check_file(file)
    name = text.mask_numbers(clean_name(file.name))
    with stored(file) as stored_name, transaction.atomic():
        batch = ImportBatch(
            kind=kind,
            file_name=name,
            file=stored_name,
            sha256=checked.sha256,
            options=options or {},
            created_by=user,
        )
        try:
            with Workbook(path_of(batch), name) as book:
                batch.sheet = sheet or book.best_sheet(KINDS[kind])
                _guess(batch, book)
        except SheetError as error:
            raise ValidationError({"file": str(error)}) from error
        batch.full_clean(exclude=["code"])
        batch.save()
    return batch


def _guess(batch: ImportBatch, book: Workbook) -> None:
    """Find the header of the batch's sheet and what its columns are."""
    header = find_header(book, batch.sheet, kind_of(batch))
    batch.header_row, batch.header_lines = header.row, header.lines
    batch.mapping = {
        str(place): key for place, key in guess_mapping(header.names, kind_of(batch)).items()
    }


@transaction.atomic
def choose(
    *,
    batch: ImportBatch,
    sheet: str,
    header_row: int,
    header_lines: int,
    mapping: dict,
    options,
    ignored: Iterable[str] = (),
) -> ImportBatch:
    """Set what people corrected; a preview made before is thrown away. `ignored` names the
    sheet's columns that nothing is read from, for the preview.

    Raises ValidationError for a required column that is missing and one that is named twice.
    """
    row = locked(batch, *OPEN)
    kind = kind_of(row)
    twice = [key for key, times in Counter(mapping.values()).items() if times > 1]
    labels = {column.key: column.label for column in kind.columns}
    if twice:
        raise ValidationError(f"Chọn hai lần: {', '.join(labels[key] for key in twice)}.")
    missing = kind.missing(mapping.values())
    if missing:
        raise ValidationError(f"Chưa chỉ ra cột: {', '.join(c.label for c in missing)}.")
    row.sheet, row.header_row, row.header_lines = sheet, header_row, header_lines
    row.mapping, row.options, row.ignored = mapping, options, list(ignored)
    _clear(row)
    row.state = State.UPLOADED
    row.save()
    return row


def _clear(batch: ImportBatch) -> None:
    batch.lines.all().delete()
    batch.rows = batch.new = batch.changed = batch.same = batch.doubtful = batch.refused = 0
    batch.read_at, batch.failure = None, ""


@transaction.atomic
def begin_reading(*, batch: ImportBatch) -> ImportBatch:
    """Mark a batch as being read: who presses twice reads once. A reading that died with the
    server may begin again."""
    row = locked(batch, *OPEN, *(() if progress.told(batch.pk) else (State.READING,)))
    if not row.file:
        raise ValidationError("Tệp không còn: tải lên lại.")
    row.state = State.READING
    row.save()
    progress.tell(row.pk, 0, 0)
    return row


@rare_collections()
def read(*, batch: ImportBatch, run: Run) -> ImportBatch:
    """Read all rows of a batch, check them and keep the preview; nothing of the ward is written.

    May run beside the request that asked for it: what goes wrong ends in the batch's state.
    """
    kind = kind_of(batch)
    try:
        lines = list(lines_of_file(batch, progress_to=lambda n: progress.tell(batch.pk, n, 0)))
        refuse_month_first(lines, kind)
        planned = kind.plan(lines, run)
        return _keep_preview(batch, lines, planned)
    except SheetError as error:
        return _fail(batch, str(error))
    except BaseException:
        _fail(batch, "Lỗi khi đọc; đã ghi vào nhật ký máy chủ. Thử lại, còn lỗi thì báo quản trị.")
        raise
    finally:
        progress.forget(batch.pk)


def _keep_preview(batch, lines, planned) -> ImportBatch:
    """Keep the planned rows, some at a time, so that others can write in between; then the counts.

    Until the counts stand the batch is being read, whatever rows it has.
    """
    batch.lines.all().delete()
    counted = Counter()
    waiting = []
    for done, (line, plan) in enumerate(zip(lines, planned, strict=True), 1):
        counted[plan.outcome] += 1
        waiting.append(as_row(batch, line, plan))
        if len(waiting) == KEPT:
            ImportRow.objects.bulk_create(waiting)
            waiting = []
            progress.tell(batch.pk, done, len(lines))
    ImportRow.objects.bulk_create(waiting)
    with transaction.atomic():
        row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        row.rows, row.failure = len(lines), ""
        for outcome in Outcome:
            setattr(row, outcome.value, counted[outcome])
        row.state, row.read_at = State.READ, timezone.now()
        row.save()
    return row


def _fail(batch: ImportBatch, sentence: str) -> ImportBatch:
    with transaction.atomic():
        row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        _clear(row)
        row.state, row.failure = State.FAILED, sentence
        row.save()
    return row


def as_row(batch: ImportBatch, line: Line, plan: Planned) -> ImportRow:
    return ImportRow(
        batch=batch,
        number=line.number,
        outcome=plan.outcome,
        identifier=plan.identifier[:200],
        reasons=[*plan.reasons, *line.warnings],
        warnings=len(line.warnings),
        changes=plan.changes,
        candidates=plan.candidates,
        values=line.values,
        decision=line.decision,
    )


def lines_of_file(batch: ImportBatch, progress_to=lambda done: None) -> Iterator[Line]:
    """Yield the rows of the batch's sheet that hold anything, read by the kind's columns.

    Total and signature lines at the end come too: as lines with an error, so that no row of the
    sheet is silently left out. Raises SheetError.
    """
    kind = kind_of(batch)
    placed = [
        (int(place), index, column)
        for place, key in batch.mapping.items()
        for index, column in enumerate(kind.columns)
        if column.key == key
    ]
    with Workbook(path_of(batch), batch.file_name) as book:
        for number, cells, note in data_rows(book, batch, kind):
            line = Line(number, [None] * len(kind.columns))
            if note:
                line.errors.append(note)
            else:
                _read_cells(line, cells, placed)
            if not number % KEPT:
                progress_to(number)
            yield line


def _read_cells(line: Line, cells: list, placed: list) -> None:
    """Read one row's cells into a line: what cannot be read is an error that names its column."""
    for place, index, column in placed:
        cell = cells[place] if place < len(cells) else None
        try:
            value = column.read(cell, lambda words, c=column: line.warnings.append(_told(c, words)))
        except ValueError as error:
            line.errors.append(_told(column, str(error)))
        else:
            line.values[index] = value
    for column, value in _required(line, placed):
        if value is None and not any(e.startswith(f"{column.label}:") for e in line.errors):
            line.errors.append(_told(column, "để trống."))


def _required(line: Line, placed: list):
    return [
        (column, line.values[index])
        for _, index, column in placed
        if column.required and not column.carried
    ]


def _told(column, words: str) -> str:
    return f"{column.label}: {words}"


def lines_of_rows(batch: ImportBatch) -> list[Line]:
    """Return the batch's rows again as they were read, with what was decided of them."""
    names = "number", "outcome", "values", "decision", "reasons", "warnings"
    rows = batch.lines.order_by("number").values_list(*names)
    lines = []
    for number, outcome, values, decision, reasons, warnings in rows.iterator(chunk_size=2000):
        last = len(reasons) - warnings
        errors = reasons[:last] if outcome == Outcome.REFUSED else []
        lines.append(Line(number, values, reasons[last:], errors, decision))
    return lines


@transaction.atomic
def decide(*, rows, decision: str) -> int:
    """Keep what was decided of doubtful rows (a queryset of one batch); return how many.

    "new", "skip", or "same:<key>" which a row takes only if it is one of its candidates; an empty
    decision takes it back. Raises ValidationError where the batch does not wait for decisions.
    """
    rows = rows.filter(outcome=Outcome.DOUBTFUL).select_related("batch")
    for batch in {row.batch for row in rows}:
        locked(batch, State.READ)
    if decision.startswith("same:"):
        key = decision.removeprefix("same:")
        for row in rows:
            if key not in {str(candidate["pk"]) for candidate in row.candidates}:
                raise ValidationError(f"Dòng {row.number}: người này không có trong gợi ý.")
    elif decision not in ("", "new", "skip"):
        raise ValidationError("Chọn một trong các cách xử lý.")
    return rows.update(decision=decision)


@transaction.atomic
def drop(*, batch: ImportBatch) -> ImportBatch:
    """Throw a batch away that was not written: file and preview go, the batch stays in the list."""
    row = locked(batch, *OPEN)
    _clear(row)
    stored_name, row.file = row.file.name, ""
    row.state = State.DROPPED
    row.save()
    transaction.on_commit(lambda: PrivateStorage().delete(stored_name))
    return row


def locked(batch: ImportBatch, *states: str) -> ImportBatch:
    """Lock a batch and return it as it stands; ValidationError unless it is in one of `states`."""
    row = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if row.state not in states:
        raise ValidationError(f"Lần nhập {row.code}: {row.get_state_display().lower()}.")
    return row
