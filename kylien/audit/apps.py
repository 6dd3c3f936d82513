import logging

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

log = logging.getLogger(__name__)


class AuditConfig(AppConfig):
    name = "kylien.audit"
    label = "audit"
    verbose_name = "Nhật ký"
    grants = {"auditentry": {"chief": "view export"}}

    def ready(self):
        from kylien.audit import trail  # noqa: PLC0415 (models are ready here)

        trail.install()
        post_migrate.connect(guard, sender=self, dispatch_uid="audit-guard")


def guard(using, **kwargs):
    """After a migration: make the triggers that are missing, and seal what was before the chain."""
    from kylien.audit import chain, triggers  # noqa: PLC0415
    from kylien.audit.models import AuditLink  # noqa: PLC0415

    made = triggers.install(using)
    if AuditLink._meta.db_table in connections[using].introspection.table_names():
        if made and AuditLink.objects.exists():
            # On SQLite a migration may have rebuilt their table; else somebody dropped them.
            log.warning("triggers made anew: %s", ", ".join(made))
        chain.seal_first()
