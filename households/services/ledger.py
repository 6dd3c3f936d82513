"""Starting and ending rows of the ledger: what every act is made of.

Everything that writes a `Residence` passes here. One act writes at a time (`lock_ledger`), so two
desks cannot both find a person free. Raises ValidationError, its
sentences keyed by field; where a row collides with another, the sentence links to that one.
"""

import datetime as dt
from functools import wraps

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, DateField, Max, Q, Value, When
from django.urls import reverse
from django.utils.html import format_html

from households.models import (
    Absence,
    Household,
    Residence,
    ResidenceAct,
    ResidenceRule,
    Resident,
    TransferMember,
)
from kylien.core import text
from kylien.core.changes import current_act
from kylien.core.forms import sentence_of
from kylien.core.models import CodeCounter

Act, Start, End, Relation = ResidenceAct.Kind, Residence.Start, Residence.End, Residence.Relation


def link(record, words=None):
    """Return a link to a record, for sentences that say what stands in the way."""
    return format_html('<a href="{}">{}</a>', record.get_absolute_url(), words or record)


def names_of(people, most=5):
    """Return people by name, in one phrase of bounded length."""
    people = [str(person) for person in people]
    more = f" và {len(people) - most} người nữa" if len(people) > most else ""
    return ", ".join(people[:most]) + more


def record_act(
    kind,
    day,
    *,
    neighbourhood_id,
    summary,
    on,
    people=1,
    household=None,
    other_household=None,
    place="",
    file_number="",
):
    """Write down an act in force from `day` and return it; `on` is today.

    A file number says that the national system knows of the act; without one it is still to be
    brought there.
    """
    return ResidenceAct.objects.create(
        kind=kind,
        happened_on=day,
        household=household,
        other_household=other_household,
        neighbourhood_id=neighbourhood_id,
        summary=text.clean(summary)[:500],
        people=people,
        place=place,
        file_number=file_number,
        synchronised_on=on if file_number else None,
        done_by=acting_user(),
    )


def acting_user():
    """Return who acts, None for the shell."""
    user = current_act().user
    return user if getattr(user, "is_authenticated", False) else None


def lock_ledger():
    """Let one act on the ledger write at a time: the first lock of each, so that none waits for
    another that waits for it. An act takes some hundredths of a second. To be called inside a
    transaction that will write more than one act, or codes before its act."""
    if connection.features.has_select_for_update:  # SQLite's transactions wait as a whole
        CodeCounter.hold(ResidenceAct.code_prefix)


def lock_people(resident_ids):
    """Lock people whose own pages may be written meanwhile."""
    rows = Resident.objects.select_for_update().filter(pk__in=set(resident_ids))
    return list(rows.order_by("pk"))


def lock_households(*households):
    """Lock households in the order of their keys."""
    keys = {household.pk for household in households if household is not None}
    return list(Household.objects.select_for_update().filter(pk__in=keys).order_by("pk"))


def one_act(function):
    """Run a service in one transaction; what the database refuses is told as a form tells it.

    Constraints are left to the database here: asking it before and again while writing would
    double the queries of an act.
    """

    @wraps(function)
    def run(**kwargs):
        try:
            with transaction.atomic():
                lock_ledger()
                return function(**kwargs)
        except IntegrityError as error:
            field, sentence = sentence_of(error, Residence)
            raise ValidationError({field or NON_FIELD_ERRORS: sentence}) from error

    return run


@one_act
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
    file_number="",
    place="",
):
    """Open a residence on `started_on` and return it; `on` is today, which it may not be after.

    An act of its own: registration or birth. Raises ValidationError where it overlaps another
    residence of the person, its term is over the limit, the household has a head already or none
    yet, or the household is gone.
    """
    lock_people([resident.pk])
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
    check_host(row)
    act = record_act(
        _kind_of_start(row),
        started_on,
        household=household,
        neighbourhood_id=row.host().neighbourhood_id,
        summary=_told_start(row),
        file_number=file_number,
        place=place,
        on=on,
    )
    open_rows([row], act=act, on=on)
    return row


