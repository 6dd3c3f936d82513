"""Taking an act back: exactly what it wrote goes, unless something later rests on it."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from households.models import (
    DuplicatePair,
    Household,
    Residence,
    ResidenceAct,
    Resident,
    TransferMember,
    TransferRequest,
)
from households.services.ledger import (
    Relation,
    acting_user,
    link,
    lock_people,
    one_act,
    refresh_places,
)
from kylien.accounts.models import Scope
from kylien.core import text


@one_act
def undo_act(*, act, reason, on):
    """Take back what an act did, and keep the act with the reason; return it.

    Rows it started go, rows it ended are open again, households and people it brought in go.
    Raises ValidationError where it was undone before, or something later rests on it: each is
    named, with a link.
    """
    act = ResidenceAct.objects.select_for_update().get(pk=act.pk)
    if act.undone_at:
        raise ValidationError({NON_FIELD_ERRORS: "Việc này đã hoàn tác rồi."})
    lock_people(_people_of(act))
    found = [*merges_of(act, acting_user()), *what_rests_on(act, acting_user())]
    if found:
        sentence = format_html(
            "Chưa hoàn tác được, vì có việc sau dựa vào việc này: {}.",
            format_html_join("; ", "{}", ((one,) for one in found)),
        )
        raise ValidationError({NON_FIELD_ERRORS: sentence})
    _take_back(act)
    act.undone_at, act.undone_by, act.undo_reason = timezone.now(), acting_user(), reason
    act.save()
    return act


def _people_of(act):
    started = act.started.values_list("resident", flat=True)
    return {*started, *act.ended.values_list("resident", flat=True)}


def _take_back(act):
    people = _people_of(act)
    entered = set(act.residents_entered.values_list("pk", flat=True))
    TransferMember.objects.filter(residence__started_by=act, open=False).delete()
    act.started.all().delete()
    act.ended.all().update(ended_on=None, end_reason="", end_ground=None, ended_by=None)
    act.memberships_ended.all().update(left_on=None, left_by=None)
    act.households_closed.all().update(dissolved_on=None, dissolved_by=None)
    pairs = Q(first__in=entered) | Q(second__in=entered)
    DuplicatePair.objects.filter(pairs).delete()
    Resident.objects.filter(pk__in=entered).delete()
    _close_for_good(act)
    refresh_places(sorted(people - entered))


def _close_for_good(act):
    """Delete the households an act founded; acts undone before and requests answered let go."""
    opened = act.households_opened.all()
    for name in ("household", "other_household"):
        ResidenceAct.objects.filter(**{f"{name}__in": opened}).update(**{name: None})
    TransferRequest.objects.filter(household__in=opened).update(household=None)
    act.refresh_from_db()
    Household.objects.filter(pk__in=list(opened.values_list("pk", flat=True))).delete()


def merges_of(act, user=None):
    """List the merges of duplicates that an act's stays have gone through since, each a sentence
    with a link: they are taken back first, on their own pages."""
    rows = {*act.started.values_list("pk", "resident"), *act.ended.values_list("pk", "resident")}
    stays, people = {pk for pk, _ in rows}, {resident for _, resident in rows}
    pairs = DuplicatePair.objects.filter(
        Q(first__in=people) | Q(second__in=people),
        decision=DuplicatePair.Decision.SAME,
        decided_at__gt=act.created_at,
    )
    found = []
    for pair in pairs.order_by("pk"):
        moved = pair.moved
        gone = {pair.first_id, pair.second_id} - {moved.get("kept")}
        touched = stays.intersection(moved.get("residences", ()))
        if gone & people or touched or moved.get("act") == act.pk:
            if user is not None and not DuplicatePair.objects.visible_to(user).filter(pk=pair.pk):
                found.append(ELSEWHERE)
                continue
            url = reverse("duplicatepair-detail", args=[pair.pk])
            found.append(format_html('<a href="{}">gộp bản ghi trùng</a> ({})', url, pair))
    return found


ELSEWHERE = "có việc sau ở địa bàn khác (hỏi chỉ huy)"


def what_rests_on(act, user=None):
    """List what later rests on an act, each a sentence with a link; empty where it may be undone.

    What lies beyond the rows of `user` is told without a name. A handful of queries, whatever the
    number of people.
    """
    found = {}
    scope = Scope(whole_ward=True) if user is None else user.scope

    def say(key, sentence):
        found.setdefault(key, sentence)

    def later(row, other, words):
        place = other.neighbourhood_id if other is not None else row.neighbourhood_id
        if not scope.holds(place):
            say(("elsewhere",), ELSEWHERE)
        elif other is not None:
            label = f"{other.get_kind_display()} {text.format_date(other.happened_on)}"
            say(("act", other.pk), format_html("{} ({})", link(other, label), row.resident))
        else:
            say(("row", row.pk), format_html("{} {}", link(row.resident), words))

    mine = list(act.started.select_related("resident", "ended_by"))
    for row in mine:
        if row.ended_on and row.ended_by_id != act.pk:
            later(row, row.ended_by, f"đã kết thúc ngày {text.format_date(row.ended_on)}")
    ended = list(act.ended.select_related("resident", "household__dissolved_by"))
    _rows_after(act, ended, later)
    for row in ended:
        home = row.household
        if home and home.dissolved_on and home.dissolved_by_id != act.pk:
            say(("home", home.pk), format_html("hộ {} đã xoá", link(home, home.code)))
    _heads(act, mine, ended, say)
    for place in act.memberships_ended.select_related("group"):
        if place.group.dissolved_on:
            name = link(place.group)
            say(("group", place.group_id), format_html("tổ {} đã giải thể", name))
    _rosters(act, say)
    _what_hangs_on_people(act, say)
    _what_hangs_on_households(act, say)
    waiting = TransferRequest.objects.open().filter(members__residence__started_by=act)
    for request in waiting.distinct():
        say(("request", request.pk), format_html("đề nghị chuyển {}", link(request, request.code)))
    return list(found.values())


def _rosters(act, say):
    """Name the rosters of groups (an app that stands on this one) with lines about what it made."""
    lines = Residence._meta.get_field("roster_lines").related_model.objects
    own = Q(residence__started_by=act) | Q(household__in=act.households_opened.all())
    for line in lines.filter(own).select_related("roster__group"):
        told = link(line.roster, line.roster.code)
        say(("roster", line.roster_id), format_html("có dòng trong lần rà soát {}", told))


def _rows_after(act, ended, later):
    """Name the later stays of people whose stays would be open again."""
    since = {row.resident_id: row.ended_on for row in ended}
    if not since:
        return
    rows = Residence.objects.filter(resident__in=since, started_on__gte=min(since.values()))
    rows = rows.filter(Q(started_by=None) | ~Q(started_by=act))
    rows = rows.exclude(pk__in=[one.pk for one in ended])
    for row in rows.select_related("resident", "started_by"):
        stays = row.ended_on is None or row.ended_on > since[row.resident_id]
        if row.started_on >= since[row.resident_id] and stays:
            later(row, row.started_by, f"có cư trú từ {text.format_date(row.started_on)}")


def _heads(act, mine, ended, say):
    """Name households that would get a second head, or be left without one."""
    heads_back = {row.household_id for row in ended if row.relation == Relation.HEAD}
    heads_gone = {row.household_id for row in mine if row.relation == Relation.HEAD}
    homes = {home for home in heads_back | heads_gone if home}
    if not homes:
        return
    others = Residence.objects.current().filter(household__in=homes)
    others = others.filter(Q(started_by=None) | ~Q(started_by=act))
    for row in others.select_related("resident", "household"):
        home = row.household
        if row.household_id in heads_back & heads_gone:
            if (row.started_by_id or 0) < act.pk:
                continue  # he was there before: what he is to the old head is written
            sentence = format_html("hộ {} có thêm {}", link(home, home.code), link(row.resident))
        elif row.household_id in heads_back and row.relation == Relation.HEAD:
            sentence = format_html("hộ {} có chủ hộ mới", link(home, home.code))
        elif row.household_id in heads_gone and row.kind == Residence.Kind.PERMANENT:
            sentence = format_html("hộ {} còn {}", link(home, home.code), link(row.resident))
        else:
            continue
        say(("head", home.pk), sentence)


def _what_hangs_on_people(act, say):
    people = act.residents_entered.all()
    for person in people:
        if person.version > 1:
            say(("person", person.pk), format_html("{} đã được sửa sau đó", link(person)))
    rows = Residence.objects.filter(resident__in=people)
    rows = rows.filter(Q(started_by=None) | ~Q(started_by=act))
    for row in rows.select_related("resident"):
        words = f"có cư trú khác từ {text.format_date(row.started_on)}"
        say(("row", row.pk), format_html("{} {}", link(row.resident), words))
    for person in people.filter(absences__isnull=False).distinct():
        say(("absence", person.pk), format_html("{} có khai tạm vắng", link(person)))
    same = people.filter(Q(same_as__isnull=False) | Q(aliases__isnull=False)).distinct()
    for person in same:
        say(("alias", person.pk), format_html("{} đã gộp với bản ghi trùng", link(person)))


def _what_hangs_on_households(act, say):
    for home in act.households_opened.all():
        name = link(home, home.code)
        others = home.residences.filter(Q(started_by=None) | ~Q(started_by=act))
        if others.exists():
            say(("members", home.pk), format_html("hộ {} có người khác từng ở", name))
        if home.group_memberships.exists():
            say(("group", home.pk), format_html("hộ {} đã vào tổ liên gia", name))
        if home.stay_notices.exists():
            say(("stays", home.pk), format_html("hộ {} có thông báo lưu trú", name))
        for other in ResidenceAct.objects.of_household(home).standing().exclude(pk=act.pk):
            label = f"{other.get_kind_display()} {text.format_date(other.happened_on)}"
            say(("act", other.pk), format_html("{} (hộ {})", link(other, label), name))
        if home.transfer_requests.open().exists():
            say(("asked", home.pk), format_html("hộ {} có đề nghị chuyển", name))
