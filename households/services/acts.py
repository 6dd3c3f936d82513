"""The acts on the ledger of residence, one function and one transaction each.

Keyword-only; `on` is today, `on_day` the day the act is in force from. `members` are open
residences of one household, their residents loaded; `relations` maps a residence's key to
`(relation, note)` towards the head it will have. Raises ValidationError, its sentences keyed by
field, where a rule or another row stands in the way.
"""

import datetime as dt
from dataclasses import dataclass

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.html import format_html

from households.models import EndGround, Household, Residence, ResidenceRule, Resident
from households.services.duplicates import propose_for
from households.services.ledger import (
    Act,
    End,
    Relation,
    Start,
    check_start,
    close_household,
    close_rows,
    ledger_of,
    link,
    lock_households,
    lock_people,
    names_of,
    one_act,
    open_rows,
    record_act,
    refresh_places,
    settle,
    settle_all,
    start_residence,
)
from kylien.core import text

PERMANENT, TEMPORARY = Residence.Kind.PERMANENT, Residence.Kind.TEMPORARY


@dataclass(frozen=True)
class Newcomer:
    """A person to enter with a household, and what he is to its head."""

    person: Resident  # not saved yet
    relation: str
    relation_note: str = ""


@one_act
def found_household(*, household, newcomers, start_reason, on, file_number=""):
    """Found a household (not saved yet) with its people, the head among them; return it.

    They live there since it was founded; who was born later, since his birth.
    """
    heads = [one for one in newcomers if one.relation == Relation.HEAD]
    if len(heads) != 1:
        sentence = "Hộ phải có đúng một chủ hộ: chọn Chủ hộ cho một người."
        raise ValidationError({NON_FIELD_ERRORS: sentence})
    household.save()
    people = [one.person for one in newcomers]
    act = record_act(
        Act.FOUNDING,
        household.opened_on,
        household=household,
        neighbourhood_id=household.neighbourhood_id,
        summary=f"Lập hộ tại {household.address}: {names_of(_head_first(newcomers))}.",
        people=len(people),
        file_number=file_number,
        on=on,
    )
    Household.objects.filter(pk=household.pk).refresh_derived(opened_by=act)
    for person in people:
        person.entered_by = act
    Resident.objects.bulk_create(people)
    rows = []
    for one in newcomers:
        born = one.person.birth_date
        later = born > household.opened_on
        rows.append(
            Residence(
                resident=one.person,
                kind=PERMANENT,
                household=household,
                relation=one.relation,
                relation_note=one.relation_note,
                started_on=born if later else household.opened_on,
                start_reason=Start.BIRTH if later else start_reason,
            )
        )
    open_rows(rows, act=act, on=on)
    for person in people:
        propose_for(person)
    return household


def _head_first(newcomers):
    ordered = sorted(newcomers, key=lambda one: one.relation != Relation.HEAD)
    return [one.person for one in ordered]


@one_act
def enter_resident(*, resident, on, **residence):
    """Enter a person (not saved yet) with his first residence, as `start_residence` takes it."""
    resident.save()
    row = start_residence(resident=resident, on=on, **residence)
    Resident.objects.filter(pk=resident.pk).refresh_derived(entered_by=row.started_by)
    propose_for(resident)
    return row


@one_act
def return_resident(*, resident, kind, started_on, on, file_number="", place="", **residence):
    """Start a new residence of somebody the register knows; return it.

    Who lived here for a time and becomes permanent ends the temporary residence the same day.
    """
    lock_people([resident.pk])
    open_now = list(resident.residences.current().select_related("household"))
    settling = [row for row in open_now if row.kind == TEMPORARY and kind == PERMANENT]
    row = Residence(resident=resident, kind=kind, started_on=started_on, **residence)
    where = row.host()
    word = "đăng ký" if open_now else "trở về, đăng ký"
    act_kind = Act.PERMANENT if settling else Act.RETURN
    act = record_act(
        act_kind,
        started_on,
        household=row.household,
        neighbourhood_id=where.neighbourhood_id if where else resident.neighbourhood_id,
        summary=f"{resident.full_name} {word} {row.get_kind_display().lower()} tại {where}.",
        file_number=file_number,
        place=place,
        on=on,
    )
    if settling:
        ground = EndGround.objects.filter(code="temporary-settled").first()
        close_rows(settling, started_on, End.DELETION, act=act, on=on, ground=ground)
    open_rows([row], act=act, on=on)
    settle_all([old.household for old in settling if old.household], started_on, act=act)
    return row


@one_act
def register_birth(
    *, household, resident, relation, on, relation_note="", started_on=None, file_number=""
):
    """Enter a newborn (not saved yet) into a household from `started_on`; without it since his
    birth, or since the household exists."""
    return enter_resident(
        resident=resident,
        kind=PERMANENT,
        household=household,
        relation=relation,
        relation_note=relation_note,
        started_on=started_on or max(resident.birth_date, household.opened_on),
        start_reason=Start.BIRTH,
        file_number=file_number,
        on=on,
    )


