"""Quarterly returns: who owes one, whose has come, and noting those that came."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpResponseRedirect
from django.urls import path, reverse

from businesses import filters, rules, tables
from businesses.forms.returns import ReceiveForm, TakeBackForm
from businesses.models import Business, BusinessRule, QuarterlyReturn
from businesses.views.rights import ADD_RETURN, CHANGE_RETURN, VIEW_RETURN
from kylien.core import text
from kylien.core.counts import count_all
from kylien.core.forms import is_key
from kylien.core.periods import Quarter
from kylien.core.records import PartView, RecordView, Role, new_mark, only_once

FIRST_YEAR = 2000  # earlier quarters are nobody's question
FIGURES = {  # how a return may stand: (what it is called, tone)
    "expected": ("Phải nộp", ""),
    "received": ("Đã nhận", ""),
    "missing": ("Chưa nộp", "late"),
    "late": ("Nhận trễ", "due"),
    "beyond": ("Ngoài danh sách", ""),
}


def list_address(quarter, **asked):
    return f"{reverse('quarterlyreturn-list')}?{urlencode({'quarter': quarter, **asked})}"


class ReturnView(RecordView):
    """The businesses that owe a return for a quarter; ticked ones are noted as received."""

    model = Business
    rights = (VIEW_RETURN,)
    table_class = tables.ReturnTable
    filterset_class = filters.ReturnFilterSet
    roles = (Role.LIST,)
    url_prefix = "quarterly-returns"
    url_name = "quarterlyreturn"
    people_per_row = 0
    form = None
    picks = frozenset()
    problem = ""

    def base_rows(self, rows):
        if not self.request.user.has_perms(self.rights):
            raise PermissionDenied
        return rows

    # --- which quarter ---
    def show_list(self):
        return self.render_list(self.about(self.request.GET))

    def post_list(self):
        data = self.request.POST
        if not data.get("do"):
            data = self.about(data)
            return self.export(data) if data.get("_export") else self.render_list(data)
        if not self.request.user.has_perm(ADD_RETURN):
            raise PermissionDenied
        self.about(data)
        do = data["do"]
        if do in ("all", "none"):  # the buttons without script
            self.picks = None if do == "all" else frozenset()
            self.form = self.make_receive_form(initial=data)
            return self.page_again()
        return only_once(self.request, self.address, self.receive)

    def about(self, data):
        """Find the quarter that a request is about; return the request's data with it alone."""
        on = self.request.today
        self.book = BusinessRule.objects.filter(key=BusinessRule.Key.RETURN_DAYS).book()
        self.quarter = rules.quarter_to_collect(on, self.book)
        asked = data.get("quarter", "")
        try:
            quarter = Quarter.parse(asked) if asked else self.quarter
        except ValueError:
            self.problem = "Ghi quý như 2026-Q4."
            quarter = self.quarter
        if quarter > Quarter.containing(on):
            self.problem, quarter = "Quý này chưa bắt đầu.", self.quarter
        elif quarter.year < FIRST_YEAR:
            self.problem, quarter = f"Chỉ xem từ năm {FIRST_YEAR}.", self.quarter
        self.quarter = quarter
        data = data.copy()
        if asked:
            data["quarter"] = str(quarter)
        return data

    def address(self):
        """Return this page's address with the filters it was asked with."""
        asked = {key: value for key, value in self.request.GET.items() if "\0" not in value}
        for key in ("quarter", "page"):
            asked.pop(key, None)
        if text.holds_number(asked.get("q", "")):
            asked.pop("q")
        return list_address(self.quarter, **asked)

    def heading(self):
        return f"Báo cáo {rules.in_words(self.quarter)}"

    # --- the list ---
    def filtered(self, data):
        return self.filterset_class(
            data, queryset=self.rows, request=self.request, collected=self.quarter
        )

    def paginator(self, rows):
        """Count the rows and the figures together."""
        paginator = super().paginator(rows)
        keys = () if self.request.htmx else [key for key in FIGURES if key != "missing"]
        wanted = {key: filters.returns_of(self.rows, key, self.quarter) for key in keys}
        counts = self.counts = count_all({"listed": rows, **wanted})
        if keys:
            counts["missing"] = counts["expected"] - counts["received"]
        paginator.count = counts["listed"]
        return paginator

    @property
    def counted(self):
        first, last = self.collected_from, self.quarter.last_day
        return f"cơ sở. Nộp từ {text.format_date(first)} đến {text.format_date(last)}."

    @property
    def collected_from(self):
        return rules.collected_from(self.quarter, self.request.today, self.book)

    def load(self, keys):
        came = QuarterlyReturn.objects.filter(
            business=OuterRef("pk"), year=self.quarter.year, quarter=self.quarter.number
        )
        rows = Business.objects.for_list().filter(pk__in=keys)
        rows = list(
            rows.annotate(
                received_on=Subquery(came.values("received_on")[:1]),
                received=Subquery(came.values("pk")[:1]),
            )
        )
        may = self.request.user.has_perm(ADD_RETURN)
        mends = self.request.user.has_perm(CHANGE_RETURN)
        for row in rows:
            row.mistake = row.received if mends else None
            row.pickable = may and row.received_on is None
            row.picked = row.pickable and (self.picks is None or row.pk in self.picks)
            row.standing = self.standing(row.received_on)
        return rows

    def standing(self, received_on):
        """Return how a return stands today: `(tone, word)`."""
        on, last = self.request.today, self.quarter.last_day
        if received_on:
            late = (received_on - last).days
            return ("due", f"Nhận trễ {late} ngày") if late > 0 else ("ok", "Đã nhận")
        if on > last:
            return "late", f"Trễ {(on - last).days} ngày"
        if on >= self.collected_from:
            return "due", f"Còn {(last - on).days} ngày" if on < last else "Hạn hôm nay"
        return "mute", "Chưa đến hạn"

    def list_context(self):
        before, after = self.quarter.previous(), self.quarter.next()
        may = self.request.user.has_perm(ADD_RETURN) and self.counts.get("missing")
        return {
            "quarter": self.quarter,
            "problem": self.problem,
            "figures": [
                (*told, self.counts[key], list_address(self.quarter, **self.asked(key)))
                for key, told in FIGURES.items()
                if key in self.counts and (self.counts[key] or key not in ("late", "beyond"))
            ],
            "previous_url": list_address(before) if before.year >= FIRST_YEAR else "",
            "next_url": list_address(after) if self.has_begun(after) else "",
            "form": (self.form or self.make_receive_form()) if may else None,
            "once": new_mark(),
        }

    def asked(self, key):
        return {} if key == "expected" else {"state": key}

    def has_begun(self, quarter):
        return quarter.period.start <= self.request.today

    # --- noting what came ---
    def make_receive_form(self, data=None, **kwargs):
        blank = QuarterlyReturn(year=self.quarter.year, quarter=self.quarter.number)
        initial = kwargs.pop("initial", None) or {}
        typed = {key: initial[key] for key in ReceiveForm.base_fields if key in initial}
        return ReceiveForm(
            data,
            instance=blank,
            user=self.request.user,
            on=self.request.today,
            initial=typed,
            **kwargs,
        )

    def receive(self):
        self.picks = {int(key) for key in self.request.POST.getlist("pick") if is_key(key)}
        owing = filters.returns_of(self.rows, "expected", self.quarter)
        chosen = list(owing.filter(pk__in=self.picks))
        self.form = self.make_receive_form(self.request.POST, businesses=chosen)
        made = self.form.save_or_refuse()
        if made is None:
            return self.page_again(status=422)
        if made:
            messages.success(
                self.request, f"Đã ghi nhận {len(made)} báo cáo {rules.in_words(self.quarter)}."
            )
        if len(made) < len(chosen):
            there = len(chosen) - len(made)
            messages.info(self.request, f"{there} báo cáo đã ghi nhận từ trước, giữ nguyên.")
        return HttpResponseRedirect(self.address())

    def page_again(self, status=200):
        data = self.request.GET.copy()
        data["quarter"] = str(self.quarter)
        response = self.render_list(data)
        response.status_code = status
        return response