def check_host(row):
    """Refuse a residence nowhere. Raises ValidationError, keyed by field."""
    if row.host() is None:
        name = "residence_permanent_in_household"
        if row.kind == Residence.Kind.TEMPORARY:
            name = "residence_temporary_has_host"
        constraint = next(c for c in Residence._meta.constraints if c.name == name)
        raise ValidationError({"household": constraint.violation_error_message})


def open_rows(rows, *, act, on):
    """Write new ledger rows, the head's first, and what they say of today; people are locked.

    Raises ValidationError, keyed by field, where one of them may not start.
    """
    rows = sorted(rows, key=lambda row: row.relation != Relation.HEAD)
    _read_hosts(rows)
    ledger, rules = ledger_of(rows), ResidenceRule.objects.book()
    for row in rows:
        check_host(row)
        check_start(row, on, ledger.get(row.resident_id, []), rules)
        row.neighbourhood_id = row.host().neighbourhood_id
        row.started_by = act
    _check_heads(rows)
    Residence.objects.bulk_create(rows)
    refresh_places([row.resident_id for row in rows])
    return rows


def _read_hosts(rows):
    """Read the households again, now that no other act writes: one may be gone since the form."""
    homes = {home.pk: home for home in lock_households(*(row.household for row in rows))}
    for row in rows:
        if row.household_id:
            row.household = homes[row.household_id]


def ledger_of(rows):
    """Return the rows that may stand in the way of new ones, by person, in one query."""
    first = min(row.started_on for row in rows)
    past = Residence.objects.filter(resident__in=[row.resident_id for row in rows])
    past = past.filter(Q(end_reason=End.DEATH) | Q(ended_on=None) | Q(ended_on__gt=first))
    found = {}
    for row in past.select_related("household", "lodging", "employer"):
        found.setdefault(row.resident_id, []).append(row)
    return found


def _kind_of_start(row):
    if row.start_reason == Start.BIRTH:
        return Act.BIRTH
    return Act.PERMANENT if row.kind == Residence.Kind.PERMANENT else Act.TEMPORARY


def _told_start(row):
    where = row.host()
    if row.start_reason == Start.BIRTH:
        return f"{row.resident.full_name} mới sinh, vào hộ {where.code}."
    done = f"{row.resident.full_name} đăng ký {row.get_kind_display().lower()}"
    term = f", hạn {text.format_date(row.expires_on)}" if row.expires_on else ""
    return f"{done} tại {where}{term}."


def check_start(row, on, ledger=None, rules=None):
    """Check what a new residence must meet beyond its own row; `on` is today.

    `ledger` holds the person's rows that may stand in the way, `rules` the law's numbers; they are
    read where not given.
    Raises ValidationError, keyed by field.
    """
    errors = {}
    if row.started_on > on:
        errors["started_on"] = "Ngày bắt đầu không thể sau hôm nay."
    if row.expires_on:
        rules = rules or ResidenceRule.objects
        years = rules.number(ResidenceRule.Key.TERM_YEARS, row.started_on)
        last = years_later(row.started_on, years)
        if row.expires_on > last:
            errors["expires_on"] = (
                f"Tạm trú tối đa {years} năm (Luật Cư trú Điều 27): "
                f"muộn nhất {text.format_date(last)}."
            )
    if row.household and row.household.dissolved_on:
        errors["household"] = format_html("Hộ {} đã xoá.", link(row.household, row.household.code))
    elif row.household and row.started_on < row.household.opened_on:
        errors["started_on"] = (
            f"Hộ này lập ngày {text.format_date(row.household.opened_on)}: không thể ở từ trước đó."
        )
    if row.started_on < row.resident.birth_date:
        errors["started_on"] = "Không thể cư trú từ trước ngày sinh."
    if row.resident.pk:
        if ledger is None:
            ledger = ledger_of([row]).get(row.resident_id, [])
        errors |= _clash(row, ledger)
    if errors:
        raise ValidationError(errors)


