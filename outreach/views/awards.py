"""Awards, from the deed to the notice."""

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import trail
from kylien.core.records import RecordView, ScopedMixin
from outreach import joint_filters, joint_tables
from outreach.forms import awards as forms
from outreach.models import Award
from outreach.services import awards as services
from outreach.views.campaigns import KeptPart, keeps


class AwardView(RecordView):
    model = Award
    table_class = joint_tables.AwardTable
    filterset_class = joint_filters.AwardFilterSet
    form_class = forms.AwardForm
    detail_fields = (
        "group",
        "campaign",
        "partner",
        "recipient",
        "neighbourhood",
        "form",
        "deed",
        "decision",
    )
    url_prefix = "awards"
    title = "Khen thưởng"
    counted = "đề nghị khen"
    create_label = "Đề nghị khen"
    empty_hint = "Có việc tốt thì bấm Đề nghị khen ngay: khen sớm mới có tác dụng."

    def facts(self, obj):
        return [(label, value) for label, value in super().facts(obj) if value != "—"]

    def actions(self, obj):
        """Offer the steps that fit the state, then mending."""
        found = []

        def offer(name, label, icon, **more):
            url = reverse(f"award-{name}", args=[obj.pk])
            found.append({"url": url, "label": label, "icon": icon, **more})

        offer("print", "In tờ trình", "printer")
        if not self.allows("change") or not keeps(self.request.user, obj):
            return found
        found += super().actions(obj)
        if obj.declined_on or obj.decided_on:
            offer(
                "take-back",
                "Bỏ bước vừa ghi",
                "undo-2",
                method="post",
                confirm=f"Bỏ bước “{obj.state_badge()[1]}”?",
                hidden=(("version", obj.version),),
            )
        if not obj.declined_on and not obj.decided_on:
            offer("decline", "Không khen", "x")
            offer("decide", "Ghi quyết định", "check", primary=True)
        elif obj.decided_on and not obj.noticed_on:
            offer("announce", "Ghi công bố", "send", primary=True)
        return found

    def detail_context(self, obj):
        on = self.request.today
        return {
            "title": f"Khen thưởng: {obj.for_whom}",
            "badge": obj.state_badge(),
            "steps": steps(obj, on),
        }


@dataclass
class Step:
    """How far an award has come: `state` is done, now (the next to do) or wait."""

    label: str
    state: str
    note: str = ""
    day: dt.date | None = None


def steps(obj, on):
    """List the steps of an award, each with the days since the deed."""

    def since(day):
        return f"{(day - obj.deed_on).days} ngày sau thành tích"

    found = [
        Step("Thành tích", "done", day=obj.deed_on),
        Step("Đề nghị", "done", since(obj.proposed_on), obj.proposed_on),
    ]
    if obj.declined_on:
        return [*found, Step("Không khen", "done", obj.decline_reason, obj.declined_on)]
    if obj.decided_on:
        found.append(Step("Quyết định", "done", since(obj.decided_on), obj.decided_on))
    else:
        found.append(Step("Quyết định", "now", f"đã {(on - obj.deed_on).days} ngày"))
    if obj.noticed_on:
        return [*found, Step("Công bố", "done", since(obj.noticed_on), obj.noticed_on)]
    return [*found, Step("Công bố", "now" if obj.decided_on else "wait")]


class AwardStep(KeptPart):
    """A step after the proposal."""

    model = Award
    verb = "change"
    relations = ("group", "partner", "campaign")
    locks, once = False, True

    def page_context(self, part):
        day = text.format_date(part.deed_on)
        return {"subtitle": f"{part.for_whom}: {part.deed} ({day})."}

    def done(self, saved):
        return f"Đã ghi {self.submit_label[4:]} {saved.code}."


class Decide(AwardStep):
    form_class = forms.DecideForm
    submit_label = "Ghi quyết định"

    def title(self, part):
        return f"Quyết định khen thưởng {part.code}"


class Announce(AwardStep):
    form_class = forms.NoticeForm
    submit_label = "Ghi công bố"

    def title(self, part):
        return f"Công bố khen thưởng {part.code}"


class Decline(AwardStep):
    form_class = forms.DeclineForm
    submit_label = "Ghi không khen"

    def title(self, part):
        return f"Không khen {part.code}"


class TakeBack(ScopedMixin, View):
    """Take the last step back, in one click."""

    model = Award
    verb = "change"

    def post(self, request, pk):
        row = self.changeable_row()
        try:
            services.take_back(award=row, version=request.POST.get("version"))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"Đã bỏ bước vừa ghi của {row.code}.")
        return HttpResponseRedirect(row.get_absolute_url())


class PrintProposal(ScopedMixin, View):
    """The proposal on A4 (tờ trình), laid out after Nghị định 30/2020/NĐ-CP, of the day on which it
    was made."""

    model = Award

    def get(self, request, pk):
        row = self.row(self.rows.select_related("group", "partner", "campaign", "neighbourhood"))
        trail().reading(Award, "print", code=row.code)
        context = {
            "title": f"Tờ trình khen thưởng {row.code}",
            "record": row,
            "award": row,
            "unit": Ward.objects.of(row.proposed_on),
            "number": "……/TTr-CAP",
            "dated": text.day_in_words(row.proposed_on),
            "deed_day": text.day_in_words(row.deed_on),
        }
        return render(request, "outreach/award_print.html", context)


def step(name, view):
    return path(f"awards/<int:pk>/{name}/", view.as_view(), name=f"award-{name}")


urlpatterns = [
    *AwardView.get_urls(),
    step("decide", Decide),
    step("announce", Announce),
    step("decline", Decline),
    step("take-back", TakeBack),
    step("print", PrintProposal),
]
