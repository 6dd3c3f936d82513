"""The report of a month: its page, and the acts from its first word to its publication."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.http import Http404, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.views.generic import View

from kylien.core.records import PartView, RecordView, Role, ScopedMixin
from kylien.core.text import due_badge, format_date, format_number
from reports import sentences
from reports.content import WARD, Content, adjustments
from reports.disclosure import SMALL_NOTE, WITHHELD, Shown
from reports.figures import Reading, figures
from reports.forms import monthly as forms
from reports.models import MonthlyReport, ReportText
from reports.outline import BY_KEY, CHARTS, PARTS, part_title
from reports.published import chart
from reports.services import monthly as services
from reports.views.months import month_asked
from reports.views.remarks import remarks_context

State = MonthlyReport.State
SUBMIT, WRITE = "reports.change_monthlyreport", "reports.change_reporttext"


# --- proposed sentences ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """A sentence that the figures give a part; `old` is what stands in the text since they changed.

    Without `words` the figures give no such sentence any more.
    """

    key: str
    words: str
    old: str = ""


def proposed(content: Content) -> dict[str, dict[str, str]]:
    """Return the sentences that the figures give now, `{part: {key: words}}`, as leaders may read
    them."""
    told = Content(content.data, aggregate=True)
    found = {}
    for sentence, words in sentences.propose(told.now, told.previous):
        found.setdefault(sentence.part, {})[sentence.key] = words
    return found


def proposals(text: ReportText, given: dict[str, str], again: bool) -> tuple[list[Proposal], bool]:
    """Return what is proposed for a part, and whether there are others that were laid aside:
    declined, or taken out of the text again. These are proposed too if `again`."""
    found, aside = [], False
    for key, words in given.items():
        taken = text.taken.get(key)
        if services.stands(words, text.text):
            continue
        if taken and services.stands(taken, text.text):
            found.append(Proposal(key, words, taken))
        elif taken is None or again:
            found.append(Proposal(key, words))
        else:
            aside = True
    found += [
        Proposal(key, "", taken)
        for key, taken in text.taken.items()
        if key not in given and taken and services.stands(taken, text.text)
    ]
    return found, aside


# --- the page -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A step on a report's way; `state` is done, now or wait."""

    label: str
    state: str
    who: str = ""
    at: dt.datetime | None = None


def steps_of(report: MonthlyReport) -> list[Step]:
    """List how far a report has come, with who did it and when."""
    order = [State.SUBMITTED, State.APPROVED, State.PUBLISHED]
    here = order.index(report.state) + 1 if report.state in order else 0
    told = (
        ("Soạn", report.created_by, report.created_at),
        ("Trình duyệt", report.submitted_by, report.submitted_at),
        ("Duyệt", report.approved_by, report.approved_at),
        ("Phát hành", None, report.published_at),
    )
    found = []
    for n, (label, who, at) in enumerate(told):
        reached = n == 0 or n <= here
        state = "done" if n < here or here == len(order) else "now" if n == here else "wait"
        name = who.full_name_label if who and reached else ""
        found.append(Step(label, state, name, at if reached else None))
    return found


CALM = dt.timedelta(days=3)  # a day further off is no cause for amber


def badge_of_due(report: MonthlyReport, on: dt.date) -> tuple[str, str]:
    """Return how far off the due day is: `(tone, word)`."""
    tone, word = due_badge(report.due_on, on)
    return "mute" if report.due_on - on >= CALM else tone, word


def drawn(content: Content) -> list[dict]:
    """Draw the charts of a report, each with its numbers; see `reports.published.chart`."""
    months = content.chart_months()
    shown = {str(month): content.chart(month) for month in months}
    labels = {row["key"]: row["label"] for row in content.figures}
    return [chart(title, keys, labels, months, shown) for title, keys in CHARTS]


def mended(report: MonthlyReport, content: Content, linked: bool) -> list[dict]:
    """Return what was mended since the report was approved, as its reader may see it; with the
    lists of today's rows if `linked`."""
    found = adjustments(report)
    if not content.aggregate:
        return [
            {
                **row,
                "then": format_number(row["then"]),
                "now": WITHHELD if row["now"] is None else format_number(row["now"]),
                "link": row["link"] if linked else "",
            }
            for row in found
        ]
    changed = {row["key"]: row["now"] for row in found}
    numbers = {key: changed.get(key, number) for key, number in content.now.numbers.items()}
    counted = {key: number for key, number in numbers.items() if number is not None}
    now = Shown(counted, True, content.data["sums"], content.data["pairs"])
    # One hidden number among those mended could be reckoned from how the others changed.
    hidden = not changed.keys().isdisjoint(content.now.hidden | now.hidden)
    return [
        {
            "label": row["label"],
            "then": content.now[row["key"]],
            "now": WITHHELD if hidden else now.get(row["key"]) or WITHHELD,
            "link": "",
        }
        for row in found
        if content.now[row["key"]] != now.get(row["key"])
    ]


