"""Fills `core`'s hook: turns changes into audit entries, and entries into sentences."""

import json
from functools import cache

from django.apps import apps
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import DateField, DateTimeField, ForeignKey, Q
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from kylien.accounts.models import Role, User
from kylien.audit.chain import token_of_transaction
from kylien.audit.models import AuditEntry, digest_of, sealed
from kylien.core import text
from kylien.core.changes import Change, current_act, set_trail


class AuditTrail:
    """The portal's trail of changes (`kylien.core.changes.Trail`)."""

    def changes(self, changes: list[Change]):
        kinds = {}
        for change in changes:
            kinds.setdefault((change.model, change.action), []).append(change)
        with transaction.atomic(savepoint=False):
            token = token_of_transaction()
            for (model, action), same in kinds.items():
                entry = self._entry(model, action)
                entry.token = token
                AuditEntry.objects.append_like(entry, map(_varying, same))

    def reading(self, model, action, *, row=None, code="", fields=(), **details):
        """Keep one reading. `row` is the key and `code` the code of the record read, if of one;
        `fields` names the fields shown. `filters`, `path` with `status`, and the details that
        `DETAILS` knows are put into words; numbers of people never belong there."""
        entry = self._entry(model, action)
        entry.row, entry.code, entry.fields = row, code[:150], list(fields)
        entry.seal(details)
        with transaction.atomic(savepoint=False):
            entry.token = token_of_transaction()  # it is what seals the entry afterwards
            entry.save()

    def history(self, obj, user):
        if not user.has_role(Role.CHIEF):
            return None
        own = AuditEntry.objects.of(obj).order_by("-pk").values("pk")
        seen = own.filter(action=Action.VIEW)[:LOOKS]
        rest = own.exclude(action=Action.VIEW)[:SHOWN]
        found = AuditEntry.objects.filter(Q(pk__in=rest) | Q(pk__in=seen))
        groups = _looks_together(found.select_related("user").order_by("-pk"))
        told = Told([entries[0] for entries in groups], known=_at_hand(obj))
        return [
            {
                "at": entries[0].at,
                "who": who(entries[0]),
                "sentence": told.sentence(entries[0], times=len(entries)),
            }
            for entries in groups
        ]

    @staticmethod
    def _entry(model, action):
        act = current_act()
        user = act.user if getattr(act.user, "is_authenticated", False) else None
        return AuditEntry(
            at=timezone.now(),
            user_id=user.pk if user else None,
            address=act.address[:45],
            action=action,
            table=model._meta.label_lower,
            reason=act.reason[:300],
        )


def _varying(change):
    """Return what differs between the entries of changes of one kind."""
    salt, values = sealed(change.values)
    return {
        "row": change.pk,
        "code": change.code,
        "fields": [*change.values, *change.secrets],
        "values": values,
        "salt": salt,
        "digest": digest_of(salt, values),
    }


def _looks_together(entries):
    """Return entries, newest first, in groups: of those who looked again on the same day one."""
    groups = {}
    for entry in entries:
        seen = entry.action == Action.VIEW
        key = (entry.user_id, timezone.localdate(entry.at)) if seen else entry.pk
        groups.setdefault(key, []).append(entry)
    return list(groups.values())


def _at_hand(obj):
    """Return the rows that a page has read with its record: they are not asked for again."""
    children = [
        row for found in getattr(obj, "_prefetched_objects_cache", {}).values() for row in found
    ]
    links = [one for row in (obj, *children) for one in row._state.fields_cache.values() if one]
    return [obj, *children, *links]


