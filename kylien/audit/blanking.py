"""What retention may do to the trail: take away what entries tell of rows that are disposed of.

Each blanking is an entry itself, whose `fields` name the entries that it blanked by ranges of keys
("17-40"): what is blanked and not named so, `verify_audit` tells.
"""

from bisect import bisect_right
from collections.abc import Iterable
from functools import reduce
from operator import or_

from django.db import models, transaction
from django.db.models import Q

from kylien.audit.models import AuditEntry
from kylien.core.changes import trail

CHUNK = 500  # keys in a statement
RANGES = 2000  # in an entry


@transaction.atomic
def blank(model: type[models.Model], keys: Iterable[int], fields: Iterable[str] = ()) -> int:
    """Blank the values of the entries about these rows of a model, for good: of all, or of those
    alone that tell one of the `fields`. An entry loses all its values or none.

    Who did what when, and the digests, stay: the chain rests on them. Return how many entries.
    """
    keys, found = list(keys), []
    entries = AuditEntry.objects.filter(table=model._meta.label_lower)
    told = [Q(values__contains=f'"{name}":') for name in fields]
    if told:
        entries = entries.filter(reduce(or_, told))
    for start in range(0, len(keys), CHUNK):
        rows = entries.filter(row__in=keys[start : start + CHUNK])
        found += rows.exclude(values="").values_list("pk", flat=True)
    return _blank(model, found)


@transaction.atomic
def blank_between(start, end) -> int:
    """Blank the values of all entries from one moment until before another; return how many."""
    entries = AuditEntry.objects.filter(at__gte=start, at__lt=end).exclude(values="")
    return _blank(AuditEntry, list(entries.values_list("pk", flat=True)))


def _blank(model, keys):
    keys.sort()
    for start in range(0, len(keys), CHUNK):
        AuditEntry.objects.filter(pk__in=keys[start : start + CHUNK]).blank_values()
    ranges = [f"{first}-{last}" for first, last in _ranges(keys)]
    for start in range(0, len(ranges), RANGES):
        trail().reading(model, "blank", fields=ranges[start : start + RANGES])
    return len(keys)


def _ranges(keys):
    """Return sorted keys as pairs `[first, last]` of those that follow each other."""
    found = []
    for key in keys:
        if found and found[-1][1] + 1 == key:
            found[-1][1] = key
        else:
            found.append([key, key])
    return found


class Ranges:
    """Keys told by ranges, of which no two overlap: an entry is blanked once."""

    def __init__(self, pairs):
        self.pairs = sorted(pairs)
        self.firsts = [first for first, _ in self.pairs]

    def __contains__(self, key):
        place = bisect_right(self.firsts, key) - 1
        return place >= 0 and self.pairs[place][1] >= key


def ranges_told(entries: Iterable[list[str]]) -> Ranges:
    """Return the keys that the `fields` of entries of blankings name."""
    return Ranges(
        tuple(map(int, one.split("-"))) for fields in entries for one in fields if "-" in one
    )