class MonthlyReportView(RecordView):
    model = MonthlyReport
    detail_fields = ("created_by", "submitted_by", "approved_by", "document")
    url_prefix = "monthly-reports"
    title = "Báo cáo tháng"
    roles = (Role.DETAIL,)

    def url(self, role, *args):
        """The list of reports is that of the months."""
        return reverse("report-list") if role is Role.LIST else super().url(role, *args)

    def base_rows(self, rows):
        texts = ReportText.objects.select_related("written_by")
        return rows.select_related("frozen__by", "document__signer").prefetch_related(
            Prefetch("texts", texts)
        )

    def facts(self, obj):
        """The page has a head of its own."""
        return []

    def actions(self, obj):
        user, found = self.request.user, []
        if obj.state == State.SUBMITTED and user.has_perm(services.APPROVE):
            found.append(
                {"url": "#review", "label": "Duyệt, trả lại", "icon": "check", "primary": True}
            )
        if obj.is_open and user.has_perm(SUBMIT) and not self.hindrance(obj):
            found.append(post_button(obj, "submit", "Trình duyệt", "send"))
        if obj.state == State.APPROVED and user.has_perm(services.APPROVE):
            sure = "Phát hành rồi thì lãnh đạo phường đọc được, không thu hồi. Phát hành?"
            found.append(post_button(obj, "publish", "Phát hành", "megaphone", confirm=sure))
        return found

    def hindrance(self, obj):
        """Tell whether something must be waited for or written before the report is submitted."""
        return not obj.as_month.is_over(self.request.today) or self.missing(obj)

    def missing(self, obj):
        """List the parts that must be written and are empty: `(key, title)`."""
        written = {row.part for row in obj.texts.all() if row.text.strip()}
        empty = (part for part in PARTS if part.must and part.key not in written)
        return [(part.key, part_title(part)) for part in empty]

    def detail_context(self, obj):
        user, today = self.request.user, self.request.today
        content = Content.of(obj, aggregate=user.is_leader)
        frozen = obj.frozen if obj.is_frozen else None
        open_ = not frozen
        may_review = obj.state == State.SUBMITTED and user.has_perm(services.APPROVE)
        return {
            "title": str(obj),
            "month": content.month,
            "content": content,
            "badge": obj.badge(),
            "steps": steps_of(obj),
            "due": badge_of_due(obj, today) if open_ else None,
            "unfinished": open_ and not obj.as_month.is_over(today),
            "missing": self.missing(obj) if open_ else [],
            "note": SMALL_NOTE if content.aggregate else "",
            "chapters": self.chapters(obj, content),
            "charts": drawn(content),
            "frozen": frozen,
            "broken": obj.is_broken,
            "mended": mended(obj, content, self.linked) if frozen else [],
            "rules": [
                {**rule, "since": format_date(dt.date.fromisoformat(rule["valid_from"]))}
                for rule in content.data.get("rules", [])
            ],
            "may_address": user.has_perm(SUBMIT) and obj.state in services.writable(user),
            **(self.review(obj) if may_review else {}),
            **remarks_context(self.request, obj),
        }

    def review(self, obj):
        """Return the forms by which a submitted report is approved or sent back."""
        made = {"instance": obj, "user": self.request.user, "on": self.request.today}
        return {
            "approve_form": forms.ApproveForm(prefix=Approve.prefix, **made),
            "return_form": forms.ReturnForm(prefix=SendBack.prefix, **made),
        }

    def chapters(self, obj, content):
        """List the outline: `{title, parts}`, each part with its text, figures and proposals."""
        user = self.request.user
        may_write = user.has_perm(WRITE) and obj.state in services.writable(user)
        given = proposed(content) if may_write else {}
        texts = {row.part: row for row in obj.texts.all()}
        links, reported = self.links(content), self.reported(content)
        found = {}
        for part in content.outline:
            key, text = part["key"], texts.get(part["key"])
            offered, aside = [], False
            if may_write and text:
                again = self.request.GET.get("again") == key
                offered, aside = proposals(text, given.get(key, {}), again)
            rows = [
                {**row, **links.get(row["key"], {}), "note": reported.get(row["key"], "")}
                for row in content.rows(key)
            ]
            found.setdefault(part["chapter"], []).append(
                {
                    **part,
                    "text": content.texts.get(key, ""),
                    "row": text if not obj.is_frozen else None,
                    "must": key in BY_KEY and BY_KEY[key].must,
                    "hint": BY_KEY[key].hint if key in BY_KEY else "",
                    "rows": rows,
                    "proposals": offered,
                    "aside": aside,
                    "edit_url": (
                        reverse("reporttext-edit", args=[obj.pk, key]) if may_write and text else ""
                    ),
                }
            )
        return [{"title": title, "parts": parts} for title, parts in found.items()]

    @property
    def linked(self):
        """Tell whether figures link to their lists: not for those who see a part of the ward, or
        numbers alone."""
        return self.request.user.scope.whole_ward and not self.request.user.is_leader

    def links(self, content):
        """Return the addresses of the lists behind each figure."""
        month = content.month
        if not self.linked:
            return {}
        readings = {
            "url": Reading(WARD, month),
            "previous_url": Reading(WARD, month.previous()),
            "last_year_url": Reading(WARD, month.same_month_last_year()),
        }
        return {
            figure.key: {name: figure.link(reading) for name, reading in readings.items()}
            for figure in figures()
        }

    def reported(self, content):
        """Tell of figures whose month before was reported otherwise: `{key: sentence}`."""
        before = content.month.previous()
        rows = MonthlyReport.objects.visible_to(self.request.user).of(before)
        report = rows.filter(state__in=MonthlyReport.FROZEN, start_day=before.start_day)
        report = report.select_related("frozen").first()
        if report is None:
            return {}
        then = Content(report.frozen.read(), content.aggregate).now
        return {
            key: f"kỳ trước đã báo cáo {then[key]}"
            for key in content.previous.numbers
            if key in then.numbers and then[key] != content.previous[key]
        }


