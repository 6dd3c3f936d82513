"""Disposals: who proposes never confirms, and what is confirmed is done in one transaction.

Keyword-only. Raises ValidationError with the reason where something stands in the way.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import islice

from django.core.exceptions import ValidationError
from django.db import transaction

from households.models import Resident
from kylien.core.changes import acting
from kylien.core.counts import count_all
from retention.kinds import KINDS, Doing, Kind, last_day
from retention.models import (
    CorrectionRequest,
    Disposal,
    DisposalPart,
    Outcome,
    RecordType,
    RetentionRule,
)

MOST = 2000  # rows of a type in one disposal: it is one transaction, and others wait for it
NOT_PAST = "Không còn quá hạn lưu giữ"


@dataclass(frozen=True)
class Standing:
    """A type of record on a day: its rule (None: kept), and how many rows are past the period."""

    type: RecordType
    rule: RetentionRule | None
    count: int = 0
    waiting: Disposal | None = None

    @property
    def kind(self) -> Kind | None:
        return KINDS.get(self.type)

    @property
    def may_end(self):
        """Tell whether rows of the type are ever past a period."""
        return self.rule is not None and self.rule.outcome != Outcome.KEEP

    @property
    def unit(self):
        return self.kind.unit if self.kind else ""


def standings(on: dt.date) -> list[Standing]:
    """Return every type of record as it stands on `on`."""
    rules = RetentionRule.objects.for_types(on)
    ended = {
        one: KINDS[one].counted(last_day(on, rule.months))
        for one, rule in rules.items()
        if one in KINDS and rule.outcome != Outcome.KEEP
    }
    months = ended.pop(RecordType.AUDIT, None)
    counts = count_all(ended) if ended else {}
    if months is not None:
        rule = rules[RecordType.AUDIT]
        counts[RecordType.AUDIT] = len(KINDS[RecordType.AUDIT].rows(last_day(on, rule.months)))
    open_parts = DisposalPart.objects.filter(disposal__state=Disposal.State.PROPOSED)
    waiting = {part.record_type: part.disposal for part in open_parts.select_related("disposal")}
    return [
        Standing(one, rules.get(one), counts.get(one, 0), waiting.get(one)) for one in RecordType
    ]


def rows_past(record_type: str, on: dt.date):
    """Return the rows of a type past their period on `on`, as `(key, code, day)`; none where the
    type is kept."""
    rule = RetentionRule.objects.for_types(on).get(record_type)
    if rule is None or rule.outcome == Outcome.KEEP or record_type not in KINDS:
        return []
    return KINDS[record_type].rows(last_day(on, rule.months))


@transaction.atomic
def propose(*, types: list[str], note: str = "", by, on: dt.date) -> Disposal:
    """Propose to dispose of what is past its period, of some types; at most `MOST` rows of each.

    Raises ValidationError where a type has no such row, or waits for a decision already.
    """
    found = {one.type: one for one in standings(on)}
    made = Disposal(proposed_by=by, proposed_on=on, note=note)
    made.full_clean()
    made.save()
    for one in types:
        standing = found[one]
        label = RecordType(one).label
        if standing.waiting:
            code = standing.waiting.code
            raise ValidationError({"types": f"{label}: đang chờ xác nhận ở {code}."})
        rows = [[key, code, f"{day}"] for key, code, day in islice(rows_past(one, on), MOST)]
        if not rows:
            raise ValidationError({"types": f"{label}: không có gì quá hạn lưu giữ."})
        rule = standing.rule
        DisposalPart.objects.create(
            disposal=made,
            record_type=one,
            outcome=rule.outcome,
            months=rule.months,
            legal_basis=rule.legal_basis,
            rows=rows,
        )
    return made


def locked(disposal):
    """Return a disposal as it stands, locked. Raises ValidationError once it is decided."""
    row = Disposal.objects.select_for_update(of=("self",)).get(pk=disposal.pk)
    if not row.is_open:
        raise ValidationError(f"Đợt {row.code} đã có quyết định.")
    return row


@transaction.atomic
def confirm(*, disposal: Disposal, by, on: dt.date, at: dt.datetime) -> Disposal:
    """Confirm a disposal and carry it out, all of it or nothing.

    Rows that are past their period no more, are asked to be corrected, or that others rest on stay
    and are listed. Raises ValidationError for who proposed it.
    """
    row = locked(disposal)
    if row.proposed_by_id == by.pk:
        raise ValidationError("Người đề xuất không tự xác nhận: cần người thứ hai.")
    words = f"Tiêu huỷ theo biên bản {row.code}"
    with acting(reason=words):
        for part in row.parts.all():
            part.left = _carry_out(part, Doing(at, words), on)
            part.save()
        row.state, row.decided_by, row.decided_on = Disposal.State.DONE, by, on
        row.full_clean()
        row.save()
    return row


def _carry_out(part, doing, on):
    """Dispose of a part's rows; return those that stay, as `[code, why]`."""
    past = {key for key, _, _ in rows_past(part.record_type, on)}
    asked = _asked_to_correct()
    why = {}
    for key, code, _ in part.rows:
        if key not in past:
            why[key] = NOT_PAST
        elif code in asked:
            why[key] = f"Đang có yêu cầu đính chính {asked[code]}"
    keys = [key for key, _, _ in part.rows if key not in why]
    why |= KINDS[part.record_type].dispose(keys, doing)
    return [[code, why[key]] for key, code, _ in part.rows if key in why]


def _asked_to_correct():
    """Return `{code of a record: code of the request}` of what people ask to have corrected; of a
    person with the records that were merged into his."""
    found = {}
    rows = CorrectionRequest.objects.unfinished()
    for code, own, person in rows.values_list("code", "record_code", "resident__code"):
        found |= {own: code, person: code}
    merged = Resident.objects.exclude(same_as=None).filter(same_as__code__in=filter(None, found))
    for code, kept in merged.values_list("code", "same_as__code"):
        found[code] = found[kept]
    return found


@transaction.atomic
def refuse(*, disposal: Disposal, reason: str, by, on: dt.date) -> Disposal:
    """Decide that nothing is disposed of; who proposed it may withdraw it so."""
    row = locked(disposal)
    row.state, row.refusal = Disposal.State.REFUSED, reason
    row.decided_by, row.decided_on = by, on
    row.full_clean()
    row.save()
    return row
