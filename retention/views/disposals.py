"""What is past its period, and disposals: proposed, confirmed or refused, minuted."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.generic import View

from kylien.areas.models import Ward
from kylien.core import text
from kylien.core.changes import trail
from kylien.core.records import PartView, RecordView, Role, ScopedMixin, new_mark, only_once
from kylien.core.reveal import way
from retention.forms.disposals import ProposeForm, RefuseForm
from retention.lists import DisposalFilterSet, DisposalTable
from retention.models import AnswerRule, Disposal, Outcome, RecordType
from retention.services import disposals as services

ADD, CHANGE, CONFIRM = (f"retention.{verb}_disposal" for verb in ("add", "change", "confirm"))
ROWS = 100  # on a page of codes


def retention_page(request, form, status=200):
    """Show every type of record: its period, how many rows are past it, and what can be done."""
    # What is past its period first, what is kept for good last.
    rows = sorted(
        services.standings(request.today), key=lambda one: (not one.count, not one.may_end)
    )
    user = request.user
    ticked = form["types"].value() or [] if form.is_bound else []
    context = {
        "title": "Lưu giữ dữ liệu",
        "form": form,
        "rows": [
            {
                "standing": one,
                "may_tick": bool(one.count) and not one.waiting and user.has_perm(ADD),
                "ticked": one.type in ticked,
            }
            for one in rows
        ],
        "past": sum(one.count for one in rows),
        "most": services.MOST,
        "may_propose": user.has_perm(ADD) and any(one.count and not one.waiting for one in rows),
        "waiting": Disposal.objects.visible_to(user).waiting().for_list().order_by("pk"),
        "once": new_mark(),
        "rules_url": reverse("admin:retention_retentionrule_changelist"),
        "may_set": user.has_perm("retention.change_retentionrule"),
        "answer_days": AnswerRule.objects.number(AnswerRule.Key.CORRECTION_DAYS, request.today),
    }
    return render(request, "retention/retention.html", context, status=status)


class Retention(ScopedMixin, View):
    """How long each type of record is kept, and what is past that."""

    model = Disposal

    def get(self, request):
        return retention_page(request, ProposeForm(user=request.user, on=request.today))


class RetentionRows(ScopedMixin, View):
    """The rows of a type past their period: by code alone."""

    model = Disposal

    def get(self, request, record_type):
        if record_type not in RecordType:
            raise Http404
        kind = RecordType(record_type)
        rows = services.rows_past(kind, request.today)
        page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
        context = {
            "title": kind.label,
            "subtitle": f"{text.format_number(page.paginator.count)} dòng hết hạn lưu giữ",
            "page": page,
            "links": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
        }
        return render(request, "retention/rows.html", context)


class Propose(ScopedMixin, View):
    """Propose to dispose of the types ticked; mistakes come back to the table."""

    model = Disposal
    verb = "add"

    def post(self, request):
        return only_once(request, lambda: reverse("retention"), self.write)

    def write(self):
        form = ProposeForm(self.request.POST, user=self.request.user, on=self.request.today)
        saved = form.save_or_refuse()
        if saved is None:
            return retention_page(self.request, form, status=422)
        messages.success(self.request, f"Đã đề xuất {saved}: chờ người thứ hai xác nhận.")
        return HttpResponseRedirect(saved.get_absolute_url())


class DisposalView(RecordView):
    model = Disposal
    table_class = DisposalTable
    filterset_class = DisposalFilterSet
    detail_fields = ("proposed_by", "proposed_on", "decided_by", "decided_on", "note", "refusal")
    roles = (Role.LIST, Role.DETAIL)
    url_prefix = "disposals"
    people_per_row = 0
    title = "Các đợt tiêu huỷ"
    counted = "đợt"
    empty_hint = "Đề xuất ở trang Lưu giữ dữ liệu khi có loại hết hạn."

    def facts(self, obj):
        return [(label, value) for label, value in super().facts(obj) if value != "—"]

    def list_context(self):
        return {"retention_url": reverse("retention")}

    def detail_context(self, obj):
        parts = list(obj.parts.all())
        return {
            "title": f"Đợt tiêu huỷ {obj.code}",
            "parts": parts,
            "count": sum(part.count for part in parts),
            "left": [(part, code, why) for part in parts for code, why in part.left],
            "badge": obj.badge(),
            "own": obj.is_open and obj.proposed_by_id == self.request.user.pk,
        }

    def actions(self, obj):
        user = self.request.user
        label = "In biên bản" if obj.state == Disposal.State.DONE else "In danh mục"
        found = [{"url": address("print", obj), "label": label, "icon": "printer"}]
        if not obj.is_open:
            return found
        own = obj.proposed_by_id == user.pk
        if user.has_perm(CHANGE):
            label = "Rút đề xuất" if own else "Không tiêu huỷ"
            found.append({"url": address("refuse", obj), "label": label, "icon": "undo-2"})
        if user.has_perm(CONFIRM) and not own:
            count = text.format_number(sum(part.count for part in obj.parts.all()))
            found.append(
                {
                    "url": address("confirm", obj),
                    "label": "Xác nhận tiêu huỷ",
                    "icon": "shredder",
                    "method": "post",
                    "danger": True,
                    "confirm": f"Tiêu huỷ {count} dòng: không lấy lại được. Xác nhận?",
                    "hidden": (("version", obj.version),),
                }
            )
        return found


def address(act, obj):
    return reverse(f"disposal-{act}", args=[obj.pk])


class ConfirmDisposal(ScopedMixin, View):
    """Confirm a disposal that somebody else proposed; it is carried out at once."""

    model = Disposal
    verb = "confirm"

    def post(self, request, pk):
        row = self.row()
        if not settings.DEMO and (first := way(request, row.get_absolute_url())):
            return HttpResponseRedirect(first)  # what goes does not come back
        try:
            done = services.confirm(
                disposal=row, by=request.user, on=request.today, at=timezone.now()
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            count = text.format_number(done.rows_count())
            messages.success(request, f"Đã tiêu huỷ {count} dòng theo {done}. In biên bản để ký.")
        return HttpResponseRedirect(row.get_absolute_url())


class RefuseDisposal(PartView):
    """Decide that nothing is disposed of; who proposed it withdraws it so."""

    model = Disposal
    verb = "change"
    form_class = RefuseForm
    submit_label = "Không tiêu huỷ"
    locks = False

    def part(self, row):
        if not row.is_open and self.request.method == "GET":
            raise PermissionDenied
        return row

    def title(self, part):
        return f"Không tiêu huỷ đợt {part}"

    def done(self, saved):
        return f"Đợt {saved} không tiêu huỷ. Dữ liệu còn nguyên."


class PrintDisposal(ScopedMixin, View):
    """The minutes on A4; as long as nothing is done, the list of what is proposed."""

    model = Disposal

    def get(self, request, pk):
        row = self.row(self.rows.for_list())
        done = row.state == Disposal.State.DONE
        day = row.decided_on if done else request.today
        trail().reading(Disposal, "print", row=row.pk, code=row.code)
        parts = list(row.parts.all())
        context = {
            "record": row,
            "done": done,
            "refused": row.state == Disposal.State.REFUSED,
            "parts": parts,
            "count": sum(part.count for part in parts),
            "left": [(part, code, why) for part in parts for code, why in part.left],
            "title": f"{'Biên bản' if done else 'Danh mục'} {row.code}",
            "blanks": any(part.outcome == Outcome.BLANK for part in parts),
            "unit": Ward.objects.of(day),
            "dated": text.day_in_words(day),
        }
        return render(request, "retention/disposal_print.html", context)


def part(route, view, name):
    return path(f"disposals/<int:pk>/{route}/", view.as_view(), name=f"disposal-{name}")


URLS = [
    path("retention/", Retention.as_view(), name="retention"),
    path("retention/propose/", Propose.as_view(), name="disposal-propose"),
    path("retention/<str:record_type>/", RetentionRows.as_view(), name="retention-rows"),
    *DisposalView.get_urls(),
    part("confirm", ConfirmDisposal, "confirm"),
    part("refuse", RefuseDisposal, "refuse"),
    part("print", PrintDisposal, "print"),
]
