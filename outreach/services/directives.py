"""Writing directives and their results; disasters, their duty roster and the help given."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from kylien.core import text
from outreach.models import Directive, Disaster, DutyShift

MOST_DAYS = 31  # of a roster written at once
MOVED = "Dòng này vừa được sửa ở nơi khác. Xem lại rồi bấm lần nữa."


# --- directives -----------------------------------------------------------------------------------


def follows_itself(pk, follows_pk, links):
    """Tell whether directive `pk` would follow itself through others, were it to follow
    `follows_pk`. `links`: which directive follows which, as `{pk: pk or None}`."""
    seen = set()
    while follows_pk is not None and follows_pk not in seen:
        if follows_pk == pk:
            return True
        seen.add(follows_pk)
        follows_pk = links.get(follows_pk)
    return False


@transaction.atomic
def save_directive(*, directive):
    """Write a directive, new or mended. Raises ValidationError (`follows`) where it would follow
    itself. The chain is locked, so that two edits at once cannot close a ring."""
    if directive.pk and directive.follows_id:
        links = dict(
            Directive.objects.select_for_update().order_by("pk").values_list("pk", "follows")
        )
        if follows_itself(directive.pk, directive.follows_id, links):
            raise ValidationError({"follows": "Văn bản không thể thực hiện chính nó."})
    directive.save()
    return directive


@transaction.atomic
def reopen(*, directive, version):
    """Take the result back. Raises ValidationError where there is none, or the row is not the
    `version` seen."""
    row = Directive.objects.select_for_update(of=("self",)).get(pk=directive.pk)
    if row.done_on is None:
        raise ValidationError("Văn bản này chưa ghi kết quả.")
    if str(row.version) != str(version):
        raise ValidationError(MOVED)
    row.done_on, row.result = None, ""
    row.save()
    return row


def tree_of(directive, links):
    """Return the keys of the whole tree that a directive stands in: what stands at its top, and all
    that follows from it, each with its depth, parents first. `links` as in `follows_itself`."""
    top, seen = directive, set()
    while links.get(top) is not None and top not in seen:
        seen.add(top)
        top = links[top]
    followers = {}
    for pk, follows in links.items():
        followers.setdefault(follows, []).append(pk)
    found, waiting, met = [], [(top, 0)], set()
    while waiting:
        pk, depth = waiting.pop()
        if pk in met:
            continue
        met.add(pk)
        found.append((pk, depth))
        waiting.extend((one, depth + 1) for one in reversed(followers.get(pk, [])))
    return found


# --- disasters ------------------------------------------------------------------------------------


def check_day(disaster, day, name):
    """Raise ValidationError (keyed by `name`) for a shift outside the days of its disaster."""
    if day < disaster.started_on:
        first = text.format_date(disaster.started_on)
        raise ValidationError({name: f"Đợt này bắt đầu ngày {first}."})
    if disaster.ended_on and day >= disaster.ended_on:
        last = text.format_date(disaster.ended_on)
        raise ValidationError({name: f"Đợt này hết từ ngày {last}."})


@transaction.atomic
def add_shifts(*, disaster, officers, day, last_day, hours, place):
    """Put officers on the roster: each of them on each day from `day` to `last_day` (with it; the
    one day if empty). Returns the shifts made.

    Raises ValidationError keyed by field: days outside the disaster's, too many days at once,
    a shift that an officer has already.
    """
    disaster = Disaster.objects.select_for_update().get(pk=disaster.pk)
    last_day = last_day or day
    if last_day < day:
        raise ValidationError({"last_day": "Ngày cuối không thể trước ngày đầu."})
    if (last_day - day).days >= MOST_DAYS:
        raise ValidationError({"last_day": f"Mỗi lần lập không quá {MOST_DAYS} ngày."})
    check_day(disaster, day, "day")
    check_day(disaster, last_day, "last_day")
    hours = text.clean(hours)
    days = [day + dt.timedelta(days=n) for n in range((last_day - day).days + 1)]
    taken = disaster.shifts.filter(day__in=days, hours=hours, officer__in=officers)
    if again := taken.select_related("officer").order_by("day", "pk").first():
        told = f"{again.officer} đã có ca {hours} ngày {text.format_date(again.day)}."
        raise ValidationError({"officers": told})
    return DutyShift.objects.bulk_create(
        DutyShift(disaster=disaster, day=one, hours=hours, officer=officer, place=place)
        for one in days
        for officer in officers
    )


@transaction.atomic
def save_shift(*, shift):
    """Mend a shift. Raises ValidationError for a day outside the disaster's."""
    shift.disaster = Disaster.objects.select_for_update().get(pk=shift.disaster_id)
    check_day(shift.disaster, shift.day, "day")
    shift.save()
    return shift
