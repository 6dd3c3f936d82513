"""Reading few rows of many models in one round trip, for a page that shows a bit of each."""

from django.db.models import CharField, F, Model, QuerySet, Value
from django.db.models.functions import JSONObject


def read_all(rows: dict[str, QuerySet]) -> dict[str, list[Model]]:
    """Return the rows of every queryset: `{key: [row]}`, in one query, in no order.

    Annotations come along as attributes; bookkeeping, search columns and moments stay unread
    (Django fetches one when it is asked for). The querysets may be of different models but not
    `.distinct()` or sliced.
    """
    parts = []
    for key, part in rows.items():
        names = [f.attname for f in _fields(part.model)]
        values = {name: F(name) for name in (*names, *part.query.annotations)}
        plain = part.order_by().annotate(_key=Value(key, CharField()), _row=JSONObject(**values))
        parts.append(plain.values_list("_key", "_row"))
    found = {key: [] for key in rows}
    for key, values in parts[0].union(*parts[1:], all=True):
        found[key].append(_made(rows[key], values))
    return found


def _fields(model):
    """Return the columns that are read: those people fill, in the model's order."""
    skipped = {"version", "created_at", "changed_at", "search_text", "exact_text", "sort_key"}
    return [f for f in model._meta.concrete_fields if f.name not in skipped]


def _made(rows, values):
    fields = _fields(rows.model)
    read = [f.to_python(values[f.attname]) for f in fields]
    row = rows.model.from_db(rows.db, [f.attname for f in fields], read)
    for name, expression in rows.query.annotations.items():
        setattr(row, name, expression.output_field.to_python(values[name]))
    return row


def attach(row, **children):
    """Let `row.rules.all()` and its like answer from lists read already, in the list's order, as
    after `prefetch_related()`; `.filter()` still asks the database."""
    known = vars(row).setdefault("_prefetched_objects_cache", {})
    for name, found in children.items():
        rows = getattr(row, name).all()
        rows._result_cache, rows._prefetch_done = list(found), True
        known[name] = rows
