from django.apps import AppConfig

from kylien.accounts.verbs import CHIEF_EDITS


class RetentionConfig(AppConfig):
    name = "retention"
    verbose_name = "Lưu giữ dữ liệu"
    grants = {
        "retentionrule": CHIEF_EDITS,
        "answerrule": CHIEF_EDITS,
        "disposal": {
            "chief": "view add change export confirm",
            "clerk": "view add change export",
        },
        "disposalpart": {"chief": "view", "clerk": "view"},
        "correctionrequest": {
            "chief": "view add change export sheet",
            "area_officer": "view add change export sheet",
            "clerk": "view add change export",
        },
    }
