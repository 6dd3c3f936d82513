"""What each role may do with a register of the ward, and with rows that set the portal up.

Apps name them in `AppConfig.grants`.
"""

REGISTER = {
    "chief": "view add change delete export",
    "area_officer": "view add change export",
    "duty_officer": "view",
    "clerk": "view add change export",
}

CHIEF_EDITS = {"chief": "view add change", "area_officer": "view", "clerk": "view"}
