"""The portal as a WSGI application, for waitress (kylien/serve.py) or any other server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kylien.settings")

application = get_wsgi_application()