def post_button(report, name, label, icon, **more):
    url = reverse(f"monthlyreport-{name}", args=[report.pk])
    return {"url": url, "label": label, "icon": icon, "method": "post", "primary": True, **more}


# --- writing --------------------------------------------------------------------------------------


class BeginReport(ScopedMixin, View):
    """Begin the report of a month from the page of its figures."""

    model = MonthlyReport
    verb = "add"

    def post(self, request, month):
        wanted = month_asked(month)
        try:
            report = services.begin(month=wanted, user=request.user, on=request.today)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            report = self.rows.of(wanted).first()
        else:
            messages.success(request, f"Đã lập {report}.")
        return HttpResponseRedirect(report.get_absolute_url() if report else reverse("report-list"))


class ReportPart(PartView):
    """A form about a report; where the report has left the states for it, the form does not open
    and what is sent is refused, both with the reason."""

    model = MonthlyReport
    verb = "change"

    def get(self, request, *args, **kwargs):
        part = self.target(self.rows)
        form = self.form(part)
        if form.refused():
            messages.error(request, form.refused())
            return HttpResponseRedirect(self.record(part).get_absolute_url())
        return self.page(part, form)


class EditText(ReportPart):
    """Write a part of the report, its figures and the sentences they give beside it."""

    model = ReportText
    form_class = forms.TextForm
    relations = ("report",)
    template = "reports/reporttext_form.html"

    def post(self, request, pk, part):
        return self.write()

    def row(self, rows=None):
        rows = self.rows if rows is None else rows
        report, part = self.kwargs["pk"], self.kwargs["part"]
        found = rows.filter(report=report, part=part).first() if report < 2**63 else None
        if found is None or part not in BY_KEY:
            raise Http404
        return found

    def write(self):
        """Lock the report before its text, as the services do."""
        with transaction.atomic():
            MonthlyReport.objects.select_for_update().get(pk=self.row().report_id)
            return super().write()

    def record(self, part):
        return part.report

    def form(self, part, data=None):
        wanted = data is not None and data.get("take")
        given = self.given(part) if wanted else {}
        options = {"user": self.request.user, "on": self.request.today, "proposed": given}
        return self.form_class(data, instance=part, **options)

    @cached_property
    def content(self):
        return Content.of(self.row(self.rows.select_related("report")).report)

    def given(self, part):
        return proposed(self.content).get(part.part, {})

    def title(self, part):
        return f"{part_title(BY_KEY[part.part])}: {part.report.label.lower()}"

    def done(self, saved):
        return "Đã lưu."

    def after(self, part, saved):
        """Lead back to the part on the report's page; to the form where a sentence was added."""
        if self.request.POST.get("take"):
            return self.request.path
        return f"{part.report.get_absolute_url()}#{part.part}"

    def page_context(self, part):
        # A form that was refused has put what was typed into `part`.
        stands = ReportText(text=self.content.texts.get(part.part, ""), taken=part.taken)
        offered, _ = proposals(stands, self.given(part), again=True)
        return {
            "rows": self.content.rows(part.part),
            "proposals": [] if part.report.is_frozen else offered,
        }


