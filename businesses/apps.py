from django.apps import AppConfig

from kylien.accounts.verbs import CHIEF_EDITS, REGISTER


class BusinessesConfig(AppConfig):
    name = "businesses"
    verbose_name = "Cơ sở kinh doanh"
    grants = {
        "sector": CHIEF_EDITS,
        "sectorrule": CHIEF_EDITS,
        "paperkind": CHIEF_EDITS,
        "paperrule": CHIEF_EDITS,
        "businessrule": CHIEF_EDITS,
        "firegroup": CHIEF_EDITS,
        "business": REGISTER,
        "statechange": dict.fromkeys(REGISTER, "view"),  # written with its business
        "certificate": REGISTER,
        "inspection": REGISTER,
        "inspectionfinding": REGISTER,
        "sanction": REGISTER,
        "liaisonnote": REGISTER,
        "quarterlyreturn": REGISTER,
    }
