from django.apps import AppConfig

from kylien.accounts.verbs import CHIEF_EDITS, REGISTER

NO_DESK = {  # what was done to the ledger is no business of the duty desk
    "chief": "view change export",
    "area_officer": "view change export",
    "clerk": "view change export",
}


class HouseholdsConfig(AppConfig):
    name = "households"
    verbose_name = "Hộ, nhân khẩu"
    grants = {
        "household": REGISTER,
        "resident": REGISTER,
        "residence": REGISTER,
        "residenceact": NO_DESK,
        "transferrequest": dict.fromkeys(NO_DESK, "view export"),
        "transfermember": {},  # read and written with its request
        "absence": REGISTER,
        "duplicatepair": NO_DESK,
        "residencerule": CHIEF_EDITS,
        "endground": CHIEF_EDITS,
        # The duty desk takes stay notices and may mend its own for a quarter of an hour.
        "staynotice": {**REGISTER, "duty_officer": "view add change"},
    }