TRAIL = AuditTrail()
Action = AuditEntry.Action
CHANGES = (Action.CREATE, Action.CHANGE, Action.DELETE)
# What a record's page shows: so many of its newest entries, and besides so many looks at it.
SHOWN, LOOKS = 50, 200
FACTORS = {"": "Chỉ bằng mật khẩu", "recovery_codes": "Bằng mật khẩu và mã khôi phục"}
STEPS = {"password": "Sai tên hoặc mật khẩu", "code": "Sai mã xác thực"}
DETAILS = {
    "rows": lambda count: f"{text.format_number(count)} dòng",
    "file": lambda name: f"Tệp {name}",
    "step": lambda step: STEPS.get(step, str(step)),
    "factor": lambda kind: FACTORS.get(kind, "Có mã xác thực"),
    "ended": lambda count: f"Kết thúc {count} phiên khác",
}
REFUSALS = {
    403: "không có quyền",
    404: "không có, hoặc ngoài phạm vi",
    429: "thử quá nhiều lần",
}
PARTS = {
    "list": "danh sách",
    "detail": "trang xem",
    "create": "thêm mới",
    "update": "sửa",
    "options": "ô chọn",
    "print": "bản in",
}


def who(entry):
    if entry.user_id:
        return entry.user.full_name_label
    return "Chưa đăng nhập" if entry.action == Action.REFUSED else "Hệ thống"


def model_of(entry):
    try:
        return apps.get_model(entry.table)
    except LookupError:  # a table of an earlier version
        return None


def noun(entry):
    """Return what kind of record an entry is about, as people call it."""
    model = model_of(entry)
    name = str(model._meta.verbose_name) if model else entry.table
    return name[:1].upper() + name[1:]


class Told:
    """Entries put into words; what foreign keys point to is fetched together, once a model.

    `content(entry)` is what happened, `sentence(entry)` says also which act it was and why. Rows
    that the page has read already (`known`) are not asked for again.
    """

    def __init__(self, entries, known=()):
        self.values = {e: json.loads(e.values) if e.values else {} for e in entries}
        self.fields = {e: self._fields(model_of(e)) for e in entries}
        wanted = {}
        for entry, values in self.values.items():
            for name, pair in values.items():
                field = self.fields[entry].get(name)
                if isinstance(field, ForeignKey):
                    wanted.setdefault(field.target_field, set()).update(filter(None, pair))
        self.labels = {
            target: self._labels(target, keys, known) for target, keys in wanted.items() if keys
        }

    @staticmethod
    def _labels(target, keys, known):
        """Return `{key: label}` of the rows of one model that links of entries point to."""
        model, name = target.model, target.attname
        found = {getattr(row, name): str(row) for row in known if type(row) is model}
        rows = model._base_manager.filter(**{f"{name}__in": keys - set(found)})
        rows = rows.for_list() if hasattr(rows, "for_list") else rows  # with what labels are of
        return found | {getattr(row, name): str(row) for row in rows}

    @staticmethod
    def _fields(model):
        meta = model._meta if model else None
        return {f.name: f for f in (*meta.fields, *meta.many_to_many)} if meta else {}

    def sentence(self, entry, *, times=1):
        """Return an entry as people read it: `Sửa: Địa chỉ: Số 3 → Số 5; Điện thoại (đã đổi).`

        `times` tells how often the same was done.
        """
        head, content = entry.get_action_display(), self.content(entry)
        head = f"{head} ({times} lần)" if times > 1 else head
        reason = f" Lý do: {entry.reason}." if entry.reason else ""
        return f"{head}: {content}.{reason}" if content else f"{head}.{reason}"

    def content(self, entry):
        if entry.action in CHANGES:
            names = (name for name in entry.fields if name != "code" or not entry.code)
            parts = [self._part(entry, name) for name in names]
        else:
            parts = self._reading(entry, self.values[entry])
        return "; ".join(part for part in parts if part)

    def _reading(self, entry, values):
        if entry.action != Action.BLANK:  # its fields are keys of entries
            yield ", ".join(self._label(entry, name) for name in entry.fields)
        for name, words in DETAILS.items():
            if name in values:
                yield words(values[name])
        if "path" in values:
            status = values.get("status")
            yield f"{_page(values['path'])}: {REFUSALS.get(status, 'bị chặn')} ({status})"
        for name, value in values.get("filters", {}).items():
            yield f"{name}: {value}"

    def _label(self, entry, name):
        field = self.fields[entry].get(name)
        label = str(field.verbose_name) if field else name
        return label[:1].upper() + label[1:]

    def _part(self, entry, name):
        field, label = self.fields[entry].get(name), self._label(entry, name)
        if name not in self.values[entry]:  # a secret field, or blanked by retention
            done = {"create": "đã ghi", "delete": "đã xoá"}.get(entry.action, "đã đổi")
            return f"{label} ({done})"
        old, new = (self._shown(field, value) for value in self.values[entry][name])
        if entry.action == AuditEntry.Action.CREATE:
            return f"{label}: {new}"
        if entry.action == AuditEntry.Action.DELETE:
            return f"{label}: {old}"
        return f"{label}: {old} → {new}"

    def _shown(self, field, value):
        if value in (None, "", []):
            return "trống"
        if isinstance(value, bool):
            return "có" if value else "không"
        if isinstance(value, list):  # roles and rights, by name
            return ", ".join(Role(v).label if v in Role.values else str(v) for v in value)
        if isinstance(field, ForeignKey):
            known = self.labels.get(field.target_field, {})
            return known.get(value, f"số {value} (không còn)")
        if field is not None and field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(field, DateTimeField):  # before DateField, which it is too
            moment = parse_datetime(str(value))
            return timezone.localtime(moment).strftime("%d/%m/%Y %H:%M") if moment else str(value)
        if isinstance(field, DateField):
            day = parse_date(str(value))
            return text.format_date(day) if day else str(value)
        return str(value)


