"""Counting many querysets in one round trip, so that a page of figures costs one query."""

from collections import defaultdict

from django.db.models import CharField, Count, F, Func, IntegerField, QuerySet, Value

# Not `Count`, which would group by the figure's name; and rows, not keys: so PostgreSQL answers
# from an index that does not hold the key.
COUNT = Func(template="COUNT(*)", output_field=IntegerField())
TERMS = 400  # SQLite unites at most 500 querysets; more are counted in a second round trip


def count_all(rows: dict[str, QuerySet]) -> dict[str, int]:
    """Return the number of rows of every queryset: `{key: count}`, in one query.

    Each count keeps its own index. The querysets may be of different models but not `.distinct()`.
    """
    found = dict.fromkeys(rows, 0)
    parts = [
        part.order_by().annotate(figure=Value(key, CharField()), n=COUNT).values_list("figure", "n")
        for key, part in rows.items()
        if not part.query.is_empty()
    ]
    found.update(_union(parts))
    return found


def count_by(rows: dict[str, tuple[QuerySet, str]]) -> dict[str, dict[int, int]]:
    """Return `{key: {id: count}}` of querysets and their paths to what they are told apart by."""
    found = defaultdict(dict)
    parts = [
        part.order_by()
        .annotate(figure=Value(key, CharField()), whose=F(path))
        .values("figure", "whose")
        .annotate(n=Count("*"))
        .values_list("figure", "whose", "n")
        for key, (part, path) in rows.items()
        if not part.query.is_empty()
    ]
    for key, whose, n in _union(parts):
        found[key][whose] = n
    return found


def _union(parts):
    found = []
    for start in range(0, len(parts), TERMS):
        first, *more = parts[start : start + TERMS]
        found += first.union(*more, all=True) if more else first
    return found
