"""What there is to do with reports: the one of the month, on the last day of its period."""

import datetime as dt

from django.conf import settings
from django.db.models import CharField, DateField, IntegerField, Value
from django.urls import reverse

from kylien.areas.models import Ward
from kylien.core.periods import Month
from kylien.core.work import Work


def month_to_report(user, on, until):
    """Return the ward once, for who works for the whole of it, where the current period ends up to
    `until`. Reports that were sent are not recorded, so none is ever told as overdue."""
    month = Month.containing(on, settings.REPORT_START_DAY)
    last_day = month.period.end - dt.timedelta(days=1)
    wards = Ward.objects.visible_to(user)
    if not user.scope.whole_ward or last_day > until:
        return wards.none()
    today = Ward.objects.valid_on(on).order_by("-valid_from", "-pk").values("pk")[:1]
    return wards.filter(pk__in=today).annotate(
        report_by=Value(last_day, DateField()),
        report_for=Value(month.label, CharField()),
        report_key=Value(month.year * 100 + month.month, IntegerField()),
    )


def month_page(key):
    """Return the address of the month's figures; `key` is its year and month: 202611."""
    return reverse("report-month", args=[f"{key // 100}-{key % 100:02}"])


WORK = (
    Work(
        kind="report",
        label="Báo cáo tháng",
        permission="",
        rows=month_to_report,
        day="report_by",
        name="report_for",
        detail=Value("Chốt số liệu, gửi báo cáo", CharField()),
        area="",
        key="report_key",
        url=month_page,
        soon=7,
    ),
)
