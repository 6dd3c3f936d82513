"""The yearly evaluation of groups, and the plans of weak ones.

Whoever may change the table of points, the chief alone, approves by it and sends back.
"""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import trail
from kylien.core.counts import count_all
from kylien.core.forms import is_key
from kylien.core.periods import Period
from kylien.core.records import PartView, RecordView, Role, ScopedMixin, new_mark
from selfgov_groups.evaluation_lists import ScoreFilterSet, ScoreTable, schemes_of
from selfgov_groups.forms import evaluation as forms
from selfgov_groups.models import GroupScore, ImprovementTask, ScoringScheme, SelfManagedGroup
from selfgov_groups.services import evaluation as services

ADD, CHANGE = "selfgov_groups.add_groupscore", "selfgov_groups.change_groupscore"
APPROVE = "selfgov_groups.change_scoringscheme"
ADD_TASK, CHANGE_TASK = (
    "selfgov_groups.add_improvementtask",
    "selfgov_groups.change_improvementtask",
)
State, Class = GroupScore.State, GroupScore.Class


def facts_of_year(group, year):
    return services.facts_of(group, Period(dt.date(year, 1, 1), dt.date(year + 1, 1, 1)))


def scheme_asked(request):
    """Return the table of points of the year named in an address, else the last one that has begun;
    None where there is none."""
    known = schemes_of(request)
    asked = request.GET.get("year", "")
    found = (one for one in known if str(one.year) == asked)
    begun = (one for one in known if one.year <= request.today.year)
    return next(found, None) or next(begun, None)


class ScoreView(RecordView):
    model = GroupScore
    table_class = ScoreTable
    filterset_class = ScoreFilterSet
    detail_fields = ("group", "scheme")
    url_prefix = "group-scores"
    people_per_row = 0
    title = "Xếp loại tổ liên gia"
    counted = "phiếu"
    roles = (Role.LIST, Role.DETAIL)
    empty_hint = "Lập phiếu cho mọi tổ bằng một lần bấm, rồi chấm từng tổ."

    def base_rows(self, rows):
        return rows.for_list() if self.role is Role.DETAIL else rows.by_class()

    def list_context(self):
        scheme, user = scheme_asked(self.request), self.request.user
        year = scheme.year if scheme else None
        rows = GroupScore.objects.visible_to(user).filter(scheme=scheme)
        counts = count_all(
            {
                State.SUBMITTED: rows.submitted(),
                "no_plan": rows.without_plan(),
                "plan_late": rows.improving_late(self.request.today),
                **{one: rows.filter(rated=one) for one in Class},
            }
        )
        told = (
            (State.SUBMITTED, "due", "chờ duyệt", {"state": State.SUBMITTED}),
            ("no_plan", "late", "chưa có kế hoạch củng cố", {"state": "no_plan"}),
            ("plan_late", "late", "củng cố quá hạn", {"state": "plan_late"}),
            *((one, "mute", one.label.lower(), {"rated": one}) for one in Class),
        )
        address = self.url(Role.LIST)
        return {
            "year": year,
            "waiting": [
                (counts[key], label, tone, f"{address}?{urlencode({'year': year, **query})}")
                for key, tone, label, query in told
                if counts[key]
            ],
            "missing": self.missing(scheme) if scheme and self.allows("add") else 0,
            "print_url": f"{reverse('groupscore-print-year')}?year={year}" if year else "",
            "schemes_url": (
                reverse("admin:selfgov_groups_scoringscheme_changelist")
                if user.has_perm(APPROVE)
                else ""
            ),
        }

    def missing(self, scheme):
        """Return how many of the user's groups have no score by the table yet."""
        groups = SelfManagedGroup.objects.visible_to(self.request.user)
        return services.groups_to_score(scheme, groups).count()

    def actions(self, obj):
        user, found = self.request.user, []

        def offer(name, label, icon, **more):
            url = reverse(f"groupscore-{name}", args=[obj.pk])
            found.append({"url": url, "label": label, "icon": icon, **more})

        offer("print", "In phiếu", "printer")
        if obj.state == State.SUBMITTED and user.has_perm(APPROVE):
            seen = (("version", obj.version),)
            sure = "Duyệt rồi thì phiếu và bảng chấm điểm không sửa được nữa. Duyệt?"
            offer(
                "approve", "Duyệt", "check", method="post", primary=True, confirm=sure, hidden=seen
            )
        return found

    def facts(self, obj):
        """The page has a head of its own."""
        return []

    def detail_context(self, obj):
        user, today = self.request.user, self.request.today
        made = {"user": user, "on": today}
        facts = {} if obj.is_approved else facts_of_year(obj.group, obj.scheme.year)
        form = forms.ScoreForm(instance=obj, facts=facts, **made)
        tasks = list(obj.improvements.select_related("owner")) if obj.is_approved else []
        may_plan = obj.needs_plan and user.has_perm(ADD_TASK)
        return {
            "title": f"Xếp loại {obj.group.name} năm {obj.scheme.year}",
            "steps": steps_of(obj),
            "badge": obj.state_badge(),
            "would_be": Class(obj.scheme.limits.class_of(obj.total)).label,
            "most": sum(one.max_points for one in form.criteria),
            "trend": obj.trend(),
            "rated_before": Class(obj.rated_before).label if obj.rated_before else "",
            "form": form,
            "may_fill": obj.is_draft and user.has_perm(CHANGE),
            "return_form": (
                forms.ReturnForm(instance=obj, prefix=ReturnScore.prefix, **made)
                if obj.state == State.SUBMITTED and user.has_perm(APPROVE)
                else None
            ),
            "tasks": [(task, task.badge(today)) for task in tasks],
            "may_change_task": user.has_perm(CHANGE_TASK),
            "task_form": (
                forms.TaskForm(instance=ImprovementTask(score=obj), prefix=AddTask.prefix, **made)
                if may_plan
                else None
            ),
            "once": new_mark(),
        }


