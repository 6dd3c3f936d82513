"""Who acts, on which day, and what they change: the one hook between records and the trail.

`core` knows that changes are recorded but not how: the audit app hands its `Trail` to `set_trail()`
when it starts. Without one every write fails, since a portal that quietly stopped keeping its trail
would be worse than one that stopped writing.
"""

import datetime as dt
from collections.abc import Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Protocol

from django.db import models
from django.utils import timezone


@dataclass(frozen=True)
class Act:
    """One request or command: the user (None for the shell), the address, the day and a reason."""

    user: Any = None
    address: str = ""
    day: dt.date | None = None
    reason: str = ""


_act: ContextVar[Act] = ContextVar("act", default=Act())  # noqa: B039 (Act is frozen)


def current_act() -> Act:
    return _act.get()


@contextmanager
def acting(**changes):
    """Run a block as a (partly) different act: `with acting(user=officer, reason="...")`."""
    token = _act.set(replace(_act.get(), **changes))
    try:
        yield
    finally:
        _act.reset(token)


def today() -> dt.date:
    """Return the act's day; the clock is asked only where no request or command has set one."""
    return current_act().day or timezone.localdate()


@dataclass(frozen=True)
class Change:
    """One row's change. `values` maps a field to `(old, new)`; secret fields are only named."""

    model: type[models.Model]
    pk: int
    action: str  # "create", "change", "delete"
    code: str  # what people call the record; empty for rows without one
    values: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


class Trail(Protocol):
    """What the audit app provides; `core` calls it and knows nothing else of it."""

    def changes(self, changes: list[Change]) -> None:
        """Keep changes of rows, inside the transaction that made them."""

    def reading(self, model: type[models.Model], action: str, **details) -> None:
        """Keep that rows were exported, printed or read."""

    def history(self, obj: models.Model, user) -> list | None:
        """Return a row's known changes, newest first; None for users who may not know."""


_trails: list[Trail] = []


def set_trail(new: Trail) -> None:
    _trails[:] = [new]


def trail() -> Trail:
    """Return the trail. Raises RuntimeError where none is set, so that no write goes untold."""
    if not _trails:
        raise RuntimeError("No trail of changes is set: the audit app must be installed.")
    return _trails[0]


@cache
def recorded_fields(model: type[models.Model]) -> list[models.Field]:
    """Return the fields whose values belong in the trail: all but bookkeeping and derived ones."""
    left_out = set(getattr(model, "unrecorded_fields", ()))
    return [f for f in model._meta.concrete_fields if f.name not in left_out]


def snapshot(model: type[models.Model], pks: Iterable[int], using: str) -> dict[int, dict]:
    """Read the recorded values of rows as they stand in the database: `{pk: {field: value}}`."""
    names = [f.attname for f in recorded_fields(model)]
    found = {}
    pks = list(pks)
    for start in range(0, len(pks), 500):  # SQLite's limit on parameters
        rows = model._base_manager.using(using).filter(pk__in=pks[start : start + 500])
        for row in rows.values("pk", *names):
            found[row["pk"]] = row
    return found


def values_in_memory(obj: models.Model) -> dict:
    """Return the recorded values of a row just written, without reading it back."""
    return {f.attname: f.to_python(getattr(obj, f.attname)) for f in recorded_fields(type(obj))}


def _owner_codes(model, rows: dict[int, dict]) -> dict[int, str]:
    """Return the code by which people know rows that have none of their own: a residence is told
    by its resident's. A deleted row is told by its kind alone."""
    lookup = getattr(model, "owner_code", "")
    found = {}
    pks = list(rows) if lookup else []
    for start in range(0, len(pks), 500):
        part = model._base_manager.filter(pk__in=pks[start : start + 500])
        found.update(part.values_list("pk", lookup))
    return found


def record_changes(model: type[models.Model], before: dict[int, dict], after: dict[int, dict]):
    """Hand the differences between two snapshots to the recorder; no difference, no entry."""
    secret = set(getattr(model, "secret_fields", ()))
    fields = recorded_fields(model)
    owners = _owner_codes(model, after or before)
    changes = []
    for pk in [*before, *(pk for pk in after if pk not in before)]:
        old, new = before.get(pk), after.get(pk)
        action = "change" if old and new else "create" if new else "delete"
        values, secrets = {}, []
        for f in fields:
            was = old[f.attname] if old else None
            now = new[f.attname] if new else None
            if was == now or f.primary_key or (action == "create" and now in (None, "")):
                continue
            if f.name in secret:
                secrets.append(f.name)
            else:
                values[f.name] = (was, now)
        if values or secrets or action != "change":
            code = (new or old).get("code") or owners.get(pk, "")
            changes.append(Change(model, pk, action, code, values, tuple(secrets)))
    if changes:
        trail().changes(changes)
