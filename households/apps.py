from django.apps import AppConfig

from kylien.accounts.verbs import REGISTER


class HouseholdsConfig(AppConfig):
    name = "households"
    verbose_name = "Hộ, nhân khẩu"
    grants = {
        "household": REGISTER,
        "resident": REGISTER,
        "residence": REGISTER,
        # The duty desk takes stay notices and may mend its own for a quarter of an hour.
        "staynotice": {**REGISTER, "duty_officer": "view add change"},
    }
