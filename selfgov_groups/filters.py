import datetime as dt

import django_filters

from kylien.accounts.models import User
from kylien.areas.filters import area_filter
from kylien.core.filters import DayFilter, MonthFilter, RecordFilterSet
from selfgov_groups.models import GroupRequest, GroupScore, SelfManagedGroup
from selfgov_groups.rules import Numbers, numbers_today


class GroupFilterSet(RecordFilterSet):
    neighbourhood = area_filter()
    silent = django_filters.ChoiceFilter(
        label="Sinh hoạt",
        choices=[
            ("yes", "Im ắng"),
            ("meeting", "Quá hạn họp"),
            ("contact", "Quá hạn gặp"),
            ("head", "Chưa có tổ trưởng"),
        ],
        empty_label="Tất cả",
        method="by_silence",
    )
    met_in = MonthFilter(label="Có họp trong kỳ", method="by_month")
    unmet_in = MonthFilter(label="Chưa họp trong kỳ", method="by_lack")
    rated = django_filters.ChoiceFilter(
        label="Xếp loại năm trước",
        choices=[*GroupScore.Class.choices, ("none", "Chưa xếp loại")],
        empty_label="Tất cả",
        method="by_class",
    )
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("all", "Cả tổ đã giải thể"), ("dissolved", "Đã giải thể")],
        empty_label="Đang hoạt động",
        method="by_state",
    )
    on = DayFilter(label="Có vào ngày", method="by_day")

    class Meta:
        model = SelfManagedGroup
        fields = ("q", "neighbourhood", "silent", "met_in", "unmet_in", "rated", "state", "on")

    def filter_queryset(self, rows):
        data = self.form.cleaned_data
        past = data["on"] or data["met_in"] or data["unmet_in"]
        if not data["state"] and not past:
            rows = rows.active()  # a past day or month asks for the groups of then
        return super().filter_queryset(rows)

    def by_silence(self, rows, name, value):
        asked = self.form.cleaned_data["on"]
        on, numbers = asked or self.on, Numbers.on(asked) if asked else numbers_today(self.request)
        match value:
            case "yes":
                return rows.silent(on, numbers.silent)
            case "meeting":
                return rows.without_meeting(on, numbers.meeting)
            case "contact":
                return rows.without_contact(on, numbers.contact)
        return rows.without_head(on)

    def by_month(self, rows, name, month):
        return rows.met_in(month.period)

    def by_lack(self, rows, name, month):
        """Keep the groups of the month's last day, or of today where it still runs."""
        period = month.period
        day = min(period.end - dt.timedelta(days=1), self.on)
        return rows.active_on(day).exclude(pk__in=rows.met_in(period).order_by().values("pk"))

    def by_class(self, rows, name, value):
        year = (self.form.cleaned_data["on"] or self.on).year - 1
        scores = GroupScore.objects.filter(scheme__year=year, state=GroupScore.State.APPROVED)
        if value == "none":
            return rows.exclude(pk__in=scores.order_by().values("group"))
        return rows.filter(pk__in=scores.filter(rated=value).order_by().values("group"))

    def by_state(self, rows, name, value):
        return rows.exclude(dissolved_on=None) if value == "dissolved" else rows

    def by_day(self, rows, name, value):
        return rows.active_on(value)


class RequestFilterSet(RecordFilterSet):
    state = django_filters.ChoiceFilter(
        label="Tình trạng",
        choices=[("open", "Chưa trả lời"), ("late", "Quá hạn"), ("done", "Đã trả lời")],
        empty_label="Tất cả",
        method="by_state",
    )
    neighbourhood = area_filter(field_name="group__neighbourhood")
    owner = django_filters.ModelChoiceFilter(
        queryset=User.objects.working(), label="Phụ trách", empty_label="Tất cả"
    )
    month = MonthFilter(label="Nêu trong kỳ", method="by_month")
    done_in = MonthFilter(label="Trả lời trong kỳ", method="by_done")

    class Meta:
        model = GroupRequest
        fields = ("q", "state", "neighbourhood", "owner", "month", "done_in")

    def by_state(self, rows, name, value):
        match value:
            case "open":
                return rows.unfinished()
            case "late":
                return rows.overdue(self.on)
        return rows.exclude(done_on=None)

    def by_month(self, rows, name, month):
        return rows.raised_in(month.period)

    def by_done(self, rows, name, month):
        return rows.finished_in(month.period)
