"""Is the trail what it was? Every altered, missing or put-in entry is named, with its link."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.db.models import F, OuterRef, Q, Subquery

from kylien.audit import triggers
from kylien.audit.blanking import ranges_told
from kylien.audit.chain import BEFORE, BLOCK, COVERED, entry_hash, is_ours
from kylien.audit.models import AuditEntry, AuditLink, digest_of

YOUNG = dt.timedelta(minutes=5)  # an entry may wait that long for its link
CHUNK_ENTRIES, CHUNK_LINKS = 5000, 400  # read at once
UNREADABLE = "unreadable"  # in place of a hash
# What reading or hashing a value raises that somebody wrote by hand into a column of another kind.
UNREADABLE_ERRORS = (AttributeError, TypeError, ValueError)


@dataclass(frozen=True)
class Finding:
    """What is not as it was. `link` and `entry` are a link's number and an entry's key."""

    kind: str
    text: str
    entry: int | None = None
    link: int | None = None
    warning: bool = False


def verify(at):
    """Yield every finding about triggers, links and entries; `at` is the present moment."""
    yield from _of_triggers()
    walk = Walk()
    yield from walk.links()
    yield from walk.entries_put_in()
    yield from walk.open_entries(at)
    yield from walk.blanked_entries()
    yield from of_remembered()


def head():
    """Return the newest link, None where there is none yet."""
    return AuditLink.objects.order_by("-number").first()


def link_of(digest):
    """Return the link with a printed digest, or with its first 16 characters at least."""
    return AuditLink.objects.filter(digest__startswith=digest).first()


def remember(link):
    """Keep outside the database how far the chain is: who cuts its end off does not reach that."""
    if link is not None:
        settings.AUDIT_HEAD.write_text(f"{link.number} {link.digest}\n")
        settings.AUDIT_HEAD.chmod(0o600)


def of_remembered():
    """Yield the finding that the chain does not hold its head of the last verification any more."""
    try:
        number, digest = settings.AUDIT_HEAD.read_text().split()
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        text = "Không đọc được mã của lần kiểm trước trong {}."
        yield Finding("head_unreadable", text.format(settings.AUDIT_HEAD.name))
        return
    if not AuditLink.objects.filter(number=number, digest=digest).exists():
        text = f"Mất mắt xích {number} của lần kiểm trước: phần cuối của chuỗi đã bị cắt bỏ."
        yield Finding("head_lost", text, link=int(number))


def _of_triggers():
    for table, name, missing in triggers.problems():
        if missing:
            yield Finding("trigger_missing", f"Bảng {table}: mất trigger {name}.")
        else:
            yield Finding("trigger_altered", f"Bảng {table}: trigger {name} bị sửa hoặc bị tắt.")
    for table, name in triggers.strangers():
        yield Finding("trigger_added", f"Bảng {table}: có thêm trigger lạ {name}.")


class Walk:
    """One walk along the chain, and what it has named already."""

    def __init__(self):
        self.named = set()  # entries that need no second finding
        self.put_in = {}  # entries that no link lists though their transaction is sealed there

    def links(self):
        number, digest = 0, ""
        for chunk in self._chunks():
            whole = []
            for link in chunk:
                if link.number > number + 1:
                    yield self._gap(number + 1, link.number - 1)
                elif link.previous != digest:
                    text = f"Đứt chuỗi giữa mắt xích {number} và {link.number}."
                    yield Finding("chain_broken", text, link=link.number)
                if self._is_whole(link):
                    whole.append(link)
                else:
                    yield self._altered_link(link)
                number, digest = link.number, link.digest
            yield from self._entries_of(whole)

    @staticmethod
    def _chunks():
        """Yield the links in the chain's order, as many together as hold some thousand entries."""
        chunk, entries = [], 0
        for link in AuditLink.objects.order_by("number").iterator(chunk_size=CHUNK_LINKS):
            chunk.append(link)
            entries += link.count
            if entries >= CHUNK_ENTRIES or len(chunk) == CHUNK_LINKS:
                yield chunk
                chunk, entries = [], 0
        yield chunk

    @staticmethod
    def _is_whole(link):
        try:
            return link.number > 0 and link.digest == link.computed()
        except UNREADABLE_ERRORS:  # its moment cannot be read any more
            return False

    @staticmethod
    def _gap(first, last):
        which = f"{first}" if first == last else f"{first} đến {last}"
        return Finding("link_missing", f"Mất mắt xích {which}.", link=first)

    def _altered_link(self, link):
        """Name the link; what its entries were nobody can say any more."""
        try:
            listed = link.listed()
        except ValueError:
            listed = {}
        self.named.update(listed)
        text = f"Mắt xích {link.number} bị sửa: không còn kiểm chứng được các mục của nó"
        span = f" ({min(listed)} đến {max(listed)})" if listed else ""
        return Finding("link_altered", f"{text}{span}.", link=link.number)

    def _entries_of(self, links):
        """Compare links with the entries of their transactions as the table holds them."""
        if not links:
            return
        own = defaultdict(list)
        for link in links:
            own[link.token].append(link)
        span = (min(link.first for link in links), max(link.last for link in links))
        rows = AuditEntry.objects.filter(token__in=own, pk__range=span)
        found = {pk: (token, seen) for pk, token, seen in _read(rows)}
        elsewhere = {}
        for link in links:
            for pk, listed in link.listed().items():
                token, seen = found.pop(pk, (None, None))
                if token != link.token:
                    elsewhere[pk] = link.number
                elif seen != listed:
                    yield self._altered(pk, link.number)
        moved = set(AuditEntry.objects.filter(pk__in=elsewhere).values_list("pk", flat=True))
        for pk, number in elsewhere.items():
            if pk in moved:
                yield self._altered(pk, number)
            else:
                text = f"Mất mục {pk} của mắt xích {number}."
                yield Finding("missing", text, entry=pk, link=number)
        for pk, (token, _) in found.items():
            for link in own[token]:
                if link.first <= pk <= link.last:
                    self.put_in[pk] = link.number

    def _altered(self, pk, number):
        self.named.add(pk)
        text = f"Mục {pk} của mắt xích {number} bị sửa."
        return Finding("altered", text, entry=pk, link=number)

    def entries_put_in(self):
        for pk, number in self.put_in.items():
            if pk not in self.named:
                yield self._put_in(pk, number)

    def _put_in(self, pk, number):
        self.named.add(pk)
        text = f"Mục {pk} bị chèn thêm vào giao dịch của mắt xích {number}."
        return Finding("inserted", text, entry=pk, link=number)

    def open_entries(self, at):
        """Name the entries that no link reaches: put into a sealed transaction, or not sealed."""
        own = AuditLink.objects.filter(token=OuterRef("token"))
        nearest = own.filter(last__gte=OuterRef("pk")).order_by("last")
        last = own.order_by("-last")
        rows = AuditEntry.objects.annotate(
            reached=Subquery(nearest.values("first")[:1]),
            behind=Subquery(nearest.values("number")[:1]),
            end=Subquery(last.values("number")[:1]),
            size=Subquery(last.values("count")[:1]),
        ).filter(Q(reached=None) | Q(reached__gt=F("pk")))
        for pk, token, behind, end, size in rows.order_by("pk").values_list(
            "pk", "token", "behind", "end", "size"
        ):
            if pk in self.named:
                continue
            if behind or (end and size < BLOCK):
                yield self._put_in(pk, behind or end)
            elif token == BEFORE or not is_ours(token):
                self.named.add(pk)
                text = f"Mục {pk} không thuộc giao dịch nào của cổng: bị chèn thêm."
                yield Finding("inserted", text, entry=pk)
            else:
                yield self._unsealed(pk, at)

    def blanked_entries(self):
        """Name the entries whose values were taken away without a blanking that tells of them."""
        told = AuditEntry.objects.filter(action=AuditEntry.Action.BLANK)
        keys = [pk for pk in told.values_list("pk", flat=True) if pk not in self.named]
        ranges = ranges_told(
            AuditEntry.objects.values_list("fields", flat=True).get(pk=pk) for pk in keys
        )
        blank = AuditEntry.objects.filter(values="", salt="").order_by("pk")
        for pk in blank.values_list("pk", flat=True).iterator(chunk_size=CHUNK_ENTRIES):
            if pk not in self.named and pk not in ranges:
                text = f"Mục {pk} bị xoá giá trị mà không đợt tiêu huỷ nào ghi lại."
                yield Finding("blanked", text, entry=pk)

    @staticmethod
    def _unsealed(pk, at):
        written = _moment(pk)
        young = written is not None and at - YOUNG <= written <= at
        text = f"Mục {pk} chưa được niêm phong"
        text = f"{text} (vừa ghi, chưa tới 5 phút)." if young else f"{text}."
        return Finding("unsealed", text, entry=pk, warning=young)


def _moment(pk):
    try:
        return AuditEntry.objects.values_list("at", flat=True).get(pk=pk)
    except UNREADABLE_ERRORS:
        return None


def _read(rows):
    """Yield `(key, token, hash)` of entries; a value that cannot be read makes a hash that fits
    none, and so does a digest that is not that of the values kept."""
    wanted = ("token", "values", "salt", *COVERED)
    try:
        found = list(rows.values_list(*wanted))
    except UNREADABLE_ERRORS:  # in one of them: row by row, to tell in which
        found = []
        for pk, token in list(rows.values_list("pk", "token")):
            try:
                found.append(AuditEntry.objects.values_list(*wanted).get(pk=pk))
            except UNREADABLE_ERRORS:
                yield pk, token, UNREADABLE
    for token, values, salt, *covered in found:
        yield covered[0], token, _hash(values, salt, covered)


def _hash(values, salt, covered):
    try:
        blanked = values == "" and salt == ""
        kept = blanked or digest_of(salt, values) == covered[-1]
        return entry_hash(*covered) if kept else UNREADABLE
    except UNREADABLE_ERRORS:
        return UNREADABLE
