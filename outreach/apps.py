from django.apps import AppConfig

from kylien.accounts.verbs import CHIEF_EDITS, REGISTER

# Documents and resolutions of the whole ward are kept by the chief and the clerks.
WARD_WIDE = {
    "chief": "view add change delete export",
    "area_officer": "view export",
    "duty_officer": "view",
    "clerk": "view add change export",
}
PARTS = {
    "chief": "view add change",
    "area_officer": "view",
    "duty_officer": "view",
    "clerk": "view add change",
}
READ = dict.fromkeys(REGISTER, "view")


class OutreachConfig(AppConfig):
    name = "outreach"
    verbose_name = "Dân vận"
    grants = {
        "topic": CHIEF_EDITS,
        "partner": REGISTER,
        "material": REGISTER,
        "planitem": REGISTER,
        "activity": REGISTER,
        "activitypartner": READ,
        "question": REGISTER,
        "campaign": REGISTER,
        "campaigncriterion": {**PARTS, "area_officer": "view add change"},
        "jointresolution": WARD_WIDE,
        "resolutionparty": READ,
        "commitment": PARTS,
        "fulfilment": {
            "chief": "view change export",
            "area_officer": "view change export",
            "duty_officer": "view",
            "clerk": "view change export",
        },
        "award": REGISTER,
        "directive": WARD_WIDE,
        "disaster": WARD_WIDE,
        "dutyshift": {**REGISTER, "area_officer": "view", "duty_officer": "view add change"},
        "helpgiven": {**REGISTER, "duty_officer": "view add change"},
    }
