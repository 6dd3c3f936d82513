"""The sessions of a person: which are open, from what device, and their end.

`UserSession` (django-allauth) names the person, device and last activity of a session; Django's own
table holds what is in it. Both rows go together.
"""

import datetime as dt
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.db import transaction

# Looked for in this order: Edge and Cốc Cốc call themselves Chrome too, and Chrome calls itself
# Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("coc_coc_browser", "Cốc Cốc"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "điện thoại Android"),
    ("Windows", "máy Windows"),
    ("Mac OS X", "máy Mac"),
    ("CrOS", "máy ChromeOS"),
    ("Linux", "máy Linux"),
)


def device(user_agent: str) -> str:
    """Return a browser's name for itself in words: `Chrome trên máy Windows`."""
    browser = next((word for mark, word in BROWSERS if mark in user_agent), "")
    system = next((word for mark, word in SYSTEMS if mark in user_agent), "")
    return " trên ".join(filter(None, (browser, system))) or "Thiết bị không rõ"


@dataclass(frozen=True)
class OwnSession:
    """An open session as its owner sees it; `at` is when it was last active."""

    pk: int
    device: str
    address: str
    began: dt.datetime
    at: dt.datetime
    is_this: bool


def own(request, now: int) -> list[OwnSession]:
    """Return the person's sessions that still let him in at `now` (seconds), this one first."""
    touch(request, now)
    moment = dt.datetime.fromtimestamp(now, dt.UTC)
    # The last activity is written once a minute, so a session may be a minute younger than told.
    idle = dt.timedelta(minutes=settings.SESSION_IDLE_MINUTES + 1)
    total = dt.timedelta(hours=settings.SESSION_TOTAL_HOURS)
    rows = UserSession.objects.filter(
        user=request.user, last_seen_at__gte=moment - idle, created_at__gte=moment - total
    )
    here = request.session.session_key
    alive = set(
        Session.objects.filter(
            session_key__in=[row.session_key for row in rows], expire_date__gt=moment
        ).values_list("session_key", flat=True)
    )
    found = [
        OwnSession(
            row.pk,
            device(row.user_agent),
            row.ip,
            row.created_at,
            row.last_seen_at,
            row.session_key == here,
        )
        for row in rows
        if row.session_key in alive
    ]
    return sorted(found, key=lambda one: (not one.is_this, -one.at.timestamp()))


def touch(request, now: int) -> None:
    """Write down that this session was active at `now` (seconds)."""
    seen = {"last_seen_at": dt.datetime.fromtimestamp(now, dt.UTC)}
    rows = UserSession.objects.filter(session_key=request.session.session_key)
    if not rows.update(**seen):  # signed in by other ways than the page
        UserSession.objects.create_from_request(request)


def leave(request) -> None:
    """Sign the request's person out and forget the session, on the server too."""
    UserSession.objects.filter(session_key=request.session.session_key or "").delete()
    logout(request)


@transaction.atomic
def end(user, *, only: int | None = None, but: str | None = None) -> int:
    """End a user's sessions, or one of them (its key), or all `but` that of a session key.

    Returns how many rows were ended.
    """
    rows = UserSession.objects.filter(user=user)
    if only is not None:
        rows = rows.filter(pk=only)
    if but is not None:
        rows = rows.exclude(session_key=but)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)
