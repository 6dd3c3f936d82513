"""Acts on the ledger of residence. Everything that writes a `Residence` is here.

Each act is one transaction. It locks the person first (SQLite's immediate transactions lock all),
so two desks cannot both find him free. Raises ValidationError, its sentences keyed by field.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from households.models import Residence, Resident
from kylien.core import text

TERM_LIMIT_YEARS = 2  # Luật Cư trú 2020 Điều 27.2: a temporary residence lasts two years at most


@transaction.atomic
def start_residence(
    *,
    resident,
    kind,
    relation,
    started_on,
    start_reason,
    on,
    household=None,
    lodging=None,
    employer=None,
    relation_note="",
    expires_on=None,
):
    """Open a residence on `started_on` and return it; `on` is today, which it may not be after.

    Raises ValidationError where it overlaps another residence of the person, its term is over the
    limit, the household already has a head, or the household is gone.
    """
    Resident.objects.select_for_update().get(pk=resident.pk)
    row = Residence(
        resident=resident,
        kind=kind,
        household=household,
        lodging=lodging,
        employer=employer,
        relation=relation,
        relation_note=relation_note,
        started_on=started_on,
        start_reason=start_reason,
        expires_on=expires_on,
    )
    check_start(row, on)
    host = row.host()
    if host is not None:
        row.neighbourhood_id = host.neighbourhood_id
    row.full_clean(exclude=["neighbourhood", "resident"])
    row.save()
    refresh_places([resident.pk])
    return row


def check_start(row, on):
    """Check what a new residence must meet beyond its own row; `on` is today.

    Raises ValidationError, keyed by field.
    """
    errors = {}
    if row.started_on > on:
        errors["started_on"] = "Ngày bắt đầu không thể sau hôm nay."
    if row.expires_on and row.expires_on > years_later(row.started_on, TERM_LIMIT_YEARS):
        errors["expires_on"] = (
            f"Tạm trú tối đa {TERM_LIMIT_YEARS} năm (Luật Cư trú Điều 27): "
            f"muộn nhất {text.format_date(years_later(row.started_on, TERM_LIMIT_YEARS))}."
        )
    if row.household and row.household.dissolved_on:
        errors["household"] = "Hộ này đã xoá."
    elif row.household and row.started_on < row.household.opened_on:
        errors["started_on"] = (
            f"Hộ này lập ngày {text.format_date(row.household.opened_on)}: không thể ở từ trước đó."
        )
    if row.started_on < row.resident.birth_date:
        errors["started_on"] = "Không thể cư trú từ trước ngày sinh."
    clash = None
    if row.resident.pk and row.resident.residences.died().exists():
        errors["started_on"] = "Người này đã được ghi là chết."
    elif row.resident.pk:
        past = row.resident.residences.overlapping(row.started_on)
        clash = past.select_related("household").first()
    if clash:
        where = f" tại hộ {clash.household.code}" if clash.household else ""
        end = f" đến {text.format_date(clash.ended_on)}" if clash.ended_on else ""
        errors["started_on"] = (
            f"{row.resident.full_name} đã {clash.get_kind_display().lower()}{where} "
            f"từ {text.format_date(clash.started_on)}{end}: kết thúc trước, rồi ghi mới."
        )
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def end_residence(*, residence, ended_on, end_reason, on):
    """End an open residence and return it.

    Raises ValidationError where it has ended already, the day is before its start or after `on`,
    or its person is the head of a household that others still live in.
    """
    _hand_on(residence, ended_on, end_reason, on)
    _check_head_left_last(residence)
    refresh_places([residence.resident_id])
    return residence


@transaction.atomic
def transfer_residence(*, residence, household, relation, on_day, on, relation_note=""):
    """Move one person to another household of the ward on `on_day`: his row ends, the next starts.

    Neither counts as a movement of the ward. Returns the new row. Raises ValidationError as ending
    and starting do, and where he lives in that household already.
    """
    if residence.household_id == household.pk:
        raise ValidationError({"household": "Người này đang ở chính hộ này."})
    _hand_on(residence, on_day, Residence.End.TRANSFER, on)
    _check_head_left_last(residence)
    return start_residence(
        resident=residence.resident,
        kind=residence.kind,
        household=household,
        employer=residence.employer,
        relation=relation,
        relation_note=relation_note,
        started_on=on_day,
        start_reason=Residence.Start.TRANSFER,
        expires_on=residence.expires_on,
        on=on,
    )


@transaction.atomic
def change_head(*, household, new_head, old_relation, on_day, on):
    """Make another member the head on `on_day`; the old head gets `old_relation`. No movement.

    `new_head` and the old head are residences of the household; returns the two new rows.
    """
    old_head = household.residences.current().filter(relation=Residence.Relation.HEAD).first()
    changes = [(new_head, Residence.Relation.HEAD)]
    if old_head:
        changes.insert(0, (old_head, old_relation))
    for row, _ in changes:
        _hand_on(row, on_day, Residence.End.HEAD_CHANGE, on)
    return [
        start_residence(
            resident=row.resident,
            kind=row.kind,
            household=household,
            relation=relation,
            started_on=on_day,
            start_reason=Residence.Start.HEAD_CHANGE,
            expires_on=row.expires_on,
            on=on,
        )
        for row, relation in changes
    ]


@transaction.atomic
def extend_residence(*, residence, expires_on, on):
    """Extend a temporary residence: the row ends at its term, or today if that is still ahead, and
    the next one runs to `expires_on`. No movement. Returns the new row."""
    if expires_on <= residence.expires_on:
        day = text.format_date(residence.expires_on)
        raise ValidationError({"expires_on": f"Hạn đang ghi là {day}: ghi ngày sau đó."})
    on_day = min(residence.expires_on, on)
    _hand_on(residence, on_day, Residence.End.EXTENSION, on)
    return start_residence(
        resident=residence.resident,
        kind=residence.kind,
        household=residence.household,
        lodging=residence.lodging,
        employer=residence.employer,
        relation=residence.relation,
        relation_note=residence.relation_note,
        started_on=on_day,
        start_reason=Residence.Start.EXTENSION,
        expires_on=expires_on,
        on=on,
    )


def _hand_on(residence, on_day, end_reason, on):
    """End a row on `on_day`; where a next one follows, it starts on the same day."""
    Resident.objects.select_for_update().get(pk=residence.resident_id)
    residence.refresh_from_db()
    if residence.ended_on:
        day = text.format_date(residence.ended_on)
        raise ValidationError({"ended_on": f"Đã kết thúc ngày {day} rồi."})
    if on_day > on:
        raise ValidationError({"ended_on": "Ngày này không thể sau hôm nay."})
    if on_day < residence.started_on:
        day = text.format_date(residence.started_on)
        raise ValidationError({"ended_on": f"Ở đây từ {day}: không thể trước ngày đó."})
    residence.ended_on, residence.end_reason = on_day, end_reason
    residence.full_clean(exclude=["neighbourhood", "resident"])
    residence.save()


def _check_head_left_last(residence):
    """Refuse the end of a head's row while his household has other permanent members."""
    if residence.relation != Residence.Relation.HEAD or not residence.household_id:
        return
    if residence.household.residences.current().permanent().exists():
        code = residence.household.code
        raise ValidationError(
            {
                "end_reason": f"Đây là chủ hộ {code}, hộ còn người khác: bấm Đổi chủ hộ ở trang "
                "của hộ trước, rồi làm lại việc này (cùng ngày cũng được)."
            }
        )


def refresh_places(resident_ids):
    """Repeat on residents what their open ledger rows say; those who left keep the last place."""
    rows = Residence.objects.current().filter(resident__in=resident_ids).order_by("-kind")
    now = {row.resident_id: row for row in rows.only("resident_id", "kind", "neighbourhood_id")}
    for resident_id in resident_ids:
        row = now.get(resident_id)
        values = {"present": False, "residence_kind": ""}
        if row:
            values = {
                "present": True,
                "residence_kind": row.kind,
                "neighbourhood": row.neighbourhood_id,
            }
        Resident.objects.filter(pk=resident_id).refresh_derived(**values)


def years_later(day: dt.date, years: int) -> dt.date:
    """Return the same day `years` later; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)