@dataclass(frozen=True)
class Step:
    """A step on a score's way; `state` is done, now or next."""

    label: str
    state: str
    note: str = ""
    day: dt.date | None = None


def steps_of(score):
    """List how far a score has come."""
    order = [State.DRAFT, State.SUBMITTED, State.APPROVED]
    here = order.index(score.state)
    found = []
    for n, state in enumerate(order):
        how = "done" if n < here or score.is_approved else "now" if n == here else "next"
        note = f"Trả lại: {score.returned}" if n == 0 and score.returned else ""
        label = {State.DRAFT: "Chấm điểm", State.SUBMITTED: "Trình duyệt"}.get(state, "Duyệt")
        if state == State.APPROVED and score.is_approved:
            note = score.approved_by.full_name_label
        found.append(Step(label, how, note, score.approved_on if n == 2 else None))
    return found


class StartScores(ScopedMixin, View):
    """Start the year's scores of all the user's groups at once; asked again, of those missing."""

    model = GroupScore
    verb = "add"

    def post(self, request):
        asked = request.POST.get("year", "")
        scheme = ScoringScheme.objects.filter(year=asked).first() if is_key(asked) else None
        if scheme is None:
            raise Http404
        groups = SelfManagedGroup.objects.visible_to(request.user)
        try:
            made = services.start_scores(scheme=scheme, groups=groups)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            told = f"Đã lập {len(made)} phiếu năm {scheme.year}." if made else ""
            messages.success(request, told or f"Tổ nào cũng đã có phiếu năm {scheme.year}.")
        return HttpResponseRedirect(f"{reverse('groupscore-list')}?year={scheme.year}")


class FillScore(PartView):
    """Save the points of a score, from the form on its page; mistakes come back to that form."""

    model = GroupScore
    verb = "change"
    relations = ("group", "scheme")
    template = "selfgov_groups/score_form.html"

    def get(self, request, pk):
        part = self.target(self.rows)
        if not part.is_draft:
            raise PermissionDenied
        return self.page(part, self.form(part))

    def form(self, part, data=None):
        facts = facts_of_year(part.group, part.scheme.year)
        options = {"user": self.request.user, "on": self.request.today, "facts": facts}
        return forms.ScoreForm(data, instance=part, **options)

    def title(self, part):
        return f"Chấm điểm {part.group.name} năm {part.scheme.year}"

    def done(self, saved):
        if saved.state == State.SUBMITTED:
            return f"Đã trình duyệt: {saved.total} điểm."
        rated = Class(saved.scheme.limits.class_of(saved.total)).label.lower()
        return f"Đã lưu: {saved.total} điểm, tương ứng loại {rated}."


class ApproveScore(ScopedMixin, View):
    """Approve a score; from now on it stays as it is."""

    model = GroupScore
    rights = (APPROVE,)

    def post(self, request, pk):
        if not request.user.has_perms(self.rights):
            raise PermissionDenied
        score = self.row()
        seen = request.POST.get("version", "")
        if seen and seen != str(score.version):
            messages.error(request, "Phiếu vừa được sửa: xem lại rồi duyệt.")
            return HttpResponseRedirect(score.get_absolute_url())
        try:
            done = services.approve_score(score=score, user=request.user, on=request.today)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            rated = done.get_rated_display().lower()
            messages.success(request, f"Đã duyệt: {done.total} điểm, loại {rated}.")
        return HttpResponseRedirect(score.get_absolute_url())


