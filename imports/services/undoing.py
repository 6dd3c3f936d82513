"""Undoing a batch, whole or some of its rows, even after other work.

What was made is removed and what was changed gets its old values back, unless later work depends
on it: a row changed since, or one that something later points to, stays and is listed.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from imports.models import ImportBatch, ImportRow
from imports.services.batches import State, kind_of, locked
from imports.services.collecting import rare_collections
from kylien.core.changes import acting

PART = 500  # keys in one question: SQLite's limit on parameters
CHANGED_SINCE = "đã sửa sau khi nhập"
PAST = "Lần nhập đã quá hạn lưu giữ: không hoàn tác được nữa."


@dataclass(slots=True)
class Made:
    """A row that the batch made: by which line, and its version then."""

    number: int
    version: int


@dataclass(slots=True)
class Mended:
    """A row that the batch changed: by which lines, and `{attname: [old, new]}` as JSON keeps
    them."""

    numbers: list[int]
    values: dict

    @property
    def number(self) -> int:
        return self.numbers[0]


@dataclass(slots=True)
class Left:
    """What stays after an undoing, with the reason."""

    number: int
    label: str
    reason: str


@dataclass
class Plan:
    """What an undoing would do: rows to remove by model (in the order they were made), rows to
    give their old values back, and what stays. `lines`: the numbers that it is about."""

    remove: dict = field(default_factory=dict)  # {model: {key: Made}}
    restore: list = field(default_factory=list)  # [(row, Mended)]
    left: list = field(default_factory=list)
    lines: set = field(default_factory=set)

    def size(self) -> int:
        return sum(map(len, self.remove.values()))


def can_undo(batch: ImportBatch) -> bool:
    """Tell whether a batch was written, and its journal is kept still if it wrote anything."""
    wrote = batch.new or batch.changed
    return batch.state == State.WRITTEN and (not wrote or batch.journal.exists())


def plan_undo(batch: ImportBatch, numbers: set[int] | None = None) -> Plan:
    """Say what undoing the batch, or some of its rows by number, would do and leave."""
    made, mended, lines = _journal(batch, numbers)
    plan = Plan(remove=made, lines=lines)
    for model, changes in mended.items():
        _plan_restore(model, changes, plan)
    for model, rows in made.items():
        _keep_changed(model, rows, plan)
    # What stays keeps what it points to, so the question is asked until nothing more stays.
    freed, kind = _freed(plan), kind_of(batch)
    before = None
    while before != plan.size():
        before = plan.size()
        for model, rows in reversed(made.items()):  # what points before what is pointed to
            _keep_needed(model, rows, plan, freed, kind.repeating)
        for model, key, reason in list(kind.kept_with(plan)):
            row = model._base_manager.get(pk=key)
            plan.left.append(Left(made[model].pop(key).number, str(row), reason))
    return plan


def _journal(batch, numbers):
    """Return the rows made, `{model: {key: Made}}` in the order of making, those changed, and the
    numbers of the lines that did it."""
    undone = set(batch.lines.filter(undone=True).values_list("number", flat=True))
    made, mended, lines = {}, defaultdict(dict), set()
    for part in batch.journal.order_by("position").iterator(chunk_size=10):
        for number, action, label, key, version, values in part.entries:
            if number in undone or (numbers is not None and number not in numbers):
                continue
            lines.add(number)
            model = apps.get_model(label)
            if action == "create":
                made.setdefault(model, {})[key] = Made(number, version)
            elif key in made.get(model, ()):  # the batch's own change of what it made
                made[model][key].version = version
            else:
                known = mended[model].setdefault(key, Mended([], {}))
                known.numbers.append(number)
                for name, (old, new) in values.items():
                    known.values[name] = [known.values.get(name, [old])[0], new]
    return _by_links(made), mended, lines


def _by_links(made: dict) -> dict:
    """Order models so that each stands after those it points to."""
    ordered = {}

    def place(model):
        if model in ordered or model not in made:
            return
        for one in model._meta.concrete_fields:
            if one.is_relation and one.related_model is not model:
                place(one.related_model)
        ordered[model] = made[model]

    for model in made:
        place(model)
    return ordered


def _parts(keys):
    keys = list(keys)
    return (keys[start : start + PART] for start in range(0, len(keys), PART))


def _keep_changed(model, rows, plan) -> None:
    """Leave the rows that were changed, or removed, after the batch."""
    for part in _parts(rows):
        found = {row.pk: row for row in model._base_manager.filter(pk__in=part)}
        for key in part:
            row = found.get(key)
            if row is None:
                rows.pop(key)
            elif row.version != rows[key].version:
                plan.left.append(Left(rows.pop(key).number, str(row), CHANGED_SINCE))


def _freed(plan) -> set[tuple]:
    """Return `(model, key, attname)` of links that lead elsewhere once old values are back."""
    return {
        (type(row), row.pk, row._meta.get_field(name).attname)
        for row, mended in plan.restore
        for name in mended.values
    }


def _keep_needed(model, rows, plan, freed, repeating) -> None:
    """Leave the rows that something else points to and that therefore cannot go."""
    for link in model._meta.get_fields(include_hidden=True):
        points = link.auto_created and (link.one_to_many or link.one_to_one)
        if not points or link.related_model in repeating:
            continue
        other, name, attname = link.related_model, link.field.name, link.field.attname
        going = plan.remove.get(other, {})
        for part in _parts(rows):
            found = other._base_manager.filter(**{f"{name}__in": part}).order_by("pk")
            needed = {}
            for pk, key in found.values_list("pk", attname):
                if pk not in going and (other, pk, attname) not in freed:
                    needed.setdefault(key, pk)
            by = {}
            for keys in _parts(needed.values()):
                by |= other._base_manager.select_related(name).in_bulk(keys)
            for key, pk in needed.items():
                reason = f"{other._meta.verbose_name} “{by[pk]}” ghi sau khi nhập"
                plan.left.append(Left(rows.pop(key).number, str(getattr(by[pk], name)), reason))


def _plan_restore(model, changes, plan) -> None:
    """Give back the old values of rows that still have the new ones."""
    for part in _parts(changes):
        for row in model._base_manager.filter(pk__in=part):
            mended = changes[row.pk]
            now = {name: _text(row, name) for name in mended.values}
            if all(now[name] == old for name, (old, _) in mended.values.items()):
                continue  # given back already
            if all(now[name] == new for name, (_, new) in mended.values.items()):
                plan.restore.append((row, mended))
            else:
                left = (Left(number, str(row), CHANGED_SINCE) for number in mended.numbers)
                plan.left.extend(left)


def _text(row, name):
    found = row._meta.get_field(name)
    value = getattr(row, found.attname)
    return None if value is None else found.value_to_string(row)


@rare_collections()
def undo(*, batch: ImportBatch, user, on, numbers: set[int] | None = None) -> Plan:
    """Undo a written batch, or some of its rows; return what was done and what stays.

    Raises ValidationError for a batch that was not written, or whose journal is gone. Its rows
    whose whole effect is gone are marked as undone; once all are, the batch is.
    """
    with (
        acting(user=user, day=on, reason=f"Hoàn tác lần nhập {batch.code}"),
        transaction.atomic(),
    ):
        row = locked(batch, State.WRITTEN)
        if not can_undo(row):
            raise ValidationError(PAST)
        plan = plan_undo(row, numbers)
        for mended_row, mended in plan.restore:
            for name, (old, _) in mended.values.items():
                found = mended_row._meta.get_field(name)
                setattr(mended_row, found.attname, None if old is None else found.to_python(old))
            mended_row.save()
        kind_of(row).undoing(plan)
        for model, rows in reversed(plan.remove.items()):
            for part in _parts(rows):
                model._base_manager.filter(pk__in=part).delete()
        kind_of(row).undone(plan)
        staying = {left.number for left in plan.left}
        _mark(row, plan.lines - staying)
        if not staying and not _any_left(row):
            row.state, row.undone_at, row.undone_by = State.UNDONE, timezone.now(), user
            row.save()
    return plan


def _mark(batch, numbers) -> None:
    for part in _parts(numbers):
        ImportRow.objects.filter(batch=batch, number__in=part).update(undone=True)


def _any_left(batch) -> bool:
    """Tell whether rows of the batch are still in effect."""
    return batch.lines.filter(
        undone=False, outcome__in=(ImportRow.Outcome.NEW, ImportRow.Outcome.CHANGED)
    ).exists()
