from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "kylien.accounts"
    label = "accounts"
    verbose_name = "Tài khoản"
    grants = {"user": {"chief": "view add change"}}

    def ready(self):
        # The models are ready only here.
        from allauth.mfa.signals import authentication_failed  # noqa: PLC0415

        from kylien.accounts.grants import apply_grants  # noqa: PLC0415
        from kylien.accounts.reauthentication import way_to_password  # noqa: PLC0415
        from kylien.accounts.second_factor import on_wrong_code  # noqa: PLC0415
        from kylien.core import reveal  # noqa: PLC0415

        authentication_failed.connect(on_wrong_code, dispatch_uid="wrong-code")
        reveal.set_gate(way_to_password)
        post_migrate.connect(apply_grants, dispatch_uid="grants")
