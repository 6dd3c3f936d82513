import datetime as dt

import django_filters
from django.apps import apps
from django.contrib.auth.models import Group

from kylien.accounts.models import Role, User
from kylien.audit.models import AuditEntry
from kylien.core.filters import DayFilter, RecordFilterSet
from kylien.core.models import Tracked
from kylien.core.periods import Period

FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(3000, 1, 1)


def tables():
    """List the kinds of record that the trail keeps: `(table, name)`, by name."""
    kept = [m for m in apps.get_models() if issubclass(m, Tracked) or m in (Group, AuditEntry)]
    names = [(m._meta.label_lower, str(m._meta.verbose_name)) for m in kept]
    return sorted(
        ((table, name[:1].upper() + name[1:]) for table, name in names), key=lambda item: item[1]
    )


class AuditFilterSet(RecordFilterSet):
    day_from = DayFilter(label="Từ ngày", method="by_days")
    day_to = DayFilter(label="Đến ngày", method="by_days")
    user = django_filters.ModelChoiceFilter(
        queryset=User.objects.all(), label="Người thực hiện", empty_label="Tất cả"
    )
    action = django_filters.ChoiceFilter(
        label="Việc", choices=AuditEntry.Action.choices, empty_label="Tất cả"
    )
    table = django_filters.ChoiceFilter(label="Loại bản ghi", choices=tables, empty_label="Tất cả")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.request.user.has_role(Role.CHIEF):  # who acted is told there: superusers too
            self.form.fields["user"].queryset = User.objects.all()

    class Meta:
        model = AuditEntry
        fields = ("q", "day_from", "day_to", "user", "action", "table")

    def by_days(self, rows, name, value):
        """Narrow to one side: both days are whole days, the last one included."""
        if name == "day_from":
            return rows.within(Period(value, LAST_DAY))
        return rows.within(Period(FIRST_DAY, value + dt.timedelta(days=1)))
