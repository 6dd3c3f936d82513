#!/usr/bin/env python
"""Django's command line for the portal."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kylien.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 reads the settings
    except ImproperlyConfigured as error:
        # A bad setting is a sentence for the person who set it, not a traceback.
        sys.exit(str(error))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
