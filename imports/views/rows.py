"""A batch's rows as its page shows them: what each would do, with numbers of people masked."""

from dataclasses import dataclass, field
from functools import cache

from django.apps import apps

from imports.kinds import KINDS
from imports.kinds.base import Column, Kind, Outcome
from imports.models import ImportBatch, ImportRow
from kylien.core import text
from kylien.core.models import Record

TONES = {
    Outcome.NEW: "ok",
    Outcome.CHANGED: "due",
    Outcome.SAME: "mute",
    Outcome.DOUBTFUL: "due",
    Outcome.REFUSED: "late",
}
# What a row of a kind is called where one is decided to be, or not to be, another.
NOUNS = {"businesses": "cơ sở", "groups": "tổ"}


@dataclass(frozen=True)
class Candidate:
    """A record that a doubtful row may be."""

    pk: str
    label: str
    code: str
    detail: str
    why: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class ShownRow:
    number: int
    badge: tuple[str, str]
    identifier: str
    values: str
    reasons: list[str]
    notes: list[str]  # what was mended while reading
    changes: list[tuple[str, str, str]]
    candidates: list[Candidate] = field(default_factory=list)
    decision: str = ""
    decided: str = ""
    undone: bool = False
    written: bool = False


def noun_of(batch: ImportBatch) -> str:
    return NOUNS.get(batch.kind, "người")


def show_rows(batch: ImportBatch, rows: list[ImportRow], user) -> list[ShownRow]:
    """Return rows of a batch as the page shows them to a user."""
    kind = KINDS[batch.kind]
    written = batch.state == ImportBatch.State.WRITTEN
    return [_show(batch, kind, row, user, written) for row in rows]


def _show(batch, kind, row, user, written):
    outcome = Outcome(row.outcome)
    secret = {column.label for column in kind.columns if column.secret}
    candidates = [_candidate(one, row, user) for one in row.candidates]
    last = len(row.reasons) - row.warnings
    return ShownRow(
        number=row.number,
        badge=(TONES[outcome], outcome.label),
        identifier=text.mask_numbers(row.identifier),
        values="" if outcome in (Outcome.SAME, Outcome.CHANGED) else _values(kind, row),
        reasons=[
            text.mask_numbers(one) for one in row.reasons[:last] if not _told_by(one, candidates)
        ],
        notes=[text.mask_numbers(note) for note in row.reasons[last:]],
        changes=[
            (label, *(_change(value, secret=label in secret) for value in pair))
            for label, *pair in row.changes
        ],
        candidates=candidates if outcome == Outcome.DOUBTFUL else [],
        decision=row.decision,
        decided=_decided(batch, row, candidates),
        undone=row.undone,
        written=written and outcome in (Outcome.NEW, Outcome.CHANGED) and not row.undone,
    )


def _told_by(reason, candidates):
    """Tell whether a reason only names a candidate, who stands below with the reason."""
    return any(one.code and one.code in reason and one.why in reason for one in candidates)


def _decided(batch, row, candidates):
    """Return what was decided of a doubtful row, in words."""
    if row.outcome != Outcome.DOUBTFUL or not row.decision:
        return ""
    chosen = next((one for one in candidates if one.chosen), None)
    if chosen:
        return f"Là {chosen.label} ({chosen.code})"
    noun = noun_of(batch)
    return f"Là {noun} khác, thêm mới" if row.decision == "new" else "Bỏ qua dòng này"


def _values(kind: Kind, row) -> str:
    """Return what the row holds, without what its identifier says already."""
    pairs = zip(kind.columns, row.values, strict=False)  # blank once a preview is cleared
    found = (shown_value(column, value) for column, value in pairs if value is not None)
    return " · ".join(words for words in found if words and words not in row.identifier)


def shown_value(column: Column, value) -> str:
    """Return a column's value as people read it; secret ones masked."""
    if column.secret:
        return text.mask_id(str(value))
    if column.shown:
        return text.mask_numbers(column.shown(value))
    if isinstance(value, bool):
        return f"{column.label}: {'có' if value else 'không'}"
    return text.mask_numbers(str(value))


def _change(value, *, secret: bool) -> str:
    words = "" if value is None else str(value)
    mask = text.mask_id if secret and words and "*" not in words else text.mask_numbers
    return mask(words)


def _candidate(one: dict, row, user) -> Candidate:
    pk, code = str(one["pk"]), one.get("code") or ""
    model = _models_by_prefix().get(code.partition("-")[0])
    may_open = model and user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    return Candidate(
        pk=pk,
        label=text.mask_numbers(one.get("label") or ""),
        code=code,
        detail=text.mask_numbers(one.get("detail") or ""),
        why=text.mask_numbers(one.get("why") or ""),
        url=model(pk=one["pk"]).get_absolute_url() if may_open else "",
        chosen=row.decision == f"same:{pk}",
    )


@cache
def _models_by_prefix():
    """Map codes' prefixes to models: a candidate is known by its code."""
    records = (model for model in apps.get_models() if issubclass(model, Record))
    return {model.code_prefix: model for model in records if model.code_prefix}
