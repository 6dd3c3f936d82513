"""The settings' environment for the tests; loaded by `-p tests.environment` (pyproject.toml).

pytest-django reads the settings before any conftest.py, so this cannot stand there. Whatever the
caller exported, tests run as a demonstration over http; only the database may come from outside
(`tests/withpg.py`), and the folder for files.
"""

import atexit
import os
import shutil
import tempfile

FROM_OUTSIDE = {"DATABASE_URL", "VAR_DIR"}
OURS = {"DEMO": "true", "TESTING": "true"}
THEIRS = (
    "ATTACHMENTS_DIR",
    "SECRET_KEY",
    "OLD_SECRET_KEY",
    "SECOND_FACTOR",
    "SECOND_FACTOR_ROLES",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "REPORT_START_DAY",
)
SESSION = ("SESSION_IDLE_MINUTES", "SESSION_TOTAL_HOURS")
MAIL = ("DIGEST_TO", "DIGEST_FROM", "EMAIL_URL")
FILES = ("SECRET_KEY_FILE", "OLD_SECRET_KEY_FILE", "DATABASE_URL_FILE", "EMAIL_URL_FILE")

os.environ.update(OURS)
for name in (*THEIRS, *SESSION, *MAIL, *FILES):
    os.environ.pop(name, None)
if "VAR_DIR" not in os.environ:  # the workers of xdist inherit the folder of their parent
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="kylien-tests-")
    atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)
