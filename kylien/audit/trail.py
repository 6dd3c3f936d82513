"""Fills `core`'s hook: turns changes into audit entries, and entries into sentences."""

import json

from django.apps import apps
from django.contrib.auth.models import Group
from django.db.models import DateField, DateTimeField, ForeignKey
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from kylien.accounts.models import Role, User
from kylien.audit.models import AuditEntry, digest_of, sealed
from kylien.core import text
from kylien.core.changes import Change, current_act, set_trail


class AuditTrail:
    """The portal's trail of changes (`kylien.core.changes.Trail`)."""

    def changes(self, changes: list[Change]):
        kinds = {}
        for change in changes:
            kinds.setdefault((change.model, change.action), []).append(change)
        for (model, action), same in kinds.items():
            AuditEntry.objects.append_like(self._entry(model, action), map(_varying, same))

    def reading(self, model, action, **details):
        entry = self._entry(model, action)
        entry.code = details.get("code", "")
        entry.seal(details)
        entry.save()

    def history(self, obj, user):
        if not user.has_role(Role.CHIEF):
            return None
        entries = list(AuditEntry.objects.of(obj).select_related("user").order_by("-pk")[:50])
        told = Told(entries, known=_at_hand(obj))
        return [
            {"at": entry.at, "who": who(entry), "sentence": told.sentence(entry)}
            for entry in entries
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


def _at_hand(obj):
    """Return the rows that a page has read with its record: they are not asked for again."""
    children = [
        row for found in getattr(obj, "_prefetched_objects_cache", {}).values() for row in found
    ]
    links = [one for row in (obj, *children) for one in row._state.fields_cache.values() if one]
    return [obj, *children, *links]


TRAIL = AuditTrail()
READINGS = (
    AuditEntry.Action.EXPORT,
    AuditEntry.Action.PRINT,
    AuditEntry.Action.LOOKUP,
    AuditEntry.Action.VIEW,
)


def who(entry):
    return entry.user.full_name_label if entry.user_id else "Hệ thống"


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

    def sentence(self, entry):
        """Return an entry as people read it: `Sửa: Địa chỉ: Số 3 → Số 5; Điện thoại (đã đổi).`"""
        head, content = entry.get_action_display(), self.content(entry)
        reason = f" Lý do: {entry.reason}." if entry.reason else ""
        return f"{head}: {content}.{reason}" if content else f"{head}.{reason}"

    def content(self, entry):
        values = self.values[entry]
        if entry.action in READINGS:
            filters = "; ".join(f"{k}: {v}" for k, v in values.get("filters", {}).items())
            rows = f"{text.format_number(values['rows'])} dòng" if "rows" in values else ""
            parts = [rows, filters]
        else:
            names = (name for name in entry.fields if name != "code" or not entry.code)
            parts = [self._part(entry, name) for name in names]
        return "; ".join(part for part in parts if part)

    def _part(self, entry, name):
        field = self.fields[entry].get(name)
        label = str(field.verbose_name) if field else name
        label = label[:1].upper() + label[1:]
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
