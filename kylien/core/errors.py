"""When something fails: a page that tells nothing of the inside, and one line of JSON in the log.

The page shows an error id, the line holds the same one with the request's id, who asked and on
which page. Neither an address, nor what was sent, nor a variable of the code gets into the log:
they may hold people's data. See `kylien.core.logs` for what is left out of a traceback.
"""

import datetime as dt
import json
import logging
import secrets
import sys
import time
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from kylien.core.logs import SafeFormatter, told_of, without_numbers

READABLE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that looks like another sign on paper
ID_LENGTH = 8
RETRY_SECONDS = 60
LINES_A_MINUTE = 60
# Where the templates fail too.
LAST_PAGE = (
    '<!doctype html><html lang="vi"><meta charset="utf-8"><title>Máy chủ gặp lỗi</title>'
    "<h1>Máy chủ gặp lỗi</h1><p>Báo người quản trị kèm mã lỗi {}.</p></html>"
)
# What SQLite says of its file (its primary result codes), and PostgreSQL of itself (classes and
# codes of SQLSTATE): away, shut down, full, locked by another program. All else is our mistake.
_SQLITE_DOWN = {3, 5, 6, 8, 10, 11, 13, 14, 15, 22, 26}
_POSTGRES_DOWN = ("08", "53", "57P01", "57P02", "57P03", "58", "XX001", "XX002")

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def handling(request):
    """Let the log name a request while a block answers it."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def new_error_id() -> str:
    """Return an id that can be read out over the telephone: `7KQM2XPA`."""
    return "".join(secrets.choice(READABLE) for _ in range(ID_LENGTH))


def _causes(error):
    """Yield an exception, and those that it came from."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def is_database_down(error) -> bool:
    """Tell whether an exception says that the database does not answer at all."""
    return any(
        _says_down(one) for one in _causes(error) if isinstance(one, DatabaseError | InterfaceError)
    )


def _says_down(error):
    driver = error.__cause__
    if isinstance(error, InterfaceError):
        return True
    if driver is None:  # Django's own words: most are about our mistakes
        return type(error) is OperationalError
    if hasattr(driver, "sqlite_errorcode"):
        return driver.sqlite_errorcode & 0xFF in _SQLITE_DOWN
    if hasattr(driver, "sqlstate"):
        # Without a code there was no server to give one.
        lost = driver.sqlstate is None and type(driver).__name__ == "OperationalError"
        return lost or (driver.sqlstate or "").startswith(_POSTGRES_DOWN)
    return False


def server_error(request):
    """Answer a request that failed (`handler500`): 503 while the database is away, 500 else.

    It asks neither the database nor the session, and cannot fail by its templates.
    """
    down = is_database_down(sys.exc_info()[1])
    status = 503 if down else 500
    request.error_id = new_error_id()
    try:
        page = render_to_string(f"{status}.html", {"error_id": request.error_id})
    except Exception:  # the collected static files may be what is missing
        page = LAST_PAGE.format(request.error_id)
    headers = {"Retry-After": str(RETRY_SECONDS)} if down else None
    return HttpResponse(page, status=status, headers=headers)


class JsonFormatter(SafeFormatter):
    """Each record as one line of JSON, in ASCII: nothing typed can begin a line of its own."""

    def format(self, record):
        at = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line = {
            "time": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": self._event(record),
            **self._asked(getattr(record, "request", None) or _request.get()),
            "status": getattr(record, "status_code", None),
            "left_out": getattr(record, "left_out", None),
        }
        if record.exc_info and record.exc_info[0]:
            kind = record.exc_info[0]
            line["exception"] = f"{kind.__module__}.{kind.__qualname__}"
            line["traceback"] = told_of(record.exc_info)
        return json.dumps({name: value for name, value in line.items() if value is not None})

    @staticmethod
    def _event(record):
        """Return what happened. Django's words of a request and waitress's end with its path."""
        if record.name.startswith("django.security."):
            return record.name.rpartition(".")[2]
        if record.name.startswith("django.") and hasattr(record, "request"):
            status = getattr(record, "status_code", None)
            return HTTPStatus(status).phrase if status in set(HTTPStatus) else "request"
        words = record.getMessage()
        return without_numbers(words.partition(" /")[0] if record.name == "waitress" else words)

    @staticmethod
    def _asked(request):
        """Return who asked what; the user only where he is known already, without a query."""
        if not isinstance(request, HttpRequest):
            return {}
        match = request.resolver_match
        return {
            "request": getattr(request, "request_id", None),
            "error": getattr(request, "error_id", None),
            "user": getattr(getattr(request, "_cached_user", None), "pk", None),
            "address": request.META.get("REMOTE_ADDR"),
            "route": match.view_name if match else None,
        }


class Bounded(logging.Filter):
    """Lets a number of lines a minute through, so that strangers cannot fill the disk.

    The next line after the minute says in `left_out` how many were not written.
    """

    def __init__(self, lines=LINES_A_MINUTE):
        super().__init__()
        self.lines, self.minute, self.count = lines, None, 0

    def filter(self, record):
        minute = int(time.monotonic() // 60)
        if minute != self.minute:
            if self.count > self.lines:
                record.left_out = self.count - self.lines
            self.minute, self.count = minute, 0
        self.count += 1
        return self.count <= self.lines