def _clash(row, ledger):
    """Return the sentence about what the person's own ledger already says of those days."""
    person = row.resident
    if person.same_as_id:
        same = link(person.same_as, person.same_as.code)
        return {"started_on": format_html("Đây là bản ghi trùng: ghi vào {}.", same)}
    if any(other.end_reason == End.DEATH for other in ledger):
        return {"started_on": "Người này đã được ghi là chết."}
    other = next((r for r in ledger if r.ended_on is None or r.ended_on > row.started_on), None)
    if other is None:
        return {}
    place = other.host()
    end = f" đến {text.format_date(other.ended_on)}" if other.ended_on else ""
    return {
        "started_on": format_html(
            "{} đã {} tại {} từ {}{}: kết thúc trước, rồi ghi mới.",
            link(person),
            other.get_kind_display().lower(),
            link(place, getattr(place, "code", place)),
            text.format_date(other.started_on),
            end,
        )
    }


def _check_heads(rows):
    """Refuse a second head of a household, and a permanent member where there is none yet.

    Raises ValidationError, keyed by field.
    """
    homes = {row.household_id: row.household for row in rows if row.household_id}
    if not homes:
        return
    current = Residence.objects.current().filter(household__in=homes, relation=Relation.HEAD)
    heads = {row.household_id: row.resident for row in current.select_related("resident")}
    for row in rows:
        head = heads.get(row.household_id)
        if row.relation == Relation.HEAD and row.household_id:
            if head:
                sentence = format_html(
                    "Hộ đã có chủ hộ là {}: chọn quan hệ khác, hoặc ghi người này vào hộ rồi "
                    "bấm Đổi chủ hộ.",
                    link(head),
                )
                raise ValidationError({"relation": sentence})
            heads[row.household_id] = row.resident
        elif row.kind == Residence.Kind.PERMANENT and row.household_id and not head:
            raise ValidationError({"relation": "Hộ chưa có chủ hộ: ghi chủ hộ trước."})


def close_rows(rows, ended_on, end_reason, *, act, on, ground=None):
    """End open rows on `ended_on`, a day or each row's own by key; next ones start that same day.

    Their people are locked by the caller. Raises ValidationError where one has ended already, or
    the day is before its start or after `on`.
    """
    keys = [row.pk for row in rows]
    _refuse_asked_for(keys)
    days = ended_on if isinstance(ended_on, dict) else dict.fromkeys(keys, ended_on)
    ended = dict(Residence.objects.filter(pk__in=keys).values_list("pk", "ended_on"))
    for row in rows:
        name, day = link(row.resident), ended[row.pk]
        if day:
            sentence = format_html("{}: đã kết thúc ngày {} rồi.", name, text.format_date(day))
        elif days[row.pk] > on:
            sentence = "Ngày này không thể sau hôm nay."
        elif days[row.pk] < row.started_on:
            sentence = _told_too_early(row, name)
        else:
            continue
        raise ValidationError({"ended_on": sentence})
    values = {"end_reason": end_reason, "end_ground": ground, "ended_by": act}
    Residence.objects.filter(pk__in=keys).update(ended_on=_day_of(days), **values)
    for row in rows:
        row.ended_on, row.end_reason, row.end_ground, row.ended_by = days[row.pk], *values.values()


def _told_too_early(row, name):
    """Return why a row cannot end before it began: he came then, or an act replaced his row then,
    which is undone and done again from an earlier day."""
    began, act = text.format_date(row.started_on), row.started_by
    if row.start_reason in Start.external() or act is None:
        return format_html("{} ở đây từ {}: không thể trước ngày đó.", name, began)
    words = f"{act.get_kind_display().lower()} từ {began}"
    return format_html(
        "{} có {}: muốn ghi ngày sớm hơn thì hoàn tác việc đó rồi ghi lại.", name, link(act, words)
    )


def _refuse_asked_for(keys):
    """Refuse to end stays that another beat was asked to take in: the request would point nowhere.

    Raises ValidationError with a link to the request.
    """
    asked = TransferMember.objects.filter(residence__in=keys, open=True)
    waiting = asked.select_related("request", "residence__resident").first()
    if waiting:
        sentence = format_html(
            "{} đang có đề nghị chuyển {} chờ trả lời: rút lại trước.",
            waiting.residence.resident,
            link(waiting.request, waiting.request.code),
        )
        raise ValidationError({NON_FIELD_ERRORS: sentence})


