"""What retention may do to the trail: take away what entries tell of rows that are disposed of."""

from collections.abc import Iterable

from django.db import models, transaction

from kylien.audit.models import AuditEntry

CHUNK = 500  # keys in a statement


@transaction.atomic
def blank(model: type[models.Model], keys: Iterable[int]) -> int:
    """Blank the values of every entry about these rows of a model, for good.

    Who did what when, and the digests, stay: the chain rests on them. Return how many entries.
    """
    keys, count = list(keys), 0
    entries = AuditEntry.objects.filter(table=model._meta.label_lower).exclude(values="")
    for start in range(0, len(keys), CHUNK):
        count += entries.filter(row__in=keys[start : start + CHUNK]).blank_values()
    return count


@transaction.atomic
def blank_between(start, end) -> int:
    """Blank the values of all entries from one moment until before another; return how many."""
    entries = AuditEntry.objects.filter(at__gte=start, at__lt=end).exclude(values="")
    return entries.blank_values()
