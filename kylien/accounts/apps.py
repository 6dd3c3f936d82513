from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "kylien.accounts"
    label = "accounts"
    verbose_name = "Tài khoản"
    grants = {"user": {"chief": "view add change"}}

    def ready(self):
        from kylien.accounts.grants import apply_grants  # noqa: PLC0415 (models are ready here)

        post_migrate.connect(apply_grants, dispatch_uid="grants")
