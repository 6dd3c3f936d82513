from django.apps import AppConfig

LOOK = {"area_officer": "view", "clerk": "view"}


class AreasConfig(AppConfig):
    name = "kylien.areas"
    label = "areas"
    verbose_name = "Địa bàn"
    grants = {
        "ward": {"chief": "view change"},
        "neighbourhood": {"chief": "view add change", **LOOK},
        "holiday": {"chief": "view add change delete", **LOOK},
        "beatassignment": {"chief": "view add change delete"},
    }
