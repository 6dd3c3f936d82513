from django.apps import AppConfig

from kylien.accounts.verbs import REGISTER


class BusinessesConfig(AppConfig):
    name = "businesses"
    verbose_name = "Cơ sở kinh doanh"
    grants = {
        "sector": {"chief": "view add change", "area_officer": "view", "clerk": "view"},
        "business": REGISTER,
        "certificate": REGISTER,
    }
