"""What each role may do with a register of the ward; apps name it in `AppConfig.grants`."""

REGISTER = {
    "chief": "view add change delete export",
    "area_officer": "view add change export",
    "duty_officer": "view",
    "clerk": "view add change export",
}
