"""The one mechanism behind every record's list, page, forms and export.

A subclass declares `model`, `table_class`, `filterset_class`, `form_class` and `detail_fields` and
hands `*HouseholdView.get_urls()` to its `urls.py`. Whatever the role of the request, the same steps
run in the same order and cannot be skipped, because `dispatch()` may not be overridden:

    signed in (middleware) -> permission of the role -> `Model.objects.visible_to(user)`
    -> filterset -> table -> HTML, or a file of the same rows and columns

A row outside the user's scope is 404 (it does not exist for him), a missing verb is 403.
A page that needs more than two overrides is an ordinary Django view beside the subclass, built on
`ScopedMixin`, which keeps the first three steps.
"""

import enum
import secrets
from tempfile import TemporaryFile
from typing import ClassVar

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import ForeignKey
from django.http import (
    FileResponse,
    Http404,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.template.loader import select_template
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.generic import View

from kylien.core import exports, text
from kylien.core.changes import acting, current_act, trail
from kylien.core.readings import looked_up
from kylien.core.reveal import Reveals
from kylien.core.tables import KeyPaginator

PAGE_SIZE = 50
EXPORTS = {"xlsx": "Excel", "csv": "CSV"}
ONCE_SECONDS = 24 * 3600  # how long a form that was sent is remembered


class Role(enum.Enum):
    """What a request does to records: the address, the name and the verb that must be granted."""

    LIST = ("list", "{prefix}/", "view")
    CREATE = ("create", "{prefix}/create/", "add")
    OPTIONS = ("options", "{prefix}/options/", "view")  # the picker's look-up by words
    DETAIL = ("detail", "{prefix}/<int:pk>/", "view")
    UPDATE = ("update", "{prefix}/<int:pk>/edit/", "change")

    def __init__(self, suffix, route, verb):
        self.suffix, self.route, self.verb = suffix, route, verb


class ScopedMixin:
    """The steps before any page of records: permission of the verb, then the user's rows."""

    model = None
    verb = "view"

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name in ("dispatch", "allows"):
            if getattr(cls, name) is not getattr(ScopedMixin, name):
                raise TypeError(
                    f"{cls.__name__}.{name}: the steps of ScopedMixin stay as they are."
                )

    def allows(self, verb):
        meta = self.model._meta
        return self.request.user.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}")

    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated or not self.allows(self.verb):
            raise PermissionDenied
        self.rows = self.base_rows(self.model.objects.visible_to(request.user))
        return super().dispatch(request, *args, **kwargs)

    def base_rows(self, rows):
        """Narrow the user's rows to those this page is about."""
        return rows

    def row(self, rows=None):
        """Return the addressed row of the user's, or raise Http404."""
        rows = self.rows if rows is None else rows
        found = rows.filter(pk=self.kwargs["pk"]).first() if self.kwargs["pk"] < 2**63 else None
        if found is None:
            raise Http404
        return found

    def changeable_row(self):
        """Return the addressed row; PermissionDenied where this user's time to mend is over."""
        found = self.row()
        if not found.changeable_by(self.request.user, timezone.now()):
            raise PermissionDenied
        return found


