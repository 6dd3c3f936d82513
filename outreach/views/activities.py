"""Sessions: planned, held, called off; what was asked there."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.views.generic import View

from kylien.core import text
from kylien.core.records import PartView, RecordView, Role, ScopedMixin
from outreach import filters, tables
from outreach.forms import activities as forms
from outreach.models import Activity, PlanItem, Question
from outreach.services import activities as services
from outreach.views.shown import StateFirst

ADD_QUESTION, CHANGE_QUESTION = "outreach.add_question", "outreach.change_question"
CHANGE_ACTIVITY = "outreach.change_activity"


class ActivityView(StateFirst, RecordView):
    model = Activity
    table_class = tables.ActivityTable
    filterset_class = filters.ActivityFilterSet
    form_class = forms.ActivityForm
    detail_fields = (
        "topic",
        "audience",
        "neighbourhood",
        "group",
        "form",
        "place",
        "planned_on",
        "held_on",
        "cancelled_on",
        "lead",
        "material",
        "attendance",
        "plan",
        "campaign",
        "summary",
    )
    url_prefix = "activities"
    people_per_row = 0
    title = "Hoạt động tuyên truyền"
    counted = "buổi"
    create_label = "Ghi buổi tuyên truyền"
    empty_hint = "Ghi buổi dự kiến từ mục kế hoạch, hoặc ghi buổi đã tổ chức."

    def base_rows(self, rows):
        return rows.by_day()

    def row(self, rows=None):
        rows = self.rows if rows is None else rows
        return super().row(
            rows.select_related(
                "topic", "neighbourhood", "plan__topic", "commitment__resolution", "lead"
            )
        )

    def initial(self):
        """Begin from an item of the plan: `?plan=KH-2026-00012`."""
        given = super().initial()
        rows = PlanItem.objects.visible_to(self.request.user)
        plan = rows.filter(code=given.get("plan", "").upper()[:20]).first()
        if plan is None:
            return given
        names = ("topic", "audience", "neighbourhood", "lead")
        taken = {name: plan.serializable_value(name) for name in names}
        return {"planned_on": max(plan.due_on, self.request.today), **taken, **given}

    def actions(self, obj):
        """Offer the acts that fit the state alone."""
        user, found = self.request.user, super().actions(obj)
        if not (user.has_perm(CHANGE_ACTIVITY) and obj.kept_by(user)):
            return found
        if obj.cancelled_on:
            url = reverse("activity-take-back", args=[obj.pk])
            found.append({"url": url, "label": "Bỏ huỷ", "icon": "undo-2", "method": "post"})
        elif not obj.held_on:
            url = reverse("activity-call-off", args=[obj.pk])
            found.append({"url": url, "label": "Huỷ buổi này", "icon": "x"})
            url = reverse("activity-hold", args=[obj.pk])
            found.append(
                {
                    "url": url,
                    "label": "Ghi đã tổ chức",
                    "icon": "clipboard-check",
                    "primary": True,
                }
            )
        return found

    def detail_context(self, obj):
        on, user = self.request.today, self.request.user
        rows = obj.questions.select_related("owner").order_by("due_on", "pk")
        questions = [(row, row.badge(on)) for row in rows]
        may_ask = bool(obj.held_on) and user.has_perm(ADD_QUESTION)
        takers = obj.takers.select_related("partner").order_by("partner__sort_key", "pk")
        return {
            "title": f"{obj.get_form_display()}: {obj.topic}",
            "subtitle": obj.area_label,
            "lacks": services.shortfalls(activity=obj, questions=len(questions)),
            "commitment": obj.commitment,
            "partners": [row.partner for row in takers],
            "questions": questions,
            "may_answer": user.has_perm(CHANGE_QUESTION),
            "ask_url": reverse("activity-ask", args=[obj.pk]) if may_ask else "",
        }


class SessionAct(PartView):
    """An act on a session that is still to be held."""

    model = Activity
    verb = "change"
    relations = ("topic", "neighbourhood", "group")
    once = True

    def get(self, request, pk):
        """Show the form; where it was held, the session's page."""
        part = self.target(self.rows)
        if part.held_on:
            return HttpResponseRedirect(part.get_absolute_url())
        return self.page(part, self.form(part))

    def part(self, row):
        if row.cancelled_on or not row.kept_by(self.request.user):
            raise PermissionDenied
        return row

    def page_context(self, part):
        day = text.format_date(part.planned_on) if part.planned_on else ""
        return {"subtitle": f"{part.topic}, {part.area_label}. {part.place}. Dự kiến {day}"}