class TakeSentence(EditText):
    """Accept a proposed sentence into its part, or decline it."""

    def get(self, request, *args, **kwargs):
        return self.http_method_not_allowed(request)

    def post(self, request, pk, part):
        text = self.target(self.rows)
        key, words = request.POST.get("key", ""), request.POST.get("words", "")
        accept = request.POST.get("do") == "accept"
        if not any(one.key == key and one.part == part for one in sentences.SENTENCES):
            raise Http404
        back = HttpResponseRedirect(f"{text.report.get_absolute_url()}#{part}")
        reason = services.refusal(text.report, *services.writable(request.user))
        if not reason and accept and words != self.given(text).get(key):
            reason = forms.FIGURES_CHANGED
        if reason:
            messages.error(request, reason)
            return back
        try:
            services.take_sentence(
                text=text, key=key, words=words, accept=accept, user=request.user
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            done = "Đã nhận câu vào báo cáo." if accept else "Đã bỏ câu đề xuất."
            messages.success(request, done)
        return back


class EditRecipients(ReportPart):
    form_class = forms.RecipientsForm

    def title(self, part):
        return f"Nơi nhận {part.label.lower()}"

    def done(self, saved):
        return "Đã lưu nơi nhận."


# --- on its way -----------------------------------------------------------------------------------


class ReportAct(ScopedMixin, View):
    """A button on the report's page; refused, it says why."""

    model = MonthlyReport
    verb = "change"

    def act(self, report):
        raise NotImplementedError

    def post(self, request, pk):
        report = self.row()
        try:
            done = self.act(report)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(report.get_absolute_url())


class SubmitReport(ReportAct):
    def act(self, report):
        user, on = self.request.user, self.request.today
        services.submit(report=report, user=user, at=timezone.now(), on=on)
        return "Đã trình duyệt."


class PublishReport(ReportAct):
    verb = "approve"

    def act(self, report):
        services.publish(report=report, at=timezone.now())
        return "Đã phát hành: lãnh đạo phường đọc được báo cáo."


class SendBack(ReportPart):
    verb = "approve"
    form_class = forms.ReturnForm
    prefix = "back"
    submit_label = "Trả lại"

    def title(self, part):
        return f"Trả lại {part.label.lower()}"

    def done(self, saved):
        return "Đã trả lại để sửa."


class Approve(ReportPart):
    verb = "approve"
    form_class = forms.ApproveForm
    prefix = "approve"
    submit_label = "Duyệt, cấp số"

    def title(self, part):
        return f"Duyệt {part.label.lower()}"

    def done(self, saved):
        return f"Đã duyệt, số {saved.document.symbol}."


def act(route, view, name):
    return path(f"monthly-reports/<int:pk>/{route}/", view.as_view(), name=f"monthlyreport-{name}")


URLS = [
    *MonthlyReportView.get_urls(),
    path("reports/<str:month>/begin/", BeginReport.as_view(), name="report-begin"),
    path("monthly-reports/<int:pk>/texts/<slug:part>/", EditText.as_view(), name="reporttext-edit"),
    path(
        "monthly-reports/<int:pk>/texts/<slug:part>/sentence/",
        TakeSentence.as_view(),
        name="reporttext-sentence",
    ),
    act("recipients", EditRecipients, "recipients"),
    act("submit", SubmitReport, "submit"),
    act("return", SendBack, "return"),
    act("approve", Approve, "approve"),
    act("publish", PublishReport, "publish"),
]
