"""Grant the roles their permissions: each app's `AppConfig.grants` says who may what.

`grants = {"household": {"chief": "view add change delete export", ...}}`. Applied after every
migration, so that a new model's rights arrive with its table and a withdrawn right goes.
"""

from django.apps import apps
from django.contrib.auth.management import create_permissions

from kylien.accounts.models import Role


def apply_grants(sender, using="default", **kwargs):
    """Make the groups and set each one's permissions on the sender's models to those declared."""
    from django.contrib.auth.models import Group, Permission  # noqa: PLC0415 (apps must be ready)

    declared = getattr(sender, "grants", None)
    if declared is None or not apps.is_installed("django.contrib.auth"):
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    own = Permission.objects.using(using).filter(content_type__app_label=sender.label)
    by_codename = {p.codename: p for p in own}
    for role in Role:
        group, _ = Group.objects.using(using).get_or_create(name=role.value)
        wanted = {
            by_codename[f"{verb}_{model}"]
            for model, verbs in declared.items()
            for verb in verbs.get(role.value, "").split()
        }
        held = set(group.permissions.filter(content_type__app_label=sender.label))
        group.permissions.add(*(wanted - held))
        group.permissions.remove(*(held - wanted))
