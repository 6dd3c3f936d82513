from django.apps import AppConfig

from kylien.accounts.verbs import CHIEF_EDITS

READ = dict.fromkeys(("chief", "area_officer", "duty_officer", "clerk"), "view")


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "Vụ việc"
    grants = {
        "incidenttype": {
            "chief": "view add change",
            "area_officer": "view",
            "duty_officer": "view",
            "clerk": "view",
        },
        "clockrule": CHIEF_EDITS,
        # The duty desk records incidents and may mend its own for a quarter of an hour.
        "incident": {
            "chief": "view add change export",
            "area_officer": "view add change export",
            "duty_officer": "view add change",
            "clerk": "view add change export",
        },
        # Written by the steps of an incident.
        "measuretaken": READ,
        "incidentclock": READ,
        "clockpause": READ,
        "assignment": READ,
        "incidententry": dict.fromkeys(READ, "view add"),
        "attachment": {**dict.fromkeys(READ, "view add"), "chief": "view add delete"},
        # Whoever takes the news writes it; the queryset lets the chief and the assigned read it.
        "incidentparty": dict.fromkeys(READ, "view add change"),
        "shifthandover": {
            "chief": "view add change",
            "duty_officer": "view add change",
        },
    }
