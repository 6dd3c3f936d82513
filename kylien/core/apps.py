from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "kylien.core"
    label = "core"
    verbose_name = "Hệ thống"
