"""Extending or ending the temporary residences of many people: choose, look it over, write.

What was chosen travels from step to step in the form, and is read anew, among the user's own rows,
at each. Nothing is written before the last step, and then only what the step before has shown.
"""

from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.views.generic import View
from django_htmx.http import HttpResponseClientRedirect

from households.filters import TemporaryFilterSet
from households.forms.bulk import ACTS
from households.models import Residence
from households.tables import TermCell
from kylien.core import text
from kylien.core.forms import is_key
from kylien.core.records import ScopedMixin, new_mark, only_once
from kylien.core.tables import (
    Cell,
    DayCell,
    KeyPaginator,
    RecordTable,
    RightCell,
    TitleCell,
    WideCell,
)

MOST = 500  # people on the page, and in one go
NOBODY = "Chọn ít nhất một người trong danh sách."
TOO_MANY = f"Chọn nhiều nhất {MOST} người một lần."
CHANGED = "Danh sách vừa thay đổi ở nơi khác. Xem lại rồi bấm ghi lần nữa."
FILTERS = (*TemporaryFilterSet.base_filters, "sort")


class PickCell(Cell):
    """A person's name as the label of the box that picks the row."""

    def html(self, value, record):
        checked = mark_safe(" checked") if record.picked else ""
        return format_html(
            '<div class="field"><div class="check"><input type="checkbox" form="bulk" name="pick" '
            'value="{0}" id="pick-{0}"{1}><label for="pick-{0}"><strong>{2}</strong></label>'
            "</div></div>",
            record.pk,
            checked,
            value,
        )


class BulkTable(RecordTable):
    full_name = PickCell(
        accessor="resident__full_name",
        verbose_name="Họ và tên",
        order_by=("resident__sort_key",),
        phone="title",
        css="wide",
    )
    code = TitleCell(
        accessor="resident__code", verbose_name="Mã", orderable=False, phone="detail", css="nowrap"
    )
    birth = RightCell(accessor="resident__birth", verbose_name="Ngày sinh", orderable=False)
    host = WideCell(accessor="host", verbose_name="Nơi ở", orderable=False, phone="detail")
    employer = WideCell(accessor="employer", verbose_name="Nơi làm việc", orderable=False)
    neighbourhood = Cell(verbose_name="Tổ dân phố", orderable=False)
    expires_on = DayCell(verbose_name="Thời hạn", phone="detail")
    state = TermCell(accessor="badge", verbose_name="Tình trạng", orderable=False, dated=True)

    class Meta(RecordTable.Meta):
        model = Residence
        fields = ()
        order_by = ("expires_on",)


def filters_of(data):
    """List `(name, value)` of the list's filters in the request."""
    return [(name, value) for name in FILTERS for value in data.getlist(name) if value]


def address(url, params, *, without=()):
    """Return an address with filters; numbers never get into it."""
    kept = [
        (name, value)
        for name, value in params
        if name not in without and not (name == "q" and text.holds_number(value))
    ]
    return f"{url}?{urlencode(kept)}" if kept else url


def keys_of(data, name):
    """Return the rows' keys sent under a name, once each: one a box, or many in one text."""
    words = " ".join(data.getlist(name)).split()
    keys = (int(word) for word in words if is_key(word))
    return list(dict.fromkeys(keys))


