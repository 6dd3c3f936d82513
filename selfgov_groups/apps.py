from django.apps import AppConfig

from kylien.accounts.verbs import REGISTER


class SelfgovGroupsConfig(AppConfig):
    name = "selfgov_groups"
    verbose_name = "Tổ liên gia tự quản"
    grants = {"selfmanagedgroup": REGISTER, "groupmembership": REGISTER, "groupmeeting": REGISTER}
