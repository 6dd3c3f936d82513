from django.apps import AppConfig

VERBS = {
    "chief": "view add change delete export",
    "area_officer": "view add change export",
    "duty_officer": "view",
    "clerk": "view add change export",
}


class HouseholdsConfig(AppConfig):
    name = "households"
    verbose_name = "Hộ, nhân khẩu"
    grants = {
        "household": VERBS,
        "resident": VERBS,
        "residence": VERBS,
        # The duty desk takes stay notices and may mend its own for a quarter of an hour.
        "staynotice": {**VERBS, "duty_officer": "view add change"},
    }