class ReturnScore(PartView):
    """Send a score back to be mended, with the reason."""

    model = GroupScore
    rights = (APPROVE,)
    relations = ("group", "scheme")
    form_class = forms.ReturnForm
    prefix = "back"
    submit_label = "Trả lại"

    def title(self, part):
        return f"Trả lại phiếu của {part.group.name} năm {part.scheme.year}"

    def done(self, saved):
        return "Đã trả lại phiếu."


# --- the plan of a weak group ---------------------------------------------------------------------


class AddTask(PartView):
    """Add a task to the plan of a weak group, from the row on the score's page."""

    model = GroupScore
    rights = (ADD_TASK,)
    relations = ("group", "scheme")
    form_class = forms.TaskForm
    prefix = "task"
    anchor = "#plan"
    submit_label = "Thêm việc"
    once = True

    def part(self, row):
        return ImprovementTask(score=row)

    def record(self, part):
        return part.score

    def title(self, part):
        return f"Thêm việc củng cố {part.score.group.name}"

    def done(self, saved):
        return "Đã thêm việc củng cố."


class EditTask(PartView):
    model = ImprovementTask
    verb = "change"
    relations = ("score__group",)
    form_class = forms.TaskForm
    anchor = "#plan"

    def record(self, part):
        return part.score

    def title(self, part):
        return f"Sửa việc củng cố {part.score.group.name}"

    def done(self, saved):
        return "Đã lưu việc củng cố."


class FinishTask(EditTask):
    form_class = forms.FinishTaskForm
    submit_label = "Ghi kết quả"

    def title(self, part):
        return f"Kết quả: {part.content}"

    def done(self, saved):
        return "Đã ghi kết quả."


# --- on paper -------------------------------------------------------------------------------------


class PrintScore(ScopedMixin, View):
    """A group's score on A4, laid out after Nghị định 30/2020/NĐ-CP."""

    model = GroupScore

    def get(self, request, pk):
        rows = self.rows.for_list().select_related("approved_by")
        score = self.row(rows)
        lines = {line.criterion_id: line for line in score.lines.all()}
        day = score.approved_on or request.today
        trail().reading(GroupScore, "print", code=score.code)
        context = {
            "record": score,
            "score": score,
            "rows": [(one, lines.get(one.pk)) for one in score.scheme.criteria.all()],
            "tasks": score.improvements.select_related("owner"),
            "trend": score.trend(),
            "title": f"Phiếu xếp loại {score.code}",
            "subject": f"{score.group.name} năm {score.scheme.year}",
            "unit": Ward.objects.of(day),
            "dated": text.day_in_words(day),
        }
        return render(request, "selfgov_groups/score_sheet.html", context)


@dataclass(frozen=True)
class ListOfYear:
    """The list that a year's table leads back to."""

    url: str

    def __str__(self):
        return ScoreView.title

    def get_absolute_url(self):
        return self.url


class PrintYear(ScopedMixin, View):
    """The year's classes on A4: by class, then by the group's name."""

    model = GroupScore

    def get(self, request):
        scheme = scheme_asked(request)
        year = scheme.year if scheme else None
        rows = self.rows.filter(scheme=scheme).for_list().by_class()
        scores = list(rows)
        approved = [one for one in scores if one.is_approved]
        trail().reading(GroupScore, "print", rows=len(scores), filters={"Năm": str(year or "")})
        context = {
            "record": ListOfYear(f"{reverse('groupscore-list')}?year={year}" if year else "."),
            "year": year,
            "rows": [(one, one.trend()) for one in approved],
            "counts": [(one.label, sum(row.rated == one for row in approved)) for one in Class],
            "waiting": len(scores) - len(approved),
            "title": f"Bảng xếp loại tổ liên gia năm {year}"
            if year
            else "Bảng xếp loại tổ liên gia",
            "unit": Ward.objects.of(request.today),
            "dated": text.day_in_words(request.today),
        }
        return render(request, "selfgov_groups/score_year.html", context)


def part(route, view, name):
    return path(f"group-scores/{route}", view.as_view(), name=f"groupscore-{name}")


urlpatterns = [
    *ScoreView.get_urls(),
    part("start/", StartScores, "start"),
    part("print/", PrintYear, "print-year"),
    part("<int:pk>/edit/", FillScore, "update"),
    part("<int:pk>/approve/", ApproveScore, "approve"),
    part("<int:pk>/return/", ReturnScore, "return"),
    part("<int:pk>/print/", PrintScore, "print"),
    part("<int:pk>/tasks/", AddTask, "add-task"),
    path("improvement-tasks/<int:pk>/edit/", EditTask.as_view(), name="improvementtask-update"),
    path("improvement-tasks/<int:pk>/finish/", FinishTask.as_view(), name="improvementtask-finish"),
]
