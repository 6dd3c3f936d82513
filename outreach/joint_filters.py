"""Filters of joint resolutions, community models, awards, directives and disasters."""

import django_filters
from django import forms

from kylien.accounts.models import User
from kylien.areas.filters import area_filter
from kylien.core.filters import MonthFilter, RecordFilterSet
from outreach.measures import SILENT_DAYS, active
from outreach.models import (
    Award,
    Campaign,
    Directive,
    Disaster,
    JointResolution,
    Partner,
)


def choice(label, method, empty="Tất cả", **choices):
    """Return a filter with a few fixed choices."""
    return django_filters.ChoiceFilter(
        label=label, choices=list(choices.items()), empty_label=empty, method=method
    )


def year_filter(label, method):
    return django_filters.NumberFilter(
        label=label,
        method=method,
        min_value=1900,
        max_value=2999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "maxlength": 4}),
    )


class ResolutionFilterSet(RecordFilterSet):
    state = choice(
        "Tình trạng",
        "by_state",
        "Còn hiệu lực",
        active=f"Có hoạt động trong {SILENT_DAYS} ngày",
        silent=f"Im ắng {SILENT_DAYS} ngày",
        late="Có cam kết quá hạn",
        ended="Hết hiệu lực",
        all="Tất cả",
    )
    partner = django_filters.ModelChoiceFilter(
        queryset=Partner.objects.order_by("kind", "sort_key", "pk"),
        label="Bên ký",
        empty_label="Tất cả",
        method="by_partner",
    )

    class Meta:
        model = JointResolution
        fields = ("q", "state", "partner")

    def filter_queryset(self, rows):
        if not self.form.cleaned_data["state"]:
            rows = rows.in_force(self.on)
        return super().filter_queryset(rows)

    def by_state(self, rows, name, value):
        match value:
            case "active":
                return rows.filter(pk__in=active(self.on).order_by().values("pk"))
            case "silent":
                return rows.silent(self.on, SILENT_DAYS)
            case "late":
                return rows.late(self.on)
            case "ended":
                return rows.filter(ended_on__lte=self.on)
        return rows

    def by_partner(self, rows, name, value):
        return rows.filter(parties__partner=value)


class CampaignFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    kind = django_filters.ChoiceFilter(
        label="Loại", choices=Campaign.Kind.choices, empty_label="Tất cả"
    )
    state = choice(
        "Tình trạng",
        "by_state",
        running="Đang thực hiện",
        met="Đạt đủ tiêu chí",
        unmet="Chưa đạt đủ tiêu chí",
        copied="Đã nhân rộng",
        ended="Đã kết thúc",
    )

    class Meta:
        model = Campaign
        fields = ("q", "neighbourhood", "kind", "state")

    def by_state(self, rows, name, value):
        match value:
            case "running":
                return rows.running(self.on)
            case "met":
                return rows.all_met()
            case "unmet":
                return rows.not_all_met()
            case "copied":
                copies = Campaign.objects.exclude(copied_from=None).order_by()
                return rows.filter(pk__in=copies.values("copied_from"))
        return rows.filter(ended_on__lte=self.on)


class AwardFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    state = choice(
        "Tình trạng",
        "by_state",
        proposed="Chờ quyết định",
        decided="Đã quyết định, chờ công bố",
        noticed="Đã công bố",
        declined="Không khen",
    )
    year = year_filter("Đề nghị năm", "by_year")
    month = MonthFilter(label="Quyết định trong kỳ", method="by_month")

    class Meta:
        model = Award
        fields = ("q", "neighbourhood", "state", "year", "month")

    def by_state(self, rows, name, value):
        match value:
            case "proposed":
                return rows.undecided()
            case "decided":
                return rows.unnoticed()
            case "noticed":
                return rows.exclude(noticed_on=None)
        return rows.exclude(declined_on=None)

    def by_year(self, rows, name, value):
        return rows.filter(proposed_on__year=int(value))

    def by_month(self, rows, name, month):
        return rows.decided_in(month.period)


class DirectiveFilterSet(RecordFilterSet):
    kind = django_filters.ChoiceFilter(
        label="Loại", choices=Directive.Kind.choices, empty_label="Tất cả"
    )
    state = choice(
        "Tình trạng", "by_state", open="Đang thực hiện", late="Quá hạn", done="Đã có kết quả"
    )
    owner = django_filters.ModelChoiceFilter(
        queryset=User.objects.none(), label="Phụ trách", empty_label="Tất cả"
    )
    year = year_filter("Ban hành năm", "by_year")

    class Meta:
        model = Directive
        fields = ("q", "kind", "state", "owner", "year")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Whoever has one: not narrowed to the user's own account, directives are the whole ward's.
        owners = Directive.objects.exclude(owner=None).order_by().values("owner")
        rows = User.objects.filter(pk__in=owners).order_by("full_name", "pk")
        self.form.fields["owner"].queryset = rows

    def by_state(self, rows, name, value):
        match value:
            case "open":
                return rows.unfinished()
            case "late":
                return rows.overdue(self.on)
        return rows.exclude(done_on=None)

    def by_year(self, rows, name, value):
        return rows.filter(issued_on__year=int(value))


class DisasterFilterSet(RecordFilterSet):
    state = choice("Tình trạng", "by_state", open="Đang diễn ra", ended="Đã hết")

    class Meta:
        model = Disaster
        fields = ("q", "state")

    def by_state(self, rows, name, value):
        return rows.open(self.on) if value == "open" else rows.filter(ended_on__lte=self.on)
