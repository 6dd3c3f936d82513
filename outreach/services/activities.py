"""The year's plan, sessions and what was asked there.

Keyword-only; `on` is today. Raises ValidationError, its sentences keyed by field, where a rule or
another desk stands in the way.
"""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from kylien.core import text
from kylien.core.periods import Quarter
from outreach.models import Activity, ActivityPartner, PlanItem, Question, Topic

ANSWER_DAYS = 30  # until when a question is to be answered, unless it says otherwise
WITHOUT_MATERIAL = "Buổi này chưa có tài liệu."
WITHOUT_QUESTIONS = "Buổi này chưa ghi ý kiến nào."


def shortfalls(*, activity, questions):
    """List in words what a session that was held lacks; `questions` is how many were asked."""
    if not activity.held_on:
        return []
    lacks = ((not activity.material_id, WITHOUT_MATERIAL), (not questions, WITHOUT_QUESTIONS))
    return [sentence for lacking, sentence in lacks if lacking]


def answer_by(held_on):
    """Return the day until which what was asked on `held_on` is answered, unless it is told."""
    return held_on + dt.timedelta(days=ANSWER_DAYS)


def _lock(activity):
    """Lock an activity. Raises ValidationError where another desk has called it off meanwhile."""
    if not activity.pk:
        return None
    stands = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if stands.cancelled_on:
        raise ValidationError("Buổi này đã huỷ.")
    return stands


@transaction.atomic
def save(*, activity, partners, questions=(), on):
    """Write an activity, planned or held, with who took part and what was asked; return it.

    Raises ValidationError for a day of holding after `on`, and for questions where nothing was
    held.
    """
    _lock(activity)
    if activity.held_on and activity.held_on > on:
        raise ValidationError({"held_on": "Ngày tổ chức không thể sau hôm nay."})
    if questions and not activity.held_on:
        raise ValidationError({"held_on": "Có ý kiến thì ghi ngày tổ chức."})
    activity.full_clean()
    activity.save()
    _set_partners(activity, partners)
    for question in questions:
        question.activity = activity
        question.due_on = question.due_on or answer_by(activity.held_on)
        _check_question(question)
        question.full_clean(exclude=["activity"])
    Question.objects.bulk_create(questions)
    return activity


def hold(*, activity, partners, questions, on):
    """Note that a planned activity was held (`held_on`, `attendance` and the rest set); return it.

    Raises ValidationError where another desk has noted it already, and as `save()` does.
    """
    with transaction.atomic():
        stands = _lock(activity)
        if stands.held_on:
            day = text.format_date(stands.held_on)
            raise ValidationError(f"Đã ghi tổ chức ngày {day} rồi.")
        return save(activity=activity, partners=partners, questions=questions, on=on)


def _set_partners(activity, partners):
    """Let exactly these partners have taken part; who led is none of them."""
    wanted = {partner.pk for partner in partners} - {activity.lead_id}
    rows = list(activity.takers.all())
    for row in rows:
        if row.partner_id not in wanted:
            row.delete()
    new = wanted - {row.partner_id for row in rows}
    ActivityPartner.objects.bulk_create(
        [ActivityPartner(activity=activity, partner_id=key) for key in sorted(new)]
    )


@transaction.atomic
def call_off(*, activity, on):
    """Call a planned activity off (`cancelled_on` set); return it.

    Raises ValidationError where it was held or called off meanwhile, or for a day after `on`.
    """
    if _lock(activity).held_on:
        raise ValidationError("Buổi này đã tổ chức.")
    if activity.cancelled_on > on:
        raise ValidationError({"cancelled_on": "Ngày huỷ không thể sau hôm nay."})
    activity.save(update_fields=["cancelled_on"])
    return activity


@transaction.atomic
def take_back(*, activity):
    """Take back that an activity was called off; return it, planned as before."""
    stands = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if stands.cancelled_on:
        stands.cancelled_on = None
        stands.save(update_fields=["cancelled_on"])
    return stands


def _check_question(question):
    """A question is asked and answered no earlier than its session was held, and by somebody who
    sees it."""
    held, area = question.activity.held_on, question.activity.neighbourhood_id
    errors = {}
    if question.due_on and question.due_on < held:
        errors["due_on"] = "Hạn không thể trước ngày tổ chức."
    if question.done_on and question.done_on < held:
        errors["done_on"] = "Không thể xong trước ngày tổ chức."
    before = Question.objects.filter(pk=question.pk).first() if question.pk else None
    if question.owner_id and (before is None or before.owner_id != question.owner_id):
        scope = question.owner.scope
        if not (scope.holds(area) if area else scope.whole_ward or scope.neighbourhood_ids):
            errors["owner"] = "Cán bộ này không phụ trách tổ dân phố của buổi này."
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def save_question(*, question):
    """Write a question of a session that was held; return it.

    Raises ValidationError where nothing was held, for days before the session, and for an owner
    who does not see it.
    """
    activity = Activity.objects.select_for_update(of=("self",)).get(pk=question.activity_id)
    if not activity.held_on:
        raise ValidationError("Buổi này chưa tổ chức.")
    question.activity = activity
    question.due_on = question.due_on or answer_by(activity.held_on)
    _check_question(question)
    question.save()
    return question


@transaction.atomic
def plan_year(*, topic, audience, year, cells, days, lead=None, note=""):
    """Plan a topic for an audience in many neighbourhoods and quarters; return the new items.

    `cells` holds `(neighbourhood or None, quarter number)`, `days` the due day of each number. What
    the plan of a quarter has already is left as it is, so nothing is doubled. Raises
    ValidationError for a day outside its quarter.
    """
    for number in {number for _, number in cells}:
        period = Quarter(year, number).period
        if not period.start <= days[number] < period.end:
            label = Quarter(year, number).label.lower()
            raise ValidationError({f"due_{number}": f"Hạn phải trong {label}."})
    Topic.objects.select_for_update().get(pk=topic.pk)  # two desks that plan the same wait here
    known = set(planned_cells(topic=topic, audience=audience, year=year))
    made = [
        PlanItem(
            year=year,
            topic=topic,
            audience=audience,
            neighbourhood=area,
            due_on=days[number],
            lead=lead,
            note=note,
        )
        for area, number in cells
        if (area.pk if area else None, number) not in known
    ]
    for item in made:
        item.full_clean()
    return PlanItem.objects.bulk_create(made)


def planned_cells(*, topic, audience, year, rows=None):
    """Return `{(neighbourhood key or None, quarter number): [items]}` of a year's plan."""
    rows = PlanItem.objects.all() if rows is None else rows
    found = {}
    for item in rows.filter(topic=topic, audience=audience, year=year).order_by("due_on", "pk"):
        number = Quarter.containing(item.due_on).number
        found.setdefault((item.neighbourhood_id, number), []).append(item)
    return found
