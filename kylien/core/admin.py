"""The stock admin site for data entry, under the portal's rules: rows, masks, sentences, trail.

`RecordAdmin` narrows every list, page, autocomplete and choice to the user's rows, keeps id numbers
out of addresses and leaves the telling of changes to our own trail; `RecordInline` takes new rows
in one go and shows the old ones, labels fetched once a formset.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models
from django.http import HttpResponseRedirect, QueryDict

from kylien.core import text
from kylien.core.forms import (
    DayField,
    MomentField,
    RecordFormMixin,
    RecordInlineFormSet,
    is_key,
    sentence_of,
)

NO_NUMBERS = (
    "Không tìm số định danh, số điện thoại ở đây: số sẽ nằm lại trong lịch sử trình duyệt. "
    "Hãy tìm ở ô tìm kiếm của cổng."
)

FIELD_OVERRIDES = {
    models.DateField: {"form_class": DayField, "widget": DayField.widget},
    models.DateTimeField: {"form_class": MomentField, "widget": MomentField.widget},
    models.TextField: {"widget": forms.Textarea(attrs={"rows": 2, "cols": 40})},
}


class RecordAdminForm(RecordFormMixin, forms.ModelForm):
    """The admin's form. A row of an inline has no labels: each control says its own name."""

    versioned = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self._keep_choosable()
        for field in self.fields.values():
            field.short_description = field.label  # the head of the inline's column
            if field.label and not field.widget.is_hidden:
                field.widget.attrs.setdefault("aria-label", field.label)

    def _keep_choosable(self):
        """Let what is recorded stay, though it lies beyond the user's rows; else Save clears it."""
        for name, field in self.fields.items():
            if name in self.declared_fields or not isinstance(field, forms.ModelChoiceField):
                continue
            link = self.instance._meta.get_field(name)
            kept = getattr(self.instance, link.attname)
            if kept is None:
                continue
            recorded = {link.target_field.name: kept}  # not every link is to the key
            field.queryset = field.queryset | link.related_model._base_manager.filter(**recorded)
            widget = getattr(field.widget, "widget", field.widget)  # the admin wraps it
            if isinstance(widget, LabelledAutocomplete):
                widget.labels.kept.add(kept)

    def is_stale(self, seen):
        """Ask only of what was typed in: a row left alone is not written. Every page of the admin
        sends the version; of a request made without one nothing can be said."""
        sent = self.add_prefix("version") in self.data
        return sent and self.has_changed() and super().is_stale(seen)


class Labels:
    """The labels of the rows selected anywhere in a formset, fetched together: of the user's `rows`
    and of those recorded already (`kept`)."""

    def __init__(self, rows):
        self.rows = rows
        self.kept = set()
        self.known = {}

    def load(self, values):
        numbers = {value for value in map(str, values) if is_key(value)}
        wanted = numbers - set(self.known)
        if not wanted:
            return
        rows = self.rows | self.rows.model._base_manager.filter(pk__in=self.kept)
        for row in rows.filter(pk__in=wanted):
            self.known[str(row.pk)] = str(row)


class LabelledAutocomplete(AutocompleteSelect):
    """Django's autocomplete asks the database once a row for its label; this one asks `Labels`."""

    labels: Labels

    def optgroups(self, name, value, attrs=None):
        options = []
        if not self.is_required and not self.allow_multiple_selected:
            options.append(self.create_option(name, "", "", False, 0))
        self.labels.load(value)
        for selected in value:
            if str(selected) in self.labels.known:
                label = self.labels.known[str(selected)]
                options.append(self.create_option(name, selected, label, True, len(options)))
        return [(None, options, 0)]


class ScopedChoicesFilter(admin.RelatedFieldListFilter):
    """A list's filter by a linked record: offers the user's rows alone."""

    def field_choices(self, field, request, model_admin):
        rows = field.remote_field.model._default_manager.visible_to(request.user)
        ordering = self.field_admin_ordering(field, request, model_admin)
        return [(row.pk, str(row)) for row in (rows.order_by(*ordering) if ordering else rows)]


admin.FieldListFilter.register(
    lambda f: f.is_relation and hasattr(f.related_model._default_manager.all(), "visible_to"),
    ScopedChoicesFilter,
    take_priority=True,
)


