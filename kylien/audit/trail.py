"""Fills `core`'s hook: turns changes into audit entries, and entries into sentences."""

import json

from django.apps import apps
from django.contrib.auth.models import Group
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from kylien.accounts.models import Role, User
from kylien.audit.models import AuditEntry
from kylien.core import text
from kylien.core.changes import Change, current_act, set_trail


class AuditTrail:
    """The portal's trail of changes (`kylien.core.changes.Trail`)."""

    def changes(self, changes: list[Change]):
        entries = []
        for change in changes:
            entry = self._entry(change.model, change.action)
            entry.row, entry.code = change.pk, change.code
            entry.fields = [*change.values, *change.secrets]
            entry.seal(change.values)
            entries.append(entry)
        AuditEntry.objects.bulk_create(entries, batch_size=500)

    def reading(self, model, action, **details):
        entry = self._entry(model, action)
        entry.seal(details)
        entry.save()

    def history(self, obj, user):
        if not user.has_role(Role.CHIEF):
            return None
        entries = list(AuditEntry.objects.of(obj).select_related("user").order_by("-pk")[:50])
        return [
            {"at": entry.at, "who": who(entry), "sentence": sentence(entry)} for entry in entries
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


TRAIL = AuditTrail()


def who(entry):
    return entry.user.full_name_label if entry.user_id else "Hệ thống"


def model_of(entry):
    try:
        return apps.get_model(entry.table)
    except LookupError:  # a table of an earlier version
        return None


def sentence(entry):
    """Return an entry as people read it: `Sửa: Địa chỉ: Số 3 → Số 5; Điện thoại (đã đổi)`."""
    model = model_of(entry)
    values = json.loads(entry.values) if entry.values else {}
    parts = []
    for name in entry.fields:
        field = next((f for f in (*model._meta.fields, *model._meta.many_to_many) if f.name == name), None) if model else None
        label = str(field.verbose_name if field else name)
        label = label[:1].upper() + label[1:]
        if name not in values:
            parts.append(f"{label} (đã đổi)")
            continue
        old, new = (_shown(field, value) for value in values[name])
        parts.append(f"{label}: {new}" if entry.action == "create" else f"{label}: {old} → {new}")
    if entry.action == AuditEntry.Action.EXPORT:
        filters = "; ".join(f"{k}: {v}" for k, v in values.get("filters", {}).items())
        parts = [f"{text.format_number(values.get('rows', 0))} dòng", filters]
    head = entry.get_action_display()
    tail = "; ".join(part for part in parts if part)
    reason = f" Lý do: {entry.reason}." if entry.reason else ""
    return f"{head}: {tail}.{reason}" if tail else f"{head}.{reason}"


def _shown(field, value):
    if value in (None, "", []):
        return "trống"
    if isinstance(value, bool):
        return "có" if value else "không"
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field is not None and field.get_internal_type() == "DateField" and len(str(value)) == 10:
        year, month, day = str(value).split("-")
        return f"{day}/{month}/{year}"
    return str(value)


# Django's own tables (a user's roles, a role's permissions) have no queryset of ours: their signals
# are the only hook there is.
def _links_changed(sender, instance, action, reverse, model, pk_set, **kwargs):
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    name = next(
        f.name
        for f in (User if User in (type(instance), model) else Group)._meta.many_to_many
        if f.remote_field.through is sender
    )
    if action == "pre_clear":
        manager = _manager(instance, sender, name, reverse)
        pk_set = set(manager.values_list("pk", flat=True))
    if not pk_set:
        return
    owners = [instance.pk] if not reverse else sorted(pk_set)
    owner_model = type(instance) if not reverse else model
    others = model.objects.filter(pk__in=pk_set) if not reverse else [instance]
    labels = sorted(getattr(other, "codename", getattr(other, "name", "")) for other in others)
    values = (None, labels) if action == "post_add" else (labels, None)
    TRAIL.changes([Change(owner_model, pk, "change", "", {name: values}) for pk in owners])


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
