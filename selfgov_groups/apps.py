from django.apps import AppConfig

from kylien.accounts.verbs import CHIEF_EDITS, REGISTER


class SelfgovGroupsConfig(AppConfig):
    name = "selfgov_groups"
    verbose_name = "Tổ liên gia tự quản"
    grants = {
        "selfmanagedgroup": REGISTER,
        "groupmembership": REGISTER,
        "groupmeeting": REGISTER,
        "groupofficer": REGISTER,
        "grouprequest": REGISTER,
        # Whoever met the group notes it, so a clerk does not.
        "groupcontact": {**REGISTER, "clerk": "view export"},
        "mutualhelp": REGISTER,
        "groupduty": REGISTER,
        "rostercheck": {
            "chief": "view add change",
            "area_officer": "view add change",
            "duty_officer": "view",
            "clerk": "view add change",
        },
        "rosterline": {**dict.fromkeys(REGISTER, "view change"), "duty_officer": "view"},
        "grouprule": CHIEF_EDITS,
        "scoringscheme": CHIEF_EDITS,
        "criterion": CHIEF_EDITS,
        "groupscore": {**REGISTER, "chief": "view add change export"},
        "criterionscore": dict.fromkeys(REGISTER, "view"),
        "improvementtask": REGISTER,
    }
