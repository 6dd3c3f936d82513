"""Settings of the portal: one file, read from the environment, checked as they are read.

A missing or bad value stops the start with the setting's name and the accepted values (`read()`
below), because a portal that starts half configured is worse than one that does not start.
"""

import math
import os
import re
import secrets
import warnings
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
_env = environ.Env()
_env.ENVIRON = dict(_env.ENVIRON)  # a copy: what is read from files never reaches other programs


def read(name: str, cast, accepted: str, *, default=environ.Env.NOTSET, test=lambda value: True):
    """Return the environment's `name` through `cast`; refuse a missing or wrong one in words."""
    try:
        value = cast(name, default=default)
    except (ImproperlyConfigured, ValueError, TypeError) as error:
        message = f"Setting {name} is missing or cannot be read. Accepted: {accepted}."
        raise ImproperlyConfigured(message) from error
    if not test(value):
        raise ImproperlyConfigured(f"Setting {name} has a bad value. Accepted: {accepted}.")
    return value


def flag(name, default):
    """Read a yes/no value; anything else (a slip such as `ture`) is refused, never taken for no."""
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    word = read(
        name, _env.str, "true or false", default=str(default), test=lambda v: v.lower() in words
    )
    return words[word.lower()]


def number(name, default, low, high):
    accepted = f"a whole number from {low} to {high}"
    return read(name, _env.int, accepted, default=default, test=lambda v: low <= v <= high)


def read_file(name):
    """Let the file that `name`_FILE points to stand for `name`: an environment is easily seen.

    Raises ImproperlyConfigured if both are set or the file cannot be read; warns of a file that
    other accounts of the machine may read.
    """
    path = _env.str(f"{name}_FILE", default="")
    if not path:
        return
    if _env.str(name, default=""):
        message = f"Settings {name} and {name}_FILE are both set. Accepted: one of the two."
        raise ImproperlyConfigured(message)
    try:
        mode = Path(path).stat().st_mode
        _env.ENVIRON[name] = Path(path).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        message = f"Setting {name}_FILE cannot be read. Accepted: a file with one line of UTF-8."
        raise ImproperlyConfigured(message) from error
    if os.name == "posix" and mode & 0o077:
        message = f"The file of {name}_FILE is open to other accounts of this machine: chmod 600."
        warnings.warn(message, RuntimeWarning, stacklevel=2)


for _name in ("SECRET_KEY", "OLD_SECRET_KEY", "DATABASE_URL", "EMAIL_URL"):
    read_file(_name)