class TemporaryBulk(ScopedMixin, View):
    model = Residence
    verb = "change"

    def base_rows(self, rows):
        return rows.temporary()

    def get(self, request):
        page = urlsplit(request.htmx.current_url or "").path
        if request.htmx and page != request.path:  # the button on the list, with its filters
            return HttpResponseClientRedirect(address(request.path, filters_of(request.GET)))
        return self.choose(request.GET, self.forms())

    def post(self, request):
        data, do = request.POST, request.POST.get("do", "")
        if do == "confirm" and data.get("act") in ACTS:
            return only_once(request, self.list_url, self.write)
        if do == "preview":  # the Enter key: the act whose box was filled
            do = "extend" if data.get("extend-expires_on") else "end"
        if do in ACTS:
            return self.check(do)
        if request.htmx:
            page = urlsplit(request.htmx.current_url or "").path
            if page != request.path:
                return HttpResponseClientRedirect(address(request.path, filters_of(data)))
        picked = {"all": None, "none": []}.get(do, keys_of(data, "pick"))
        return self.choose(data, self.forms(data), picked)

    def list_url(self):
        return address(reverse("temporary-resident-list"), filters_of(self.request.POST))

    def forms(self, data=None, act=""):
        """Return the form of each act, that of `act` bound; what was typed stays in the other."""
        found = {}
        for name, form_class in ACTS.items():
            typed = {
                field: data[key]
                for field in form_class.base_fields
                for key in (field if field == "file_number" else f"{name}-{field}",)
                if data and key in data
            }
            found[name] = form_class(
                data if name == act else None,
                prefix=name,
                user=self.request.user,
                on=self.request.today,
                initial=typed,
            )
        return found

    # --- first: who, and what ---
    def choose(self, data, forms, picked=(), status=200):
        """Show the rows that the filters find, with a box each; `picked` None ticks them all."""
        filterset = TemporaryFilterSet(data, queryset=self.rows.current(), request=self.request)
        table = BulkTable(filterset.qs, on=self.request.today)
        paginator = KeyPaginator(table.ordered(data.get("sort")), MOST, self.load)
        page = paginator.page(1)
        for row in page.object_list:
            row.picked = picked is None or row.pk in picked
        params, shown = filters_of(data), len(page.object_list)
        context = {
            "title": "Gia hạn, kết thúc nhiều người",
            "subtitle": self.told(paginator.count, shown),
            "filterset": filterset,
            "active_filters": [
                {**one, "remove_url": address(self.request.path, params, without=(one["name"],))}
                for one in filterset.active()
            ],
            "table": {
                "head": self.head(table, data, params),
                "rows": table.lean_rows(page.object_list),
            },
            "page": {
                "number": 1,
                "num_pages": 1,
                "start": "1",
                "end": text.format_number(shown),
                "count": text.format_number(paginator.count),
            },
            "params": params,
            "forms": forms,
            "form": next((form for form in forms.values() if form.is_bound), forms["extend"]),
            "back_url": address(reverse("temporary-resident-list"), params),
        }
        name = "bulk_rows" if self.request.htmx else "bulk"
        return render(self.request, f"households/{name}.html", context, status=status)

    def load(self, keys):
        return self.rows.filter(pk__in=keys).for_list()

    @staticmethod
    def told(count, shown):
        told = f"{text.format_number(count)} người tạm trú. Chọn người, ghi ngày, rồi xem trước."
        if count <= shown:
            return told
        left = text.format_number(count - shown)
        return f"{told} Hiện {shown} người, còn {left} người chưa hiện: lọc hẹp lại."

    def head(self, table, data, params):
        current, head = data.get("sort", ""), []
        for bound, _ in table.plan:
            cell = {"label": bound.header, "css": bound.column.classes}
            if bound.orderable:
                turned = f"-{bound.name}" if current == bound.name else bound.name
                kept = [(name, value) for name, value in params if name != "sort"]
                cell["sort_url"] = address(self.request.path, [*kept, ("sort", turned)])
                cell["sorted"] = {bound.name: "asc", f"-{bound.name}": "desc"}.get(current, "")
            head.append(cell)
        return head

    # --- second: look it over ---
    def check(self, act):
        data = self.request.POST
        forms, keys = self.forms(data, act), keys_of(data, "pick")
        form, rows = forms[act], self.picked_rows(keys)
        form.full_clean()
        if not rows or len(keys) > MOST:
            form.add_error(None, TOO_MANY if rows else NOBODY)
        if form.errors:
            return self.choose(data, forms, keys, status=422)
        return self.preview(form, rows)

    def picked_rows(self, keys):
        """Return the rows picked, those among the user's; others are not there."""
        return list(self.load(keys[:MOST]).order_by("expires_on", "pk")) if keys else []

    def preview(self, form, rows, refusals=(), status=200):
        found = form.sort_out(rows)
        context = {
            "title": f"{form.word} tạm trú: xem trước",
            "form": form,
            "data": form.cleaned_data,
            "rows": rows,
            "good": found.good,
            "refused": found.refused,
            "refusals": refusals,
            "typed": [
                (key, value)
                for key, value in self.request.POST.items()
                if key == "file_number" or key.startswith(tuple(f"{name}-" for name in ACTS))
            ],
            "params": filters_of(self.request.POST),
            "once": new_mark(),
        }
        return render(self.request, "households/bulk_preview.html", context, status=status)

    # --- third: write ---
    def write(self):
        """Write what was shown as good; where that has changed meanwhile, show it anew."""
        data = self.request.POST
        act, picked, keys = data["act"], keys_of(data, "pick"), keys_of(data, "good")
        forms = self.forms(data, act)
        form = forms[act]
        if not form.is_valid():
            return self.choose(data, forms, picked, status=422)
        acts = None
        with transaction.atomic():
            rows = self.picked_rows(keys)
            if rows and len(rows) == len(keys) and not form.sort_out(rows).refused:
                acts = form.save_or_refuse(lambda: form.write(rows))
        if acts is None:
            told = [one for errors in form.errors.values() for one in errors] or [CHANGED]
            form, rows = self.forms(data, act)[act], self.picked_rows(picked)
            if not form.is_valid() or not rows:
                return self.choose(data, self.forms(data), picked, status=422)
            return self.preview(form, rows, told, status=422)
        links = format_html_join(
            ", ", '<a href="{}">{}</a>', ((one.get_absolute_url(), one.code) for one in acts)
        )
        told = format_html(
            "Đã {} tạm trú {} người: {}. Ghi nhầm thì hoàn tác ở đó.",
            form.word.lower(),
            len(rows),
            links,
        )
        messages.success(self.request, told)
        return HttpResponseRedirect(self.list_url())


urlpatterns = [
    path("temporary-residents/bulk/", TemporaryBulk.as_view(), name="temporary-bulk"),
]
