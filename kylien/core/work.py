"""What there is to do, told by each app for itself: the contract of `<app>/work.py`.

An app lists its kinds of work in `WORK`; the portal merges those of all apps, by day, for the home
page, the worklist, its paper and the morning digest. A new app needs no edit in the portal.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from django.apps import apps
from django.db.models import DateField, Func, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.module_loading import module_has_submodule

Told = str | Combinable  # a path from the row (`resident__full_name`), or an expression about it
Rows = Callable[[Model, dt.date, dt.date], QuerySet]


@dataclass(frozen=True)
class Work:
    """One kind of work.

    `rows(user, on, until)` are the user's own rows (`visible_to`) that are still open on the day
    `on` and due up to and with `until`, those past included; it may annotate what the others name.
    `day` is the day until which (or on which) a row is to be done. Without it the work waits for no
    day, such as a guest to confirm: it is there every day until it is done, and `since` (a day)
    says since when.

    The others tell a row: its `name` and `detail`, the `area` it lies in (a path to the
    neighbourhood, empty for what concerns the whole ward), the `key` that `url` makes an address
    of, and, for a due hour, the moment `at` (its local day must be `day`). `says` stands before the
    name where the kind is not shown beside it; without it `label` does. As an expression it tells
    the row more closely than its kind, such as which paper it is.

    `assigned(officer)` gives the condition of rows that are his wherever they lie; a kind that has
    it must let `rows` hold those too. A `personal` kind is of one user, wherever it lies:
    whoever looks at an officer's work sees that officer's rows. `soon`: how many days ahead the
    home page looks.
    """

    kind: str  # stable: it stands in addresses
    label: str
    permission: str  # empty: `rows` alone decides
    rows: Rows
    name: Told
    detail: Told
    url: Callable[[int], str]
    day: Told | None = None
    since: Told | None = None
    since_word: str = "Từ"
    area: str = "neighbourhood"
    key: Told = "pk"
    at: Told | None = None
    says: Told = ""
    assigned: Callable[[Model], Q] | None = None
    personal: bool = False
    soon: int = 30

    def may(self, user) -> bool:
        """Tell whether the user may read rows of this kind."""
        return not self.permission or user.has_perm(self.permission)


def page_of(model: type[Model]) -> Callable[[int], str]:
    """Return what makes the address of a record's page out of its key."""
    return lambda key: model(pk=key).get_absolute_url()


class AddDays(Func):
    """A day so many days later, the same on both databases: `AddDays("issued_on", 60)`.

    The number may be an expression of the row's too: a number of the law that held on its day.
    """

    output_field = DateField()

    def as_sqlite(self, compiler, connection, **context):
        return self.as_sql(
            compiler, connection, template="date(%(expressions)s || ' days')", arg_joiner=", "
        )

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="(%(expressions)s)", arg_joiner=" + ")


@cache
def all_work() -> tuple[Work, ...]:
    """Return the kinds of all installed apps; what waits for no day stands last."""
    found = []
    for config in apps.get_app_configs():
        if module_has_submodule(config.module, "work"):
            found += getattr(import_module(f"{config.name}.work"), "WORK", ())
    return tuple(sorted(found, key=lambda work: work.day is None))