@one_act
def register_death(*, resident, on_day, on, file_number=""):
    """End all residences of somebody who died on `on_day`; return the act."""
    lock_people([resident.pk])
    rows = list(resident.residences.current().select_related("household", "resident"))
    if not rows:
        raise ValidationError({"ended_on": "Người này không còn cư trú ở phường."})
    homes = lock_households(*(row.household for row in rows))
    act = record_act(
        Act.DEATH,
        on_day,
        household=rows[0].household,
        neighbourhood_id=rows[0].neighbourhood_id,
        summary=f"{resident.full_name} chết.",
        file_number=file_number,
        on=on,
    )
    _end(rows, on_day, End.DEATH, homes, act=act, on=on)
    return act


@one_act
def end_residence(*, residence, ended_on, end_reason, on, ground=None, file_number=""):
    """End an open residence and return it."""
    end_residences(
        residences=[residence],
        ended_on=ended_on,
        end_reason=end_reason,
        ground=ground,
        file_number=file_number,
        on=on,
    )
    return residence


@one_act
def end_residences(*, residences, ended_on, end_reason, on, ground=None, file_number=""):
    """End open residences of several people in one act; return the act."""
    lock_people([row.resident_id for row in residences])
    homes = lock_households(*(row.household for row in residences))
    names = names_of(row.resident for row in residences)
    if end_reason == End.DEATH:
        kind, summary = Act.DEATH, f"{names} chết."
    elif end_reason == End.DEPARTURE and ground is None:
        kind, summary = Act.LEAVING, f"{names} chuyển khỏi phường."
    else:
        why = f": {str(ground)[:1].lower()}{str(ground)[1:]}" if ground else ""
        what = residences[0].get_kind_display().lower()
        kind, summary = Act.ENDING, f"{names} xoá đăng ký {what}{why}."
    act = record_act(
        kind,
        ended_on,
        household=residences[0].household if len(homes) == 1 else None,
        neighbourhood_id=residences[0].neighbourhood_id,
        summary=summary,
        people=len(residences),
        file_number=file_number,
        on=on,
    )
    _end(residences, ended_on, end_reason, homes, act=act, on=on, ground=ground)
    return act


def _end(rows, day, reason, homes, *, act, on, ground=None):
    close_rows(rows, day, reason, act=act, on=on, ground=ground)
    settle_all(homes, day, act=act)
    refresh_places([row.resident_id for row in rows])


@one_act
def leave_ward(*, household, members, on_day, on, place="", file_number=""):
    """Let members of a household leave the ward together; return the act."""
    some_of(members)
    lock_people([row.resident_id for row in members])
    lock_households(household)
    where = f" đến {place}" if place else ""
    act = record_act(
        Act.LEAVING,
        on_day,
        household=household,
        neighbourhood_id=household.neighbourhood_id,
        summary=f"{names_of(row.resident for row in members)} chuyển khỏi phường{where}.",
        people=len(members),
        place=place,
        file_number=file_number,
        on=on,
    )
    _end(members, on_day, End.DEPARTURE, [household], act=act, on=on)
    return act


@one_act
def transfer_members(*, household, members, to, relations, on_day, on, file_number=""):
    """Move members to another household of the ward on `on_day`: their rows end, the next start.

    Neither counts as a movement of the ward. `household` is None for lodgers of a business.
    Returns the act.
    """
    some_of(members)
    if household is not None and to.pk == household.pk:
        sentence = "Đang ở chính hộ này." if len(members) == 1 else "Họ đang ở chính hộ này."
        raise ValidationError({"household": sentence})
    lock_people([row.resident_id for row in members])
    lock_households(household, to)
    origin = f" từ hộ {household.code}" if household else ""
    act = record_act(
        Act.TRANSFER,
        on_day,
        household=to,
        other_household=household,
        neighbourhood_id=to.neighbourhood_id,
        summary=f"{names_of(row.resident for row in members)} chuyển{origin} sang hộ {to.code}.",
        people=len(members),
        file_number=file_number,
        on=on,
    )
    move_rows(members, to, relations, on_day, End.TRANSFER, Start.TRANSFER, act=act, on=on)
    if household is not None:
        settle(household, on_day, act=act)
    return act


def move_rows(rows, to, relations, day, end_reason, start_reason, *, act, on):
    """End rows and start their successors in the household `to`; return those.

    Into another neighbourhood it is a transfer, whatever else: both count what went and came.
    """
    if any(row.neighbourhood_id != to.neighbourhood_id for row in rows):
        end_reason, start_reason = End.TRANSFER, Start.TRANSFER
    close_rows(rows, day, end_reason, act=act, on=on)
    return open_rows(
        [_successor(row, to, relations[row.pk], day, start_reason) for row in rows],
        act=act,
        on=on,
    )


