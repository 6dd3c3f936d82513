"""What a law says, as rows: value, legal basis, valid from, valid to.

The law changes several times a year, so the chief edits these in the admin site; code asks for the
row that holds on the day it works for. `DatedRule` is the base of each app's own table of rules.
"""

from django.db import models
from django.db.models import F, Q

from kylien.areas.models import SettingQuerySet
from kylien.core.models import Tracked


class DatedQuerySet(SettingQuerySet):
    def in_scope(self, scope):
        return self.all()  # a rule holds for the whole ward

    def in_force(self, day):
        """Return the rows that hold on `day`."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)


class RuleQuerySet(DatedQuerySet):
    def number(self, key, day):
        """Return the number that the law sets for `key` on `day`; the earliest known one before.

        Raises LookupError where no row names the key at all.
        """
        return self.filter(key=key).book().number(key, day)

    def book(self):
        """Return the numbers read once, for work on many rows."""
        return RuleBook(self.order_by("-valid_from"))


class RuleBook:
    """Numbers of the law in memory; `number` answers as that of the queryset."""

    def __init__(self, rows):
        self.rows = list(rows)

    def rule(self, key, day):
        """Return the row behind `number`."""
        rows = [row for row in self.rows if row.key == key]
        if not rows:
            raise LookupError(f"No rule {key}.")
        return next((row for row in rows if row.valid_from <= day), rows[-1])

    def number(self, key, day):
        return self.rule(key, day).value


class DatedRule(Tracked):
    """What a law says from one day until before another."""

    legal_basis = models.CharField("căn cứ", max_length=200)
    valid_from = models.DateField("áp dụng từ")
    valid_to = models.DateField("hết áp dụng từ", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta(Tracked.Meta):
        abstract = True
        default_permissions = ("view", "add", "change")

    def holds_on(self, day):
        """Tell whether the row holds on `day`, as `in_force` does."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def number_constraints(prefix):
    """Return the constraints of a model of numbers (`key`, `value`), named after `prefix`."""
    return [
        ends_after_start(f"{prefix}_ends_after_start"),
        models.CheckConstraint(
            name=f"{prefix}_positive",
            condition=Q(value__gt=0, value__lte=366),
            violation_error_message="Giá trị từ 1 đến 366.",
        ),
        models.UniqueConstraint(
            name=f"{prefix}_once_a_day",
            fields=["key", "valid_from"],
            violation_error_message="Đã có quy định này áp dụng từ ngày đó.",
        ),
    ]


def number_fields(prefix):
    """Return which field shows the sentence of each of `number_constraints`."""
    return {
        f"{prefix}_ends_after_start": "valid_to",
        f"{prefix}_once_a_day": "valid_from",
        f"{prefix}_positive": "value",
    }


def ends_after_start(name):
    """Return the constraint that a dated rule ends after it starts."""
    return models.CheckConstraint(
        name=name,
        condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
        violation_error_message="Ngày hết áp dụng phải sau ngày áp dụng.",
    )
