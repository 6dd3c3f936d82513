from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "kylien.portal"
    label = "portal"
    verbose_name = "Cổng"