class Hold(SessionAct):
    form_class = forms.HoldForm
    template = "outreach/activity_hold.html"
    submit_label = "Ghi đã tổ chức"

    def title(self, part):
        return f"Ghi đã tổ chức {part.code}"

    def done(self, saved):
        return f"Đã ghi tổ chức {saved.code}."


class CallOff(SessionAct):
    form_class = forms.CallOffForm
    submit_label = "Huỷ buổi này"

    def title(self, part):
        return f"Huỷ buổi {part.code}"

    def done(self, saved):
        return f"Đã huỷ {saved.code}."


class TakeBack(ScopedMixin, View):
    """Take back that a session was called off."""

    model = Activity
    verb = "change"

    def post(self, request, pk):
        activity = self.row()
        if not activity.kept_by(request.user):
            raise PermissionDenied
        services.take_back(activity=activity)
        messages.success(request, f"Đã bỏ huỷ {activity.code}.")
        return HttpResponseRedirect(activity.get_absolute_url())


# --- questions ------------------------------------------------------------------------------------


class Ask(PartView):
    """Write down a further question of a session that was held."""

    model = Activity
    rights = (ADD_QUESTION,)
    relations = ("topic", "neighbourhood")
    form_class = forms.QuestionForm
    anchor = "#questions"
    submit_label = "Ghi ý kiến"
    locks = False  # the service locks the session
    once = True

    def base_rows(self, rows):
        return rows.held()

    def part(self, row):
        if not row.kept_by(self.request.user):
            raise PermissionDenied
        return Question(activity=row)

    def record(self, part):
        return part.activity

    def page_context(self, part):
        return {"subtitle": f"{part.activity}. Không ghi tên người nêu ý kiến."}

    def title(self, part):
        return f"Ghi ý kiến: {part.activity.code}"

    def done(self, saved):
        return f"Đã ghi ý kiến {saved.code}."


class QuestionView(StateFirst, RecordView):
    model = Question
    table_class = tables.QuestionTable
    filterset_class = filters.QuestionFilterSet
    form_class = forms.QuestionForm
    roles = (Role.LIST, Role.DETAIL, Role.UPDATE)
    detail_fields = ("content", "activity", "owner", "owner_body", "due_on", "done_on", "result")
    url_prefix = "questions"
    people_per_row = 0
    title = "Ý kiến của nhân dân"
    counted = "ý kiến"
    empty_hint = "Ý kiến nêu tại các buổi tuyên truyền, ghi ngay trên trang của buổi đó."

    def row(self, rows=None):
        rows = self.rows if rows is None else rows
        related = ("activity__topic", "activity__neighbourhood", "owner")
        return super().row(rows.select_related(*related))

    def actions(self, obj):
        found = super().actions(obj)
        if answers(obj, self.request.user):
            label = "Sửa kết quả" if obj.done_on else "Ghi kết quả trả lời"
            url = reverse("question-answer", args=[obj.pk])
            primary = obj.done_on is None
            found.append({"url": url, "label": label, "icon": "check", "primary": primary})
        return found

    def detail_context(self, obj):
        return {"title": f"Ý kiến {obj.code}", "subtitle": obj.activity.area_label}


def answers(question, user):
    """Tell whether a user may note the answer: who keeps the session, and who owns the question."""
    own = question.owner_id == user.pk or question.activity.kept_by(user)
    return own and user.has_perm(CHANGE_QUESTION)


class Answer(PartView):
    """Note when a question was answered, and how."""

    model = Question
    verb = "change"
    relations = ("activity__topic", "activity__neighbourhood")
    form_class = forms.AnswerForm
    submit_label = "Ghi kết quả"
    once = True

    def part(self, row):
        if not answers(row, self.request.user):
            raise PermissionDenied
        return row

    def title(self, part):
        return f"Kết quả trả lời {part.code}"

    def page_context(self, part):
        return {"subtitle": f"{part.content} (hạn {text.format_date(part.due_on)})"}

    def done(self, saved):
        if saved.done_on is None:
            return f"Đã bỏ kết quả của {saved.code}."
        return f"Đã ghi kết quả của {saved.code}."


def part(route, view, name):
    return path(f"activities/<int:pk>/{route}/", view.as_view(), name=f"activity-{name}")


urlpatterns = [
    *ActivityView.get_urls(),
    part("hold", Hold, "hold"),
    part("call-off", CallOff, "call-off"),
    part("take-back", TakeBack, "take-back"),
    part("questions/create", Ask, "ask"),
    *QuestionView.get_urls(),
    path("questions/<int:pk>/answer/", Answer.as_view(), name="question-answer"),
]
