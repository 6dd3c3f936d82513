"""What the ward's own numbers about groups mean on a day."""

from dataclasses import dataclass
from typing import Self

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from selfgov_groups.models import GroupRule

Key = GroupRule.Key


@dataclass(frozen=True)
class Numbers:
    """After how many days a group is silent, is to meet, is to be met by its officer."""

    silent: int
    meeting: int
    contact: int

    @classmethod
    def on(cls, day, book=None) -> Self:
        """Return the numbers that hold on `day`; `book` where the rules are read already."""
        book = book or GroupRule.objects.book()
        return cls(
            silent=book.number(Key.SILENT_DAYS, day),
            meeting=book.number(Key.MEETING_DAYS, day),
            contact=book.number(Key.CONTACT_DAYS, day),
        )


def numbers_today(request) -> Numbers:
    """Return the numbers of the request's day, read once a request."""
    if not hasattr(request, "group_numbers"):
        request.group_numbers = Numbers.on(request.today)
    return request.group_numbers


def number(key, day):
    """Return `RuleBook.number` as part of a query: the row that holds on `day`, else the first."""
    rows = GroupRule.objects.filter(key=key)
    held = rows.filter(valid_from__lte=day).order_by("-valid_from")
    return Coalesce(
        Subquery(held.values("value")[:1]),
        Subquery(rows.order_by("valid_from").values("value")[:1]),
    )
