"""The chain over the trail: after each transaction its entries are hashed into a link.

A link rests on the one before, so nothing under the newest digest can be changed unseen. There is
no lock: a link is written with the number after the head's, and of two writers one meets the
unique number, reads again and goes on. Per transaction that is one query to read and one to write.

What a crash between commit and link leaves open is sealed by a later seal (each process looks when
it first seals, after a failure, and every ten minutes) or by `manage.py verify_audit --seal`: only
under a token made with the portal's key, so that a row put in by SQL is never taken for one.
"""

import datetime as dt
import hashlib
import json
import logging
import secrets
import time

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from kylien.audit.models import AuditEntry, AuditLink

BLOCK = 1000  # entries in one link, at most: an import's are sealed in pieces
TRIES = 100  # each is one on which somebody else's link came first
LOOK_SECONDS = 600
BEFORE = ""  # the token of entries from before the chain

# What the hash of an entry covers; `values` and `salt` may be blanked, their digest stands here.
COVERED = ("pk", "at", "user_id", "address", "action", "table", "row", "code", "fields", "reason")
COVERED = (*COVERED, "digest")

log = logging.getLogger(__name__)


def entry_hash(pk, at, *rest):
    """Return the SHA-256 over an entry's covered columns, given in the order of `COVERED`."""
    moment = at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    line = json.dumps([pk, moment, *rest], ensure_ascii=False, default=str)
    return hashlib.sha256(line.encode()).hexdigest()


# --- one transaction, one token -----------------------------------------------------------------


def new_token(nonce: str = "") -> str:
    """Return a transaction's token: a nonce of 16 hexadecimal digits, and its mark by the key."""
    nonce = nonce or secrets.token_hex(8)
    return nonce + _mark(nonce, settings.SECRET_KEY)


def is_ours(token: str) -> bool:
    """Tell whether a token was made with the portal's key, or the one before."""
    nonce, mark = token[:16], token[16:]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(mark, _mark(nonce, key)) for key in keys)


def _mark(nonce, key):
    return salted_hmac("kylien.audit.chain", nonce, secret=key, algorithm="sha256").hexdigest()[:16]


class Sealing:
    """What is left to do when a transaction commits: seal the entries that bear its token."""

    looked_at = None  # when this process last looked for what a crash left open

    def __init__(self):
        self.token = new_token()

    def __call__(self):
        try:
            seal(self.token)
            now = time.monotonic()
            if Sealing.looked_at is None or now - Sealing.looked_at > LOOK_SECONDS:
                Sealing.looked_at = now
                seal_recent()
        except Exception:  # what was written is written: the request goes on
            Sealing.looked_at = None
            log.exception("Entries of %s are not sealed yet; a later seal takes them.", self.token)


def token_of_transaction():
    """Return the token of the running transaction, and see to it that it is sealed afterwards."""
    for _, act, _ in transaction.get_connection().run_on_commit:
        if isinstance(act, Sealing):
            return act.token
    sealing = Sealing()
    transaction.on_commit(sealing)
    return sealing.token


# --- sealing ------------------------------------------------------------------------------------


def seal(token):
    """Seal the entries of a committed transaction that no link holds; return how many links.

    Raises IntegrityError where others' links came first too often.
    """
    made = tries = 0
    while rows := list(_open_entries(token)[:BLOCK]):
        head, previous = rows[0][:2]
        if head is None and token != BEFORE and seal(BEFORE):
            continue
        link = _link(token, (head or 0) + 1, previous or "", [row[2:] for row in rows])
        try:
            link.save()
        except IntegrityError:
            tries += 1
            if tries > TRIES or transaction.get_connection().in_atomic_block:
                raise
            continue
        made += 1
        if len(rows) < BLOCK:
            break
    return made


def _open_entries(token):
    """Return the entries of a transaction behind its last link: head's number, digest, columns."""
    head = AuditLink.objects.order_by("-number")
    own = AuditLink.objects.filter(token=token).order_by("-last")
    entries = AuditEntry.objects.filter(
        token=token, pk__gt=Coalesce(Subquery(own.values("last")[:1]), Value(0))
    )
    return entries.order_by("pk").values_list(
        Subquery(head.values("number")[:1]), Subquery(head.values("digest")[:1]), *COVERED
    )


def _link(token, number, previous, rows):
    link = AuditLink(
        number=number,
        token=token,
        count=len(rows),
        first=rows[0][0],
        last=rows[-1][0],
        entries="\n".join(f"{row[0]} {entry_hash(*row)}" for row in rows),
        previous=previous,
        at=timezone.now(),
    )
    link.digest = link.computed()
    return link


def seal_first():
    """Seal what was written before the chain; return how many links, 0 once there is one."""
    return 0 if AuditLink.objects.exists() else seal(BEFORE)


def seal_recent():
    """Seal what was left open within a day before the head: what a crash may leave.

    An entry put in with an earlier date or a token of its own is not taken for one: `verify_audit`
    names it.
    """
    head = AuditLink.objects.order_by("-number").first()
    return seal_rest(since=head.at - dt.timedelta(days=1)) if head else 0


def seal_rest(since=None):
    """Seal each transaction of ours that is open, of all time or since a moment; return how many
    links."""
    own = AuditLink.objects.filter(token=OuterRef("token"))
    # Two questions, not one: the first is a step into an index, and nearly always enough.
    rest = AuditEntry.objects.exclude(token=BEFORE)
    rest = rest.exclude(Exists(own.filter(last__gte=OuterRef("pk"))))
    rest = rest.exclude(Exists(own.filter(count__lt=BLOCK)))  # sealed to its end
    rest = rest.filter(at__gte=since) if since else rest
    tokens = list(rest.values_list("token", flat=True).distinct())
    made = sum(seal(token) for token in filter(is_ours, tokens))
    if made:
        log.warning("%d links were missing, and are made now.", made)
    return made
