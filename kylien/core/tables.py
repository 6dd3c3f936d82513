"""Tables of list pages: declared with django-tables2, rendered lean, exported as they stand.

django-tables2's own rendering takes most of a page's time (an introspection a cell). Here each
column's accessor and renderer is resolved once a table, and the template loops over plain strings.
"""

from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime
from django_tables2 import Column, Table
from django_tables2.utils import OrderByTuple

from kylien.core import text

DASH = mark_safe('<span class="mute">—</span>')


class Cell(Column):
    """A column. `phone` says where it stands on a phone's card: title, state, detail or hide;
    `css` adds classes, such as "nowrap" for codes."""

    css = ""

    def __init__(self, *args, phone="hide", dated=False, css="", **kwargs):
        self.phone = phone
        self.css = f"{self.css} {css}".strip()
        self.dated = dated  # the accessor is a method that takes the day
        super().__init__(*args, **kwargs)

    @property
    def classes(self):
        return f"{self.css} ph-{self.phone}".strip()

    def html(self, value, record):
        """Return what the page shows."""
        return DASH if value in (None, "") else conditional_escape(value)

    def plain(self, value, record):
        """Return what an export holds: text, a number, a day or a moment."""
        return "" if value is None else value


class RightCell(Cell):
    """Text that lines up on the right, such as a birth date that may be a year alone."""

    css = "num"


class DayCell(RightCell):
    css = "num nowrap"

    def html(self, value, record):
        return text.format_date(value) if value else DASH


class WideCell(Cell):
    """Longer text, such as the name of a business: it gets room before the short columns do."""

    css = "wide"


class MomentCell(RightCell):
    css = "num moment"

    def html(self, value, record):
        return localtime(value).strftime("%d/%m/%Y %H:%M") if value else DASH


class NumberCell(RightCell):
    def html(self, value, record):
        return DASH if value is None else text.format_number(value)


class TitleCell(Cell):
    """The column that opens the row's page."""

    def __init__(self, *args, url=None, phone="title", **kwargs):
        self.url = url or (lambda record: record.get_absolute_url())
        super().__init__(*args, phone=phone, **kwargs)

    def html(self, value, record):
        return format_html('<a href="{}">{}</a>', self.url(record), value)


class BadgeCell(Cell):
    """A state as a word in a pill. The accessor gives `(tone, word)`: ok, due, late or mute."""

    def __init__(self, *args, phone="state", **kwargs):
        super().__init__(*args, phone=phone, **kwargs)

    def html(self, value, record):
        return DASH if not value else format_html('<span class="badge badge-{}">{}</span>', *value)

    def plain(self, value, record):
        return value[1] if value else ""


class Row(list):
    """A row's cells, `(classes, label, html)`, and their html in one piece: a template's loop over
    a page's 450 cells costs more than all its queries."""

    def html(self):
        cells = (
            f'<td class="{css}" data-l="{label}">'
            f"{shown if type(shown) is SafeString else conditional_escape(shown)}</td>"
            for css, label, shown in self
        )
        return mark_safe("".join(cells))  # noqa: S308 (classes and labels come escaped)


class RecordTable(Table):
    """Base of our tables. Columns' accessors may name attributes, relations (`a__b`) or methods."""

    class Meta:
        empty_text = ""

    def __init__(self, data, *, on=None, **kwargs):
        self.on = on
        # Only `ordered()` orders: a table that is sorted downwards turns its columns' keys round.
        super().__init__(data, order_by=(), **kwargs)

    @cached_property
    def plan(self):
        """List `(bound column, getter)`, resolved once for all rows."""
        return [
            (bound, _getter(str(bound.accessor), self.on if bound.column.dated else None))
            for bound in self.columns.iterall()
        ]

    def lean_rows(self, records):
        """List each record's cells as `(classes, label, html)`."""
        cells = [  # escaped once a table, not once a cell
            (
                conditional_escape(bound.column.classes),
                conditional_escape(bound.header),
                get,
                bound.column.html,
            )
            for bound, get in self.plan
        ]
        return [
            Row((css, label, html(get(record), record)) for css, label, get, html in cells)
            for record in records
        ]

    def plain_rows(self, records):
        """Yield each record's values for an export."""
        cells = [(get, bound.column.plain) for bound, get in self.plan]
        for record in records:
            yield [plain(get(record), record) for get, plain in cells]

    @property
    def header(self):
        return [str(bound.header) for bound, _ in self.plan]

    def ordered(self, sort):
        """Return the rows in a total order: by the sort keys known to the table, then by key."""
        # No column's name has a dot, which the library would read as an accessor of old.
        typed = (sort or "").replace("\0", "").split(",")
        wanted = OrderByTuple(alias for alias in typed if "." not in alias)
        keys = []
        for alias in wanted:
            if alias.bare in self.columns and self.columns[alias.bare].orderable:
                fields = self.columns[alias.bare].order_by
                keys.extend(fields.opposite if alias.is_descending else fields)
        rows = self.data.data
        return rows.order_by(*(keys or self._meta.order_by or ()), "pk")


def _getter(accessor, on):
    """Return a function that follows `a__b` or `a.b`, calls methods, and stops at None."""
    steps = accessor.replace("__", ".").split(".")

    def get(record):
        value = record
        for step in steps:
            value = getattr(value, step)
            if callable(value):
                value = value() if on is None else value(on)
            if value is None:
                return None
        return value

    return get


class KeyPaginator(Paginator):
    """Pages that stay fast at the end: the page's keys first (an index walk from the nearer end),
    then its rows by key."""

    def __init__(self, rows, per_page, load):
        super().__init__(rows, per_page)
        self.load = load

    def nearest(self, number):
        """Return the page named by an address; a bad number gives the nearest page."""
        try:
            number = int(number)
        except (TypeError, ValueError, OverflowError):
            number = 1
        return self.page(min(max(number, 1), self.num_pages))

    def page(self, number):
        start = (number - 1) * self.per_page
        stop = min(start + self.per_page, self.count)
        keys = self.object_list.values_list("pk", flat=True)
        if start > self.count // 2:
            wanted = list(keys.reverse()[self.count - stop : self.count - start])[::-1]
        else:
            wanted = list(keys[start:stop])
        found = {row.pk: row for row in self.load(wanted)} if wanted else {}
        return self._get_page([found[key] for key in wanted if key in found], number, self)