class TakeBackReturn(PartView):
    """Take back a return that was noted by mistake; it counts as missing again."""

    model = QuarterlyReturn
    verb = "change"
    relations = ("business",)
    form_class = TakeBackForm
    template = "businesses/return_take_back.html"
    submit_label = "Bỏ ghi nhận"
    once = True

    def record(self, part):
        return part.business

    def after(self, part, saved):
        return list_address(part.period_of())

    def title(self, part):
        return f"Bỏ ghi nhận báo cáo {rules.in_words(part.period_of())}"

    def page_context(self, part):
        back = list_address(part.period_of())
        day = text.format_date(part.received_on)
        return {
            "subtitle": f"{part.business.name}, {part.business.address}",
            "told": f"Báo cáo này ghi nhận ngày {day}. Bỏ ghi nhận thì cơ sở lại là chưa nộp.",
            "cancel_url": back,
            "list_url": back,
            "list_title": f"Báo cáo {rules.in_words(part.period_of())}",
        }

    def done(self, saved):
        return (
            f"Đã bỏ ghi nhận báo cáo {rules.in_words(saved.period_of())} của {saved.business.name}."
        )


urlpatterns = [
    *ReturnView.get_urls(),
    path(
        "quarterly-returns/<int:pk>/take-back/",
        TakeBackReturn.as_view(),
        name="quarterlyreturn-take-back",
    ),
]
