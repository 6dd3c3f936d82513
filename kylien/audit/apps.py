from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "kylien.audit"
    label = "audit"
    verbose_name = "Nhật ký"
    grants = {"auditentry": {"chief": "view export"}}

    def ready(self):
        from kylien.audit import trail  # noqa: PLC0415 (models are ready here)

        trail.install()