def _day_of(days):
    """Return the value that writes each row's day by its key, in one statement."""
    by_day = {}
    for key, day in days.items():
        by_day.setdefault(day, []).append(key)
    if len(by_day) == 1:
        return next(iter(by_day))
    cases = [When(pk__in=keys, then=Value(day)) for day, keys in by_day.items()]
    return Case(*cases, output_field=DateField())


def settle(household, day, *, act):
    """Settle one household, see `settle_all`."""
    settle_all([household], day, act=act)


def settle_all(households, day, *, act):
    """Leave households with one head, or close them where nobody is left; after people went out.

    Raises ValidationError where people stay without a head.
    """
    rows = Residence.objects.current().filter(household__in=households)
    living = {}
    for key, relation in rows.values_list("household", "relation"):
        living.setdefault(key, []).append(relation)
    headless = [h for h in households if h.pk in living and Relation.HEAD not in living[h.pk]]
    # A household that had no head before (a landlord's, let to others) goes on without.
    had = act.ended.filter(household__in=headless, relation=Relation.HEAD) if headless else None
    had = set(had.values_list("household", flat=True)) if headless else set()
    for household in headless:
        if household.pk not in had:
            continue
        sentence = format_html(
            "Chủ hộ {} đi mà hộ còn {} người: "
            '<a href="{}?on={}">đổi chủ hộ</a> trước từ cùng ngày, rồi làm lại việc này.',
            household.code,
            len(living[household.pk]),
            reverse("household-head", args=[household.pk]),
            text.format_date(day),
        )
        raise ValidationError({NON_FIELD_ERRORS: sentence})
    close_households([h for h in households if h.pk not in living], day, act=act)


def close_household(household, day, *, act):
    """Dissolve one household, see `close_households`."""
    close_households([household], day, act=act)


def close_households(households, day, *, act):
    """Dissolve households that nobody lives in, and end their places in self-managed groups."""
    if not households:
        return
    places = Household._meta.get_field("group_memberships").related_model.objects
    rows = places.filter(household__in=households, left_on=None)
    left = {key: max(day, joined) for key, joined in rows.values_list("pk", "joined_on")}
    if left:
        places.filter(pk__in=left).update(left_on=_day_of(left), left_by=act)
    ends = Residence.objects.filter(household__in=households).order_by()
    last = dict(ends.values_list("household").annotate(last=Max("ended_on")))
    days = {h.pk: max(day, h.opened_on, last.get(h.pk) or day) for h in households}
    rows = Household.objects.filter(pk__in=days)
    rows.update(dissolved_on=_day_of(days), dissolved_by=act)


def refresh_places(resident_ids):
    """Repeat on residents what their open ledger rows say; those who left keep the last place."""
    rows = Residence.objects.current().filter(resident__in=resident_ids).order_by("-kind")
    now = {row.resident_id: row for row in rows.only("resident_id", "kind", "neighbourhood_id")}
    places = {}
    for resident_id in resident_ids:
        row = now.get(resident_id)
        place = (row.kind, row.neighbourhood_id) if row else None
        places.setdefault(place, []).append(resident_id)
    _keep_last_places(places.get(None, ()))
    for place, found in places.items():
        values = {"present": False, "residence_kind": ""}
        if place:
            kind, neighbourhood = place
            values = {"present": True, "residence_kind": kind, "neighbourhood": neighbourhood}
        for start in range(0, len(found), 500):
            people = Resident.objects.filter(pk__in=found[start : start + 500])
            people.refresh_derived(**values)
            if place:
                away = Absence.objects.current().filter(resident__in=found[start : start + 500])
                away.refresh_derived(neighbourhood=neighbourhood)


def _keep_last_places(resident_ids):
    """Give people who left the place of their last stay, which an undoing may have changed; who
    has none is nobody's."""
    if not resident_ids:
        return
    rows = Residence.objects.filter(resident__in=resident_ids).order_by("started_on", "pk")
    last = dict.fromkeys(resident_ids) | dict(rows.values_list("resident", "neighbourhood"))
    for neighbourhood in set(last.values()):
        keys = [key for key, place in last.items() if place == neighbourhood]
        Resident.objects.filter(pk__in=keys).refresh_derived(neighbourhood=neighbourhood)


def years_later(day: dt.date, years: int) -> dt.date:
    """Return the same day `years` later; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)