# --- What kind of run this is -----------------------------------------------------------------
DEMO = flag("DEMO", False)  # invented people, http on loopback; never the station's own data
DEBUG = False
VAR_DIR = Path(read("VAR_DIR", _env.str, "a folder", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
AUDIT_HEAD = VAR_DIR / "audit-head"  # how far the trail was when it was last verified
TESTING = flag("TESTING", False)


# What examples and keyboards make of keys; by chance a random key holds none of it.
_KNOWN_WORDS = (
    *("django-insecure", "secret", "changeme", "change-me", "password", "matkhau", "mat-khau"),
    *("kylien", "example", "01234567", "12345678", "abcdefgh", "qwertyui"),
)


def is_strong(key):
    """Tell whether a key is long, varied (128 bits by its letters' frequencies) and no example."""
    shares = [key.count(letter) / len(key) for letter in set(key)]
    bits = -len(key) * sum(share * math.log2(share) for share in shares)
    known = any(word in key.lower() for word in _KNOWN_WORDS)
    return len(key) >= 50 and bits >= 128 and not known


def secret_key():
    """Return SECRET_KEY from the environment; a demonstration makes its own once and keeps it."""
    kept = VAR_DIR / "demo-secret-key"
    if DEMO and not _env.str("SECRET_KEY", default=""):
        if not kept.exists():
            kept.write_text(secrets.token_urlsafe(64))
            kept.chmod(0o600)
        return kept.read_text()
    return read("SECRET_KEY", _env.str, "at least 50 random characters", test=is_strong)


SECRET_KEY = secret_key()
# The key before, while it is being changed: it still opens sessions and second factors.
_old_key = read(
    "OLD_SECRET_KEY",
    _env.str,
    "at least 50 random characters, or empty",
    default="",
    test=lambda key: not key or is_strong(key),
)
SECRET_KEY_FALLBACKS = [_old_key] if _old_key else []
ALLOWED_HOSTS = read(
    "ALLOWED_HOSTS",
    _env.list,
    "host names, separated by commas",
    default=["localhost", "127.0.0.1", "[::1]"],
    test=lambda hosts: hosts and "*" not in hosts,
)
CSRF_TRUSTED_ORIGINS = read("CSRF_TRUSTED_ORIGINS", _env.list, "https://host, ...", default=[])

# --- Database: SQLite embedded, PostgreSQL by DATABASE_URL ------------------------------------
DATABASES = {
    "default": read(
        "DATABASE_URL",
        _env.db_url,
        "sqlite:///FILE or postgres://USER:PASSWORD@HOST/NAME",
        default=f"sqlite:///{VAR_DIR / 'kylien.sqlite3'}",
        test=lambda db: db.get("ENGINE", "").rsplit(".", 1)[-1] in {"sqlite3", "postgresql"},
    )
}
_db = DATABASES["default"]
_db["CONN_MAX_AGE"] = 600
_db["ATOMIC_REQUESTS"] = False  # only writes open a transaction: see docs/decisions.md
if _db["ENGINE"].endswith("sqlite3"):
    # Immediate transactions and WAL: deferred ones fail under writers with "database is locked".
    _db["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;",
    }
    # A file, not memory: tests with two connections meet the locks of real life.
    _db["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Parts ------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_filters",
    "django_tables2",
    "lucide",
    "django.forms",  # its widget templates, which ours stand beside
    "kylien.core",
    "kylien.accounts",
    "kylien.areas",
    "kylien.audit",
    "businesses",
    "households",
    "selfgov_groups",
    "outreach",
    "incidents",
    "reports",
    "imports",
    "retention",
    "kylien.portal",
]
MIDDLEWARE = [
    "kylien.core.middleware.EdgeMiddleware",
    # Before the static files, so that they have these headers too.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "kylien.core.middleware.NoStoreMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "kylien.core.middleware.ActMiddleware",
    "kylien.core.middleware.RefusalMiddleware",
    "kylien.accounts.middleware.SessionLimitMiddleware",
    "kylien.accounts.middleware.SignInRequiredMiddleware",
]
ROOT_URLCONF = "kylien.urls"
WSGI_APPLICATION = "kylien.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kylien.portal.context_processors.portal",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# One process serves the station (waitress), so its memory holds the failed sign-ins and the marks
# of forms sent; room enough that a flood of made-up names pushes neither out.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- Language and time: the station's own -----------------------------------------------------
LANGUAGE_CODE = "vi"
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = True
FORMAT_MODULE_PATH = ["kylien.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]  # what Django and allauth leave untranslated
USE_TZ = True
USE_THOUSAND_SEPARATOR = False  # ids and years are numbers too; counts go through format_number

# --- People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["kylien.accounts.backends.RoleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
# Length counts, composition does not (ASVS 5.0, 6.2): any letters, blanks and signs may be used.
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name")},
    },
    {"NAME": "kylien.accounts.passwords.ContextWordValidator"},
    {"NAME": "kylien.accounts.passwords.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "kylien.accounts.adapter.StationAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
# The station is one address: a limit an address would lock everybody out after one man's slips.
ACCOUNT_RATE_LIMITS = {"login": "600/m/ip", "login_failed": "300/m/ip,5/5m/key"}
ACCOUNT_CHANGE_EMAIL = False
ACCOUNT_LOGIN_TIMEOUT = 300  # seconds between the password and the code
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds that a password typed once more counts for

# The second factor. Only a demonstration may do without: its sign-in page says so.
SECOND_FACTOR = flag("SECOND_FACTOR", not DEMO)
if not (SECOND_FACTOR or DEMO):
    raise ImproperlyConfigured(
        "Setting SECOND_FACTOR has a bad value. Accepted: true; false only with DEMO=true."
    )
_ROLES = ("chief", "area_officer", "duty_officer", "clerk", "leader", "superuser")
SECOND_FACTOR_ROLES = read(
    "SECOND_FACTOR_ROLES",
    _env.list,
    f"some of {', '.join(_ROLES)}, separated by commas; none only with DEMO=true",
    default=["chief", "clerk", "superuser"],
    test=lambda roles: set(_ROLES).issuperset(roles) and (roles or DEMO),
)
MFA_ADAPTER = "kylien.accounts.adapter.StationMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "kylien.accounts.code_forms.SignInCodeForm",
    "reauthenticate": "kylien.accounts.code_forms.AgainCodeForm",
    "activate_totp": "kylien.accounts.code_forms.FirstCodeForm",
}
MFA_TOTP_ISSUER = "Cổng Công an phường"
MFA_TOTP_TOLERANCE = 1  # one step of 30 s either way: telephones and servers differ
MFA_RECOVERY_CODES_SHOW_ONCE = True

SESSION_IDLE_MINUTES = number("SESSION_IDLE_MINUTES", 15, 1, 600)
SESSION_TOTAL_HOURS = number("SESSION_TOTAL_HOURS", 10, 1, 24)
# The middleware ends sessions; the row outlives them so that it knows whose text it keeps.
SESSION_COOKIE_AGE = (SESSION_TOTAL_HOURS + 14 * 24) * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

# --- Reports ----------------------------------------------------------------------------------
# NĐ 09/2019 Điều 12: a month runs from the 15th to the 14th; 1 means calendar months.
REPORT_START_DAY = number("REPORT_START_DAY", 15, 1, 28)


# --- Mail: the morning digest alone (manage.py digest) -------------------------------------------
def is_mail_address(text):
    return re.fullmatch(r"[^@\s]+@[^@\s]+", text) is not None


DIGEST_TO = read(
    "DIGEST_TO",
    _env.list,
    "mail addresses, separated by commas",
    default=[],
    test=lambda found: all(map(is_mail_address, found)),
)
EMAIL_TIMEOUT = 20  # seconds: a scheduled command must not hang on a server that is away
if DIGEST_TO:
    _mail = read(
        "EMAIL_URL",
        _env.email_url,
        "smtp://, smtp+tls:// or smtp+ssl://USER:PASSWORD@HOST:PORT",
        test=lambda mail: (
            mail["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and mail["EMAIL_HOST"]
        ),
    )
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"] or 25
    EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
    EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
    EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
    EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
    DEFAULT_FROM_EMAIL = read(
        "DIGEST_FROM",
        _env.str,
        "a mail address",
        default=EMAIL_HOST_USER if "@" in EMAIL_HOST_USER else f"kylien@{EMAIL_HOST}",
        test=is_mail_address,
    )
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # nothing leaves the station

# --- Safety in transit ------------------------------------------------------------------------
# A demonstration speaks http on loopback; the station's portal stands behind a TLS proxy.
SECURE_SSL_REDIRECT = not DEMO
SECURE_PROXY_SSL_HEADER = None if DEMO else ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 0 if DEMO else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
SECURE_HSTS_PRELOAD = not DEMO
SESSION_COOKIE_SECURE = not DEMO
CSRF_COOKIE_SECURE = not DEMO
if not DEMO:  # browsers take these names over TLS alone, from this very host, for all of its paths
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],  # Bootstrap's CSS draws its arrows from data: images
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Files ------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "kylien.core.finders.PackageFileFinder",
]
PACKAGE_STATIC_FILES = {  # path under /static/: (package, file in it)
    "bootstrap/bootstrap.min.css": ("bootstrap", "css/bootstrap.min.css"),
    "bootstrap/bootstrap.min.css.map": ("bootstrap", "css/bootstrap.min.css.map"),
    "fonts/BeVietnamPro-Regular.ttf": (
        "fontpkg_be_vietnam_pro",
        "files/BeVietnamPro-Regular.ttf",
    ),
    "fonts/BeVietnamPro-SemiBold.ttf": (
        "fontpkg_be_vietnam_pro",
        "files/BeVietnamPro-SemiBold.ttf",
    ),
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING


def unserved(folder):
    """Tell whether nothing in a folder is handed out as a static file."""
    served = (Path(path).resolve() for path in (STATIC_ROOT, *STATICFILES_DIRS))
    return bool(folder) and not any(Path(folder).resolve().is_relative_to(path) for path in served)


# What people attach (kylien.core.uploads): only views that have asked for the right hand it out.
ATTACHMENTS_DIR = Path(
    read(
        "ATTACHMENTS_DIR",
        _env.str,
        "a folder outside the static files",
        default=str(VAR_DIR / "attachments"),
        test=unserved,
    )
)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000  # the roster of a large group is one form
MAX_UPLOAD_BYTES = 10 * 1024**2  # one file
# A request. Well above one file, so that a form with a file too large still comes back with what
# was typed; beyond it the server answers before the portal is asked (kylien/serve.py).
MAX_REQUEST_BYTES = 64 * 1024**2
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "kylien.core.uploads.BoundedUploadHandler",
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Lines of JSON on standard error: what they hold, and never hold, stands in kylien/core/errors.py.
# A handler of its own for what strangers can cause, bounded, so that they cannot fill the disk.
_to_stderr = {"class": "logging.StreamHandler", "formatter": "json"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "kylien.core.errors.JsonFormatter"}},
    "filters": {"bounded": {"()": "kylien.core.errors.Bounded"}},
    "handlers": {"console": _to_stderr, "strangers": {**_to_stderr, "filters": ["bounded"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": []},  # no mail of errors: Django's would hold what was sent
        "django.request": {"level": "ERROR"},  # a 404 or 403 is told by RefusalMiddleware
        "django.security": {"handlers": ["strangers"], "propagate": False},
        "django.security.csrf": {"level": "ERROR"},  # likewise
        "kylien.core.middleware": {"handlers": ["strangers"], "propagate": False},
        "waitress.queue": {"level": "ERROR"},  # says how many requests wait for a thread
    },
}
