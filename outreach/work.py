"""What there is to do in outreach: the plan, sessions to hold, questions to answer."""

from django.db.models import CharField, Q, Value
from django.db.models.functions import Concat

from kylien.core.work import Work, page_of
from outreach.joint_work import JOINT_WORK
from outreach.models import Activity, PlanItem, Question

PLAN_DAYS, SESSION_DAYS, QUESTION_DAYS = 30, 7, 7  # how many days ahead the home page looks


def open_plan(user, on, until):
    return PlanItem.objects.visible_to(user).due(on, until)


def planned_sessions(user, on, until):
    return Activity.objects.visible_to(user).planned().filter(planned_on__lte=until)


def open_questions(user, on, until):
    return Question.objects.visible_to(user).due(on, (until - on).days)


WORK = (
    Work(
        kind="outreach-plan",
        label="Kế hoạch tuyên truyền",
        permission="outreach.view_planitem",
        rows=open_plan,
        day="due_on",
        name="topic__name",
        detail="code",
        url=page_of(PlanItem),
        soon=PLAN_DAYS,
    ),
    Work(
        kind="activity",
        label="Buổi tuyên truyền",
        permission="outreach.view_activity",
        rows=planned_sessions,
        day="planned_on",
        name="topic__name",
        detail=Concat("code", Value(" · "), "place", output_field=CharField()),
        url=page_of(Activity),
        soon=SESSION_DAYS,
    ),
    Work(
        kind="question",
        label="Trả lời ý kiến",
        permission="outreach.view_question",
        rows=open_questions,
        day="due_on",
        name="content",
        detail=Concat("code", Value(" · "), "activity__topic__name", output_field=CharField()),
        area="activity__neighbourhood",
        url=page_of(Question),
        assigned=lambda officer: Q(owner=officer),
        soon=QUESTION_DAYS,
    ),
    *JOINT_WORK,
)