class RecordView(Reveals, ScopedMixin, View):
    """List, page, forms and export of one kind of record."""

    table_class = None
    filterset_class = None
    form_class = None
    detail_fields: tuple[str, ...] = ()
    roles: tuple[Role, ...] = tuple(Role)
    url_prefix = ""  # "households"
    url_name = ""  # "household"; the model's name if empty
    create_label = ""
    empty_hint = ""
    title = ""  # of the list; the model's plural name if empty
    people_per_row = 1  # that a row of the list names: residents, guests, heads, contacts
    counted = ""  # what the list counts ("500 lượt cư trú"); the model's name if empty
    keeps_looks = False  # each look at a record's page is kept in the trail: of people's
    role: ClassVar[Role]

    @classmethod
    def get_urls(cls):
        name = cls.url_name or cls.model._meta.model_name
        return [
            path(
                role.route.format(prefix=cls.url_prefix),
                cls.as_view(role=role, verb=role.verb),
                name=f"{name}-{role.suffix}",
            )
            for role in cls.roles
        ]

    @classmethod
    def as_view(cls, *, role, verb):
        def view(request, *args, **kwargs):
            self = cls()
            self.role, self.verb = role, verb
            self.setup(request, *args, **kwargs)
            return self.dispatch(request, *args, **kwargs)

        view.view_class = cls
        view.role = role
        return view

    def url(self, role, *args):
        name = self.url_name or self.model._meta.model_name
        return reverse(f"{name}-{role.suffix}", args=args)

    def offers(self, role):
        return role in self.roles and self.allows(role.verb)

    def get(self, request, *args, **kwargs):
        return getattr(self, f"show_{self.role.suffix}")()

    def post(self, request, *args, **kwargs):
        handler = getattr(self, f"post_{self.role.suffix}", None)
        return handler() if handler else self.http_method_not_allowed(request)

    def template(self, suffix):
        """Return the record's own template if there is one, else the mechanism's."""
        meta = self.model._meta
        own = f"{meta.app_label}/{self.url_name or meta.model_name}_{suffix}.html"
        return select_template([own, f"records/{suffix}.html"]).template.name

    def heading(self):
        plural = str(self.model._meta.verbose_name_plural)
        return self.title or plural[:1].upper() + plural[1:]

    # --- list and export: the same rows, the same columns ---
    def filtered(self, data):
        return self.filterset_class(data, queryset=self.rows, request=self.request)

    def ordered_table(self, filterset, data):
        table = self.table_class(filterset.qs, on=self.request.today)
        rows = table.ordered(data.get("sort"))
        return table, rows

    def load(self, keys):
        return self.model.objects.for_list().filter(pk__in=keys)

    def show_list(self):
        return self.render_list(self.request.GET)

    def post_list(self):
        """Export, or filter by a number that must not stand in an address."""
        data = self.request.POST
        if data.get("_export"):
            return self.export(data)
        return self.render_list(data)

    def render_list(self, data):
        filterset = self.filtered(data)
        table, rows = self.ordered_table(filterset, data)
        paginator = self.paginator(rows)
        page = paginator.nearest(data.get("page", 1))
        self.tell_lookup(filterset, paginator.count)
        counted = self.counted or self.model._meta.verbose_name
        context = {
            "title": self.heading(),
            "subtitle": f"{text.format_number(paginator.count)} {counted}",
            "filterset": filterset,
            "active_filters": [
                {**item, "remove_url": self._address(data, without=item["name"])}
                for item in filterset.active()
            ],
            "filter_params": self.filter_params(filterset, data),
            "table": {"head": self._head(table, data), "rows": table.lean_rows(page.object_list)},
            "page": self._page(page, paginator, data),
            "create_url": self.url(Role.CREATE) if self.offers(Role.CREATE) else "",
            "create_label": self.create_label or f"Thêm {self.model._meta.verbose_name}",
            "exports": EXPORTS if self.allows("export") else {},
            "empty_hint": self.empty_hint,
            "list_url": self.url(Role.LIST),
            **self.list_context(),
        }
        name = "records/_table.html" if self.request.htmx else self.template("list")
        return render(self.request, name, context)

    @staticmethod
    def filter_params(filterset, data):
        """List `(name, value)` of the filters and the order in force, for the export's form."""
        names = [*filterset.form.fields, "sort"]
        return [(name, value) for name in names for value in data.getlist(name) if value]

    def tell_lookup(self, filterset, rows):
        """Keep in the trail that a number was searched for, and how many rows have it."""
        query = filterset.form.cleaned_data.get("q") if filterset.form.is_valid() else ""
        if number := text.number_in(query or ""):
            looked_up(self.model, number, rows=rows)

    def paginator(self, rows):
        return KeyPaginator(rows, PAGE_SIZE, self.load)

    def list_context(self):
        """Return what the list's page shows besides its table."""
        return {}

    def _address(self, data, *, without=(), **values):
        """Return the list's address with the filters in use; numbers never get into it."""
        params = data.copy()
        for key in ("csrfmiddlewaretoken", "_export", "_filter", "reason", "page", without):
            params.pop(key, None)
        if text.holds_number(params.get("q", "")):
            params.pop("q")
        for key, value in values.items():
            params[key] = value
        query = params.urlencode()
        return f"{self.request.path}?{query}" if query else self.request.path

    def _head(self, table, data):
        current = data.get("sort", "")
        head = []
        for bound, _ in table.plan:
            cell = {
                "label": bound.header,
                "css": bound.column.classes,
                "sort_url": "",
                "sorted": "",
            }
            if bound.orderable:
                down = current == bound.name
                cell["sort_url"] = self._address(
                    data, sort=f"-{bound.name}" if down else bound.name
                )
                cell["sorted"] = {bound.name: "asc", f"-{bound.name}": "desc"}.get(current, "")
            head.append(cell)
        return head

    def _page(self, page, paginator, data):
        links = [
            {
                "label": str(number),
                "url": self._address(data, page=number) if isinstance(number, int) else "",
                "current": number == page.number,
            }
            for number in paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
        ]
        return {
            "number": page.number,
            "num_pages": paginator.num_pages,
            "start": text.format_number(page.start_index()),
            "end": text.format_number(page.end_index()),
            "count": text.format_number(paginator.count),
            "links": links if paginator.num_pages > 1 else [],
        }

    def export(self, data):
        """Send exactly the filtered rows, masked as on the page, and record that they left.

        Who takes more than 50 people along is asked for the password once more, and for a reason,
        which the trail keeps.
        """
        kind = data.get("_export")
        if not self.allows("export") or kind not in EXPORTS:
            raise PermissionDenied
        filterset = self.filtered(data)
        table, rows = self.ordered_table(filterset, data)
        keys = list(rows.values_list("pk", flat=True))
        asked = {"kind": kind, "rows": len(keys), "people": len(keys) * self.people_per_row}
        form = exports.ExportForm(data, **asked)
        if first := form.way(self.request, self._address(data)):
            return HttpResponseRedirect(first)
        if not form.is_valid():
            if "reason" not in data and not form.non_field_errors():
                form = exports.ExportForm(**asked)  # asked for the first time: nothing is wrong
            return self.ask_reason(form, filterset, data)
        reason, filters = form.cleaned_data["reason"], filterset.described()
        with acting(reason=reason):
            trail().reading(self.model, "export", rows=len(keys), filters=filters, kind=kind)
        lines = self.exported(table, keys)
        sent = {"headers": {"Cache-Control": "no-store"}}
        name = exports.filename(self.url_prefix, self.request.today, kind)
        if kind == "csv":
            sent["headers"]["Content-Disposition"] = f'attachment; filename="{name}"'
            content = exports.csv_lines(table.header, lines)
            return StreamingHttpResponse(content, content_type="text/csv; charset=utf-8", **sent)
        file = self.workbook(table.header, lines, filters, reason)
        sent["content_type"] = exports.XLSX
        return FileResponse(file, as_attachment=True, filename=name, **sent)

    def exported(self, table, keys):
        """Yield the rows of an export, read some hundreds at a time."""
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            found = {row.pk: row for row in self.load(part)}
            yield from table.plain_rows(found[key] for key in part if key in found)

    def workbook(self, header, lines, filters, reason):
        """Return the export as an open .xlsx in a file that is gone once it is closed."""
        title, at, who = self.heading(), timezone.now(), self.request.user.full_name_label

        def about(count):
            yield "Danh sách", title
            yield from filters.items() if filters else [("Bộ lọc", "Không lọc")]
            yield "Số dòng", count
            yield "Người xuất", who
            yield "Lúc", at
            yield "Lý do", reason or "—"

        file = TemporaryFile()  # noqa: SIM115 (the response closes it)
        try:
            exports.write_workbook(
                file, title=title, header=header, rows=lines, author=who, at=at, about=about
            )
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def ask_reason(self, form, filterset, data):
        """Ask what an export is for; the filters and the chosen kind stay."""
        context = {
            "title": f"Xuất {EXPORTS[form.kind]}",
            "form": form,
            "facts": [
                ("Danh sách", self.heading()),
                *filterset.described().items(),
                ("Số dòng", text.format_number(form.rows)),
            ],
            "filter_params": self.filter_params(filterset, data),
            "list_url": self._address(data),
            "list_title": self.heading(),
        }
        return render(self.request, "records/export.html", context, status=422)

    def show_options(self):
        """Answer the picker: at most eight records that hold the words, by name."""
        query = self.request.GET.get("q", "")
        found = []
        if text.tokens(query) and not text.holds_number(query):
            rows = self.option_rows(self.rows).look_up(query)
            keys = rows.order_by("sort_key", "pk").values_list("pk", flat=True)
            wanted = list(keys[:8])
            rows = {row.pk: row for row in self.load(wanted)}
            found = [rows[key].as_option() for key in wanted]
        return JsonResponse({"results": found})

    def option_rows(self, rows):
        """Narrow the rows to those that may still be chosen."""
        return rows

    # --- one record ---
    def show_detail(self):
        obj = self.row(self.rows.select_related(*self._relations()))
        self.uncover(obj)
        context = {
            "object": obj,
            "title": str(obj),
            "code": obj.code,
            "facts": self.facts(obj),
            "actions": self.actions(obj),
            "history": trail().history(obj, self.request.user),
            "list_url": self.url(Role.LIST),
            "list_title": self.heading(),
            **self.detail_context(obj),
        }
        context["reveal"] = self.reveal_context(obj)
        if self.keeps_looks and not self.in_full:
            trail().reading(self.model, "view", row=obj.pk, code=obj.code)
        return render(self.request, self.template("detail"), context)

    def post_detail(self):
        """Show the page once in full, for the reason given."""
        return self.answer_reveal(self.show_detail)

    def _relations(self):
        fields = [self.model._meta.get_field(n) for n in self.detail_fields if self._is_field(n)]
        return [f.name for f in fields if isinstance(f, ForeignKey)]

    def _is_field(self, name):
        return any(f.name == name for f in self.model._meta.fields)

    def facts(self, obj):
        """List `(label, value)` of `detail_fields`, values as people read them."""
        found = []
        for name in self.detail_fields:
            if self._is_field(name):
                field = self.model._meta.get_field(name)
                value = show_value(field, obj)
                label = str(field.verbose_name)
            else:  # a method with a `label`
                method = getattr(obj, name)
                value, label = method(), method.label
            found.append((label[:1].upper() + label[1:], "—" if value in (None, "") else value))
        return found

    def actions(self, obj):
        if not self.offers(Role.UPDATE) or not obj.changeable_by(self.request.user, timezone.now()):
            return []
        return [{"url": self.url(Role.UPDATE, obj.pk), "label": "Sửa", "icon": "pencil"}]

    def detail_context(self, obj):
        """Return what this record's page shows besides its facts."""
        return {}

    # --- forms ---
    def show_create(self):
        return self.render_form(self.make_form(None), None)

    def post_create(self):
        if self.request.POST.get("_prefill"):
            return self.show_create()
        form = self.make_form(None, self.request.POST)
        return only_once(self.request, lambda: self.url(Role.LIST), lambda: self.save(form, None))

    def show_update(self):
        obj = self.changeable_row()
        return self.render_form(self.make_form(obj), obj)

    def post_update(self):
        with transaction.atomic():
            obj = self.changeable_row()
            self.model.objects.select_for_update().filter(pk=obj.pk).first()
            obj.refresh_from_db()
            return self.save(self.make_form(obj, self.request.POST), obj)

    def make_form(self, obj, data=None):
        initial = {} if obj or data else self.initial()
        return self.form_class(
            data, instance=obj, user=self.request.user, on=self.request.today, initial=initial
        )

    def initial(self):
        """Take a new record's first values from the address, e.g. `?neighbourhood=3`; or from a
        form begun on another page (`_prefill`): nothing about a person stands in an address."""
        request = self.request
        given = request.POST if request.POST.get("_prefill") else request.GET
        return {name: value for name, value in given.items() if "\0" not in value}

    def save(self, form, obj):
        saved = form.save_or_refuse(lambda: self.write(form))
        if saved is None:
            return self.render_form(form, obj, status=422)
        messages.success(self.request, f"Đã lưu {saved}.")
        return HttpResponseRedirect(saved.get_absolute_url())

    def write(self, form):
        """Write the record; several rows are written by a service."""
        if not form.instance.pk and hasattr(form.instance, "created_by_id"):
            form.instance.created_by = current_act().user
        return form.save()

    def render_form(self, form, obj, status=200):
        noun = self.model._meta.verbose_name
        stale = getattr(form, "stale", None)
        context = {
            "object": obj,
            "form": form,
            "title": f"Sửa {noun} {obj.code}" if obj else self.create_label or f"Thêm {noun}",
            "cancel_url": obj.get_absolute_url() if obj else self.url(Role.LIST),
            "submit_label": "Lưu",
            "once": new_mark() if obj is None else "",
            "stale": stale,
            "stale_at": obj.changed_at if obj and stale is not None else None,
            "list_url": self.url(Role.LIST),
            "list_title": self.heading(),
        }
        return render(self.request, self.template("form"), context, status=status)