def _successor(row, household, relation, day, start_reason):
    return Residence(
        resident=row.resident,
        kind=row.kind,
        household=household,
        lodging=row.lodging if household == row.household else None,
        employer=row.employer,
        relation=relation[0],
        relation_note=relation[1],
        started_on=day,
        start_reason=start_reason,
        expires_on=row.expires_on,
    )


@one_act
def split_household(
    *, household, members, relations, address, neighbourhood, on_day, on, file_number=""
):
    """Let members found a household of their own; return it. One of them is its head."""
    some_of(members)
    one_head(members, relations)
    lock_people([row.resident_id for row in members])
    lock_households(household)
    new = Household(address=address, neighbourhood=neighbourhood, opened_on=on_day)
    new.save()
    act = record_act(
        Act.SPLIT,
        on_day,
        household=household,
        other_household=new,
        neighbourhood_id=household.neighbourhood_id,
        summary=(
            f"{names_of(row.resident for row in members)} tách khỏi hộ {household.code}, "
            f"lập hộ {new.code} tại {new.address}."
        ),
        people=len(members),
        file_number=file_number,
        on=on,
    )
    Household.objects.filter(pk=new.pk).refresh_derived(opened_by=act)
    move_rows(members, new, relations, on_day, End.SPLIT, Start.SPLIT, act=act, on=on)
    if not household.residences.current().exists():
        raise ValidationError(
            {NON_FIELD_ERRORS: "Cả hộ cùng đi thì không phải tách hộ: dùng Chuyển trong phường."}
        )
    settle(household, on_day, act=act)
    return new


@one_act
def merge_households(*, household, into, relations, on_day, on, file_number=""):
    """Let all of a household join another, and close it; return the act."""
    if household.pk == into.pk:
        raise ValidationError({"household": "Đây chính là hộ đang nhập: chọn hộ khác."})
    lock_households(household, into)
    rows = household.residences.current().select_related("resident", "employer")
    members = list(rows.order_by("pk"))
    some_of(members)
    lock_people([row.resident_id for row in members])
    _still_the_same(members, relations)
    act = record_act(
        Act.MERGE,
        on_day,
        household=into,
        other_household=household,
        neighbourhood_id=into.neighbourhood_id,
        summary=(
            f"Hộ {household.code} ({names_of(row.resident for row in members)}) "
            f"nhập vào hộ {into.code}."
        ),
        people=len(members),
        file_number=file_number,
        on=on,
    )
    move_rows(members, into, relations, on_day, End.MERGE, Start.MERGE, act=act, on=on)
    close_household(household, on_day, act=act)
    return act


@one_act
def change_head(*, household, relations, on_day, on, file_number=""):
    """Make another member the head; `relations` says what each then is to him. Return the act.

    No movement. Who keeps his relation keeps his row.
    """
    lock_households(household)
    rows = household.residences.current().select_related("resident", "employer")
    members = list(rows.order_by("pk"))
    lock_people([row.resident_id for row in members])
    _still_the_same(members, relations)
    one_head(members, relations)
    changed = [r for r in members if (r.relation, r.relation_note) != relations[r.pk]]
    new = next(row for row in members if relations[row.pk][0] == Relation.HEAD)
    if new not in changed:
        raise ValidationError({NON_FIELD_ERRORS: f"{new.resident} đang là chủ hộ rồi."})
    if new.kind == TEMPORARY and any(row.kind == PERMANENT for row in members):
        sentence = f"{new.resident} chỉ tạm trú: chọn một người thường trú làm chủ hộ."
        raise ValidationError({NON_FIELD_ERRORS: sentence})
    old = next((row for row in members if row.relation == Relation.HEAD), None)
    instead = f" thay {old.resident}" if old else ""
    act = record_act(
        Act.HEAD_CHANGE,
        on_day,
        household=household,
        neighbourhood_id=household.neighbourhood_id,
        summary=f"{new.resident} làm chủ hộ{instead}.",
        people=len(changed),
        file_number=file_number,
        on=on,
    )
    move_rows(
        changed, household, relations, on_day, End.HEAD_CHANGE, Start.HEAD_CHANGE, act=act, on=on
    )
    return act


@one_act
def extend_residence(*, residence, expires_on, on, file_number=""):
    """Extend one temporary residence; return its new row."""
    act = extend_residences(
        residences=[residence], expires_on=expires_on, on=on, file_number=file_number
    )
    return act.started.get()


