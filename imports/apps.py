from django.apps import AppConfig

WHO = "view add change"


class ImportsConfig(AppConfig):
    name = "imports"
    verbose_name = "Nhập từ Excel"
    # Rows of the whole ward come in at once, so those who work for the whole of it bring them in.
    grants = {
        "importbatch": {"chief": WHO, "clerk": WHO},
        "importrow": {"chief": "view change", "clerk": "view change"},
        "importjournal": {},
    }