@cache
def _nouns():
    return {m._meta.model_name: str(m._meta.verbose_name) for m in apps.get_models()}


def _page(route):
    """Return what the page with a route's name is: `Trang xem nhân khẩu (resident-detail)`."""
    kind, _, part = route.rpartition("-")
    if kind in _nouns() and part in PARTS:
        words = f"{PARTS[part]} {_nouns()[kind]}"
        return f"{words[:1].upper()}{words[1:]} ({route})"
    return f"Trang {route}" if route else "Trang không có"


# Django's own tables (a user's roles, a role's permissions) have no queryset of ours: their signals
# are the only hook there is.
def _links_changed(sender, instance, action, reverse, model, pk_set, **kwargs):
    if action not in ("post_add", "pre_remove", "pre_clear"):
        return
    name = next(
        f.name
        for f in (User if User in (type(instance), model) else Group)._meta.many_to_many
        if f.remote_field.through is sender
    )
    if action != "post_add":  # what is taken away is what was held, whatever was asked for
        held = set(_manager(instance, sender, name, reverse).values_list("pk", flat=True))
        pk_set = held if pk_set is None else pk_set & held
    if not pk_set:
        return
    owners = [instance.pk] if not reverse else sorted(pk_set)
    owner_model = type(instance) if not reverse else model
    others = model.objects.filter(pk__in=pk_set) if not reverse else [instance]
    labels = sorted(getattr(other, "codename", getattr(other, "name", "")) for other in others)
    values = (None, labels) if action == "post_add" else (labels, None)
    codes = {}
    if owner_model is User:
        codes = dict(User._base_manager.filter(pk__in=owners).values_list("pk", "username"))
    TRAIL.changes(
        [Change(owner_model, pk, "change", codes.get(pk, ""), {name: values}) for pk in owners]
    )


def _manager(instance, through, name, reverse):
    if not reverse:
        return getattr(instance, name)
    field = next(
        f
        for f in instance._meta.related_objects
        if f.many_to_many and f.field.remote_field.through is through
    )
    return getattr(instance, field.get_accessor_name())


def _group_saved(sender, instance, created, **kwargs):
    action = "create" if created else "change"
    TRAIL.changes([Change(Group, instance.pk, action, "", {"name": (None, instance.name)})])


def _group_deleted(sender, instance, **kwargs):
    TRAIL.changes([Change(Group, instance.pk, "delete", "", {"name": (instance.name, None)})])


def install():
    """Hand the trail to `core`, and listen to the tables that are Django's."""
    set_trail(TRAIL)
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(_links_changed, sender=through, dispatch_uid=f"audit-{through}")
    post_save.connect(_group_saved, sender=Group, dispatch_uid="audit-group-saved")
    post_delete.connect(_group_deleted, sender=Group, dispatch_uid="audit-group-deleted")