@one_act
def extend_residences(*, residences, expires_on, on, file_number=""):
    """Extend temporary residences to `expires_on` in one act; return it. No movement.

    Each row ends at its term, or today if that is still ahead, and the next one follows. Opens 15
    days before the term ends (Luật Cư trú 2020 Điều 28.3).
    """
    lock_people([row.resident_id for row in residences])
    refused = extensions_refused(residences, expires_on, on)
    for row in residences:
        if row.pk in refused:
            sentence = format_html("{}: {}", link(row.resident), refused[row.pk])
            raise ValidationError({"expires_on": sentence})
    first = residences[0]
    act = record_act(
        Act.EXTENSION,
        min(min(row.expires_on, on) for row in residences),
        household=first.household if len({row.household_id for row in residences}) == 1 else None,
        neighbourhood_id=first.neighbourhood_id,
        summary=(
            f"{names_of(row.resident for row in residences)} gia hạn tạm trú "
            f"đến {text.format_date(expires_on)}."
        ),
        people=len(residences),
        file_number=file_number,
        on=on,
    )
    close_rows(
        residences,
        {row.pk: min(row.expires_on, on) for row in residences},
        End.EXTENSION,
        act=act,
        on=on,
    )
    open_rows([_extended(row, expires_on, on) for row in residences], act=act, on=on)
    return act


def _extended(row, expires_on, on):
    """Return the stay that follows a temporary one on its term, or today if that is still ahead."""
    same = (row.relation, row.relation_note)
    new = _successor(row, row.household, same, min(row.expires_on, on), Start.EXTENSION)
    new.lodging, new.expires_on = row.lodging, expires_on
    return new


def extensions_refused(residences, expires_on, on):
    """Return why temporary residences may not be extended to `expires_on` today, by key.

    A handful of queries, whatever their number.
    """
    rules = ResidenceRule.objects.book()
    found, following = {}, {}
    for row in residences:
        sentence = extension_refused(row, expires_on, on, rules)
        if sentence:
            found[row.pk] = sentence
        else:
            following[row.pk] = _extended(row, expires_on, on)
    ledger = ledger_of(following.values()) if following else {}
    for key, new in following.items():
        others = [row for row in ledger.get(new.resident_id, []) if row.pk != key]
        try:
            check_start(new, on, others, rules)
        except ValidationError as error:
            found[key] = error.messages[0]
    return found


def extension_refused(row, expires_on, on, rules=None):
    """Return why a temporary residence may not be extended to `expires_on` today, or ""."""
    if row.ended_on:
        return f"Tạm trú đã kết thúc ngày {text.format_date(row.ended_on)}."
    days = (rules or ResidenceRule.objects).number(ResidenceRule.Key.EXTENSION_DAYS, on)
    term = text.format_date(row.expires_on)
    if (row.expires_on - on).days > days:
        opens = text.format_date(row.expires_on - dt.timedelta(days=days))
        return (
            f"hạn đến {term}, gia hạn được từ {opens}, {days} ngày trước đó (Luật Cư trú Điều 28)."
        )
    if expires_on <= row.expires_on:
        return f"hạn đang ghi là {term}, phải ghi ngày sau đó."
    if expires_on <= on:
        return "ngày gia hạn phải sau hôm nay."
    return ""


def endings_refused(residences, ended_on):
    """Return why temporary residences may not end together on `ended_on`, by key; in one query.

    A head does not go before those who stay have another.
    """
    found, going = {}, []
    for row in residences:
        if row.ended_on:
            found[row.pk] = f"Tạm trú đã kết thúc ngày {text.format_date(row.ended_on)}."
        elif ended_on < row.started_on:
            began = text.format_date(row.started_on)
            found[row.pk] = f"Tạm trú từ {began}: không thể kết thúc trước đó."
        else:
            going.append(row)
    heads = [row for row in going if row.relation == Relation.HEAD and row.household_id]
    if heads:
        staying = Residence.objects.current().filter(household__in=[h.household_id for h in heads])
        staying = staying.exclude(pk__in=[row.pk for row in going])
        homes = list(staying.values_list("household", flat=True))
        for head in heads:
            if head.household_id in homes:
                found[head.pk] = (
                    f"Là chủ hộ {head.household.code}, hộ còn {homes.count(head.household_id)} "
                    "người: đổi chủ hộ trước."
                )
    return found


def some_of(members):
    if not members:
        raise ValidationError({NON_FIELD_ERRORS: "Đánh dấu ít nhất một người."})


def one_head(members, relations):
    heads = [row for row in members if relations[row.pk][0] == Relation.HEAD]
    if len(heads) != 1:
        sentence = "Chọn quan hệ Chủ hộ cho đúng một người."
        raise ValidationError({NON_FIELD_ERRORS: sentence})


def _still_the_same(members, relations):
    """Refuse where somebody came or went since the page was opened."""
    if {row.pk for row in members} != set(relations):
        raise ValidationError({NON_FIELD_ERRORS: "Người trong hộ vừa thay đổi: xem lại rồi ghi."})