class PartView(ScopedMixin, View):
    """A form about a part of a record, or an act on it; once saved it leads back to the record.

    The address names a row of `model`, among the user's: the record, or a part of it.
    """

    rights: tuple[str, ...] = ()  # asked for besides `verb` on the addressed row
    relations: tuple[str, ...] = ()  # read together with it
    form_class = None
    prefix = None
    anchor = ""
    submit_label = "Lưu"
    template = "records/form.html"
    locks = True  # the addressed row while saving; a service that locks by itself needs it not
    once = False  # a form that makes something new is written once, however often it is sent

    def get(self, request, pk):
        part = self.target(self.rows)
        return self.page(part, self.form(part))

    def post(self, request, pk):
        if not self.once:
            return self.write()
        return only_once(request, self.back, self.write)

    def back(self):
        """Return the page of the record that the address names."""
        return self.record(self.target(self.rows)).get_absolute_url()

    def write(self):
        if self.locks:
            with transaction.atomic():
                part = self.target(self.rows.select_for_update(of=("self",)))
                form = self.form(part, self.request.POST)
                saved = form.save_or_refuse()
        else:  # the service has the transaction; checking the form first keeps it short
            part = self.target(self.rows)
            form = self.form(part, self.request.POST)
            saved = form.save_or_refuse()
        if saved is None:
            return self.page(part, form, status=422)
        messages.success(self.request, self.done(saved))
        return HttpResponseRedirect(self.after(part, saved))

    def after(self, part, saved):
        """Return where saving leads: back to the record."""
        return self.record(part).get_absolute_url() + self.anchor

    def target(self, rows):
        if not self.request.user.has_perms(self.rights):
            raise PermissionDenied
        return self.part(self.row(rows.select_related(*self.relations) if self.relations else rows))

    def part(self, row):
        """Return the row that the form fills: the addressed one, or a new one of its record."""
        return row

    def record(self, part):
        """Return the record on whose page the form was begun."""
        return part

    def form(self, part, data=None):
        return self.form_class(
            data,
            instance=part,
            prefix=self.prefix,
            user=self.request.user,
            on=self.request.today,
        )

    def page(self, part, form, status=200):
        record, stale = self.record(part), getattr(form, "stale", None)
        context = {
            "form": form,
            "title": self.title(part),
            "cancel_url": record.get_absolute_url(),
            "list_url": record.get_absolute_url(),
            "list_title": str(record),
            "submit_label": self.submit_label,
            "once": new_mark() if self.once else "",
            "stale": stale,
            "stale_at": part.changed_at if stale is not None else None,
            **self.page_context(part),
        }
        return render(self.request, self.template, context, status=status)

    def page_context(self, part):
        """Return what the page shows besides its form."""
        return {}