class ScopedAdminMixin:
    """Rows and choices of the user's, on admin pages and inlines alike."""

    formfield_overrides = FIELD_OVERRIDES

    def get_queryset(self, request):
        return super().get_queryset(request).visible_to(request.user)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        rows = db_field.remote_field.model._default_manager.all()
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(request.user)
            kwargs.setdefault("queryset", rows)
        if db_field.name in self.get_autocomplete_fields(request):
            widget = LabelledAutocomplete(db_field, self.admin_site, using=kwargs.get("using"))
            widget.labels = Labels(rows)
            kwargs["widget"] = widget
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def bound(self, form_class, request):
        """Return the form class with the user and the day it works for."""
        values = {
            "user": request.user,
            "on": request.today,
            "refusal": getattr(request, "refusal", ""),
        }
        return type(form_class.__name__, (form_class,), values)


class RecordAdmin(ScopedAdminMixin, admin.ModelAdmin):
    """Admin of one kind of record."""

    form = RecordAdminForm
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count every choice of every filter
    search_fields = ("search_text",)
    search_help_text = (
        "Gõ không dấu cũng tìm được; mã, họ tên, địa chỉ. "
        "Số định danh, số điện thoại: tìm ở ô tìm kiếm của cổng."
    )

    def view_on_site(self, obj):
        """Link to the record's own page, not through Django's redirect, which tells strangers
        whether a key exists."""
        return obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else None

    def get_form(self, request, obj=None, change=False, **kwargs):
        return self.bound(super().get_form(request, obj, change=change, **kwargs), request)

    def get_object(self, request, object_id, from_field=None):
        """Return the row; a submit locks it first, so that the version compared is the last."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST":
            return found
        self.model._base_manager.select_for_update().filter(pk=found.pk).first()
        return super().get_object(request, object_id, from_field)

    # --- addresses: no number of a person stands in one ---
    def changelist_view(self, request, extra_context=None):
        """Drop what no database takes (NUL), and lead away from an address that holds a number."""
        asked = request.GET.copy()
        for name, values in request.GET.lists():
            if "\0" in name + "".join(values):
                del asked[name]
        request.GET = asked
        if text.holds_number(asked.get("q", "")):
            del asked["q"]
            self.message_user(request, NO_NUMBERS, messages.WARNING)
            return HttpResponseRedirect(f"{request.path}?{asked.urlencode()}")
        return super().changelist_view(request, extra_context)

    def get_preserved_filters(self, request):
        kept = super().get_preserved_filters(request)
        filters = QueryDict(QueryDict(kept).get("_changelist_filters", ""))
        return "" if text.holds_number(filters.get("q", "")) else kept

    def lookup_allowed(self, lookup, value, request=None):
        """Refuse addresses that ask for a number bit by bit: `?citizen_id__startswith=0`."""
        hidden = {*self.model.masks, *self.model.secret_fields}
        return hidden.isdisjoint(lookup.split("__")) and super().lookup_allowed(
            lookup, value, request
        )

    def get_search_results(self, request, queryset, search_term):
        if text.holds_number(search_term):
            return queryset.none(), False
        if not (search_term and self.get_search_fields(request)):
            return queryset, False
        return queryset.search(search_term), False

    # --- changes are told by our trail: Django's log repeats names for everybody to read ---
    def log_addition(self, request, obj, message):
        """Write nothing: the trail has it."""

    def log_change(self, request, obj, message):
        """Write nothing: the trail has it."""

    def log_deletions(self, request, queryset):
        """Write nothing: the trail has it."""

    def history_view(self, request, object_id, extra_context=None):
        raise PermissionDenied

    def changeform_view(self, request, *args, **kwargs):
        """Show a refusal of a service or the database on the form, with what was typed."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except ValidationError as error:
            request.refusal = " ".join(error.messages)
        except IntegrityError as error:
            _, request.refusal = sentence_of(error, self.model)
        return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change and hasattr(obj, "created_by_id"):
            obj.created_by = request.user
        super().save_model(request, obj, form, change)


class RecordInline(ScopedAdminMixin, admin.TabularInline):
    """Rows of a record's page. Ledger rows are added and shown here, and changed by acts alone."""

    form = RecordAdminForm
    formset = RecordInlineFormSet
    extra = 0

    def get_fields(self, request, obj=None):
        """Have each row carry its version, where rows that stand may be changed."""
        fields = tuple(super().get_fields(request, obj))
        return (*fields, "version") if self.has_change_permission(request, obj) else fields

    def get_exclude(self, request, obj=None):
        return (*(super().get_exclude(request, obj) or ()), "version")  # the form adds its own

    def get_formset(self, request, obj=None, **kwargs):
        kwargs["form"] = self.bound(self.form, request)
        return super().get_formset(request, obj, **kwargs)


class LedgerInline(RecordInline):
    """New rows in one go; the rows that stand are not touched here."""

    extra = 3

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class LookOnly:
    """Shown in the admin, written elsewhere."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
