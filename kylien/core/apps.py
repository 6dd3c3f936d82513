from functools import lru_cache

import lucide
from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "kylien.core"
    label = "core"
    verbose_name = "Hệ thống"

    def ready(self):
        # The tag copies and writes an icon's XML each time, and a page has some 25 icons.
        lucide._render_icon = lru_cache(maxsize=256)(lucide._render_icon)
