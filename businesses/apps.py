from django.apps import AppConfig

VERBS = {
    "chief": "view add change delete export",
    "area_officer": "view add change export",
    "duty_officer": "view",
    "clerk": "view add change export",
}


class BusinessesConfig(AppConfig):
    name = "businesses"
    verbose_name = "Cơ sở kinh doanh"
    grants = {
        "sector": {"chief": "view add change", "area_officer": "view", "clerk": "view"},
        "business": VERBS,
        "certificate": VERBS,
    }
