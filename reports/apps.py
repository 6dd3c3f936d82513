from django.apps import AppConfig

from kylien.accounts.verbs import CHIEF_EDITS

WRITERS = ("chief", "area_officer", "clerk")


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Báo cáo"
    grants = {
        "monthlyreport": {
            **dict.fromkeys(WRITERS, "view add change"),
            "chief": "view add change approve",
            "duty_officer": "view",
            "leader": "view",
        },
        "reporttext": dict.fromkeys(WRITERS, "view change"),
        "reportremark": {**dict.fromkeys(WRITERS, "view change"), "leader": "view add"},
        "outgoingdocument": {
            "chief": "view add change export",
            "clerk": "view add change export",
        },
        "reportrule": CHIEF_EDITS,
    }
