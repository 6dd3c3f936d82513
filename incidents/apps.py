from django.apps import AppConfig


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
        # The duty desk records incidents and may mend its own for a quarter of an hour.
        "incident": {
            "chief": "view add change delete export",
            "area_officer": "view add change export",
            "duty_officer": "view add change",
            "clerk": "view add change export",
        },
    }
