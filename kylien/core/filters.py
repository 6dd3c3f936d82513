"""Filters of list pages: one search box, then selects and days in one row."""

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from kylien.core import text
from kylien.core.forms import DayField
from kylien.core.periods import Month, Quarter
from kylien.core.readings import described_query

NUMBERS_BY_POST = (
    "Số định danh, số điện thoại không đặt trên thanh địa chỉ: gõ vào ô tìm rồi bấm Enter."
)


class DayFilter(django_filters.DateFilter):
    field_class = DayField


class YearFilter(django_filters.NumberFilter):
    """A year from 1900 on: all that may be asked of days of which pages show the year alone."""

    field_class = forms.IntegerField

    def __init__(self, **kwargs):
        super().__init__(**{"min_value": 1900, "max_value": 2999, **kwargs})


class MonthField(forms.CharField):
    """A reporting month as addresses name it: `2026-10`."""

    widget = forms.TextInput(attrs={"placeholder": "yyyy-mm", "size": 8, "maxlength": 7})

    def to_python(self, value):
        value = super().to_python(value)
        if not value:
            return None
        try:
            return Month.parse(value, start_day=settings.REPORT_START_DAY)
        except ValueError as error:
            raise ValidationError("Ghi kỳ báo cáo như 2026-10.", code="invalid") from error

    def prepare_value(self, value):
        return str(value) if value else ""


class MonthFilter(django_filters.CharFilter):
    """Rows of a reporting month; `method` gets the Month."""

    field_class = MonthField


class QuarterField(forms.CharField):
    """A quarter as addresses name it: `2026-Q4`."""

    widget = forms.TextInput(attrs={"placeholder": "yyyy-Qn", "size": 8, "maxlength": 7})

    def to_python(self, value):
        value = super().to_python(value)
        if not value:
            return None
        try:
            return Quarter.parse(value)
        except ValueError as error:
            raise ValidationError("Ghi quý như 2026-Q4.", code="invalid") from error

    def prepare_value(self, value):
        return str(value) if value else ""


class QuarterFilter(django_filters.CharFilter):
    """Rows of a quarter; `method` gets the Quarter."""

    field_class = QuarterField


class SearchField(forms.CharField):
    """Words of any length are cut, control characters dropped: nothing typed here can be wrong."""

    def to_python(self, value):
        return text.clean(super().to_python(value))[:200]


class SearchFilter(django_filters.CharFilter):
    field_class = SearchField

    def filter(self, rows, value):
        if not value:
            return rows
        user = self.parent.request.user
        look_up = getattr(rows, "look_up", rows.search)
        return look_up(value, partial_numbers=user.may_see_numbers)


class OwnerSearchFilter(SearchFilter):
    """The search box of rows without words of their own: by the record that `owner` leads to."""

    def __init__(self, owner, **kwargs):
        self.owner = owner
        super().__init__(label="Tìm", **kwargs)

    def filter(self, rows, value):
        if not value:
            return rows
        owners = rows.model
        for step in self.owner.split("__"):
            owners = owners._meta.get_field(step).related_model
        found = super().filter(owners.objects.order_by(), value)
        return rows.filter(**{f"{self.owner}__in": found.values("pk")})


class RecordFilterSet(django_filters.FilterSet):
    """A list's filters. Their names stand in the address, so every figure can link to its rows."""

    q = SearchFilter(label="Tìm")

    def __init__(self, data=None, queryset=None, *, request=None, prefix=None):
        super().__init__(data, queryset, request=request, prefix=prefix)
        self.on = request.today
        for name, item in self.filters.items():
            rows = getattr(item.field, "queryset", None)
            if rows is not None and hasattr(rows, "visible_to"):
                self.form.fields[name].queryset = rows.visible_to(request.user)

    @property
    def qs(self):
        """Return the filtered rows; none where a filter cannot be read, and the form says which."""
        if self.is_bound and not self.form.is_valid():
            return self.queryset.none()
        return super().qs

    def get_form_class(self):
        form_class = super().get_form_class()
        request = self.request

        class FilterForm(form_class):
            def clean_q(self):
                query = self.cleaned_data["q"]
                if request.method == "GET" and text.holds_number(query):
                    raise ValidationError(NUMBERS_BY_POST)
                return query

        return FilterForm

    def active(self):
        """List the filters in use: `{name, label, value}`."""
        if not self.form.is_valid():
            return []
        found = []
        for name, value in self.form.cleaned_data.items():
            if name == "q" or value in (None, "") or (hasattr(value, "__len__") and not len(value)):
                continue
            field = self.form.fields[name]
            shown = value
            choices = getattr(field, "choices", None)
            if choices is not None and not hasattr(field, "queryset"):
                shown = {str(k): v for k, v in choices}.get(str(value), value)
            elif hasattr(value, "strftime"):
                shown = text.format_date(value)
            found.append({"name": name, "label": field.label, "value": str(shown)})
        return found

    def described(self):
        """Return `{label: value}` of the filters in use and of the words, as the trail keeps them.

        Of a number that was searched for it holds a digest: the trail never has the number itself.
        """
        found = {item["label"]: item["value"] for item in self.active()}
        query = self.form.cleaned_data.get("q") if self.form.is_valid() else ""
        if query:
            found[self.form.fields["q"].label] = described_query(query)
        return found
