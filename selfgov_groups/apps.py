from django.apps import AppConfig

VERBS = {
    "chief": "view add change delete export",
    "area_officer": "view add change export",
    "duty_officer": "view",
    "clerk": "view add change export",
}


class SelfgovGroupsConfig(AppConfig):
    name = "selfgov_groups"
    verbose_name = "Tổ liên gia tự quản"
    grants = {"selfmanagedgroup": VERBS, "groupmembership": VERBS, "groupmeeting": VERBS}