def new_mark():
    """Return the `_once` mark of a form that makes a new record (see `only_once`)."""
    return secrets.token_hex(16)


def only_once(request, meanwhile, act):
    """Answer a POST by `act()`; the same form sent again leads to what the first one made.

    The form carries a random `_once` mark (a form without one counts as new). `meanwhile()` is
    where a second click goes while the first is still being written; it is not asked for before,
    since what the address named may be gone by then.
    """
    mark = request.POST.get("_once", "")
    key = f"once:{request.user.pk}:{mark[:64] if mark.isascii() and mark.isalnum() else new_mark()}"
    if not cache.add(key, "", ONCE_SECONDS):
        return HttpResponseRedirect(cache.get(key) or meanwhile())
    made = ""
    try:
        response = act()
        made = response.url if response.status_code == 302 else ""
    finally:
        if made:
            cache.set(key, made, ONCE_SECONDS)
        else:
            cache.delete(key)  # nothing was written: the same form may be sent again, corrected
    return response


def show_value(field, obj):
    """Return a field's value as pages show it: label, day, mask, yes/no, or a link."""
    if field.choices:
        return getattr(obj, f"get_{field.name}_display")()
    value = obj.masked(field.name)
    if isinstance(value, bool):
        return "Có" if value else "Không"
    if hasattr(value, "get_absolute_url"):
        return format_html('<a href="{}">{}</a>', value.get_absolute_url(), value)
    if hasattr(value, "hour"):
        return timezone.localtime(value).strftime("%d/%m/%Y %H:%M")
    if hasattr(value, "strftime"):
        return text.format_date(value)
    if isinstance(value, int):
        return text.format_number(value)
    return value
