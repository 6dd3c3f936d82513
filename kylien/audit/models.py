"""The trail: who changed or took out what, when, from where and why. Append-only."""

import datetime as dt
import hashlib
import json
import secrets

from django.conf import settings
from django.db import connections, models
from django.db.models import Q

from kylien.accounts.models import Role, User
from kylien.core import text
from kylien.core.models import AppendOnly, AppendOnlyQuerySet


class AuditQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user):
        """The trail is the chief's alone."""
        return self.all() if user.has_role(Role.CHIEF) else self.none()

    def of(self, obj):
        """Return the entries of a row, and of the rows told by its code (a person's residences)."""
        own = Q(table=obj._meta.label_lower, row=obj.pk)
        code = getattr(obj, "code", "")
        return self.filter(own | Q(code=code)) if code else self.filter(own)

    def for_list(self):
        return self.select_related("user")

    def append_like(self, entry, rows):
        """Write an entry for each of `rows`, dictionaries of what they do not share with `entry`.

        Hundreds of thousands come from one import, so none becomes an object on its way.
        """
        connection = connections[self.db]
        fields = [f for f in self.model._meta.concrete_fields if not f.primary_key]
        shared = {
            f.attname: f.get_db_prep_save(getattr(entry, f.attname), connection) for f in fields
        }
        quote = connection.ops.quote_name
        columns = ", ".join(quote(f.column) for f in fields)
        places = ", ".join(["%s"] * len(fields))
        table = quote(self.model._meta.db_table)
        sql = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608 (names are ours)
        prepared = [
            [
                f.get_db_prep_save(row[f.attname], connection)
                if f.attname in row
                else shared[f.attname]
                for f in fields
            ]
            for row in rows
        ]
        with connection.cursor() as cursor:
            cursor.executemany(sql, prepared)

    append_like.alters_data = True

    def within(self, period):
        return self.filter(at__gte=period.start_at, at__lt=period.end_at)

    def search(self, query, *, partial_numbers=False):
        """Return the entries each word of `query` points to: by a record's code or by who acted.

        What changed is not searched: its values may be blanked, and hold no numbers anyway.
        """
        rows = self
        words = text.tokens(query)
        people = list(User.objects.only("pk", "username", "rank", "full_name")) if words else ()
        for word in words:
            found = [
                user.pk
                for user in people
                if word in text.fold(f"{user.username} {user.full_name_label}")
            ]
            rows = rows.filter(Q(code__contains=word.upper()) | Q(user__in=found))
        return rows

    def blank_values(self):
        """Blank what the entries tell, for good: retention's part. Return how many there were.

        Who did what when, and the digests, stay; it is the one change that the triggers let pass.
        """
        return models.QuerySet.update(self, values="", salt="")

    blank_values.alters_data = True


class AuditEntry(AppendOnly):
    """One row's change, or one reading of many rows.

    `values` (old and new, as canonical JSON) may be blanked by retention together with `salt`; the
    digest over both stays, so that the chain of entries rests on digests alone. Secret fields
    (ids, phones, passwords) are only named in `fields`. The entries of one transaction bear one
    `token`, by which a link of the chain holds them; it is empty in those from before the chain.
    """

    class Action(models.TextChoices):
        CREATE = "create", "Tạo"
        CHANGE = "change", "Sửa"
        DELETE = "delete", "Xoá"
        EXPORT = "export", "Xuất"
        PRINT = "print", "In"
        LOOKUP = "lookup", "Tra số"
        VIEW = "view", "Xem"
        REVEAL = "reveal", "Hiện đầy đủ"
        SIGN_IN = "signin", "Đăng nhập"
        SIGN_OUT = "signout", "Đăng xuất"
        REFUSED = "refused", "Bị từ chối"
        BLANK = "blank", "Bỏ giá trị"

    at = models.DateTimeField("lúc", db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name="người thực hiện"
    )
    address = models.CharField("địa chỉ máy", max_length=45, blank=True)
    action = models.CharField("việc", max_length=10, choices=Action)
    table = models.CharField("loại bản ghi", max_length=60)
    row = models.BigIntegerField("số thứ tự", null=True)
    code = models.CharField("mã", max_length=150, blank=True)
    fields = models.JSONField("trường", default=list)
    values = models.TextField("giá trị", blank=True)
    salt = models.CharField(max_length=32, blank=True)
    digest = models.CharField(max_length=64)
    reason = models.CharField("lý do", max_length=300, blank=True)
    token = models.CharField(max_length=32, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        verbose_name = "mục nhật ký"
        verbose_name_plural = "nhật ký"
        default_permissions = ("view", "export")
        indexes = [
            models.Index(fields=["table", "row", "-id"], name="audit_of_row"),
            models.Index(fields=["user", "-id"], name="audit_of_user"),
            models.Index(fields=["code", "-id"], name="audit_of_code"),
            models.Index(fields=["action", "-id"], name="audit_of_action"),
            models.Index(fields=["token", "id"], name="audit_of_token"),
        ]

    def __str__(self):
        return f"{self.get_action_display()} {self.table} {self.code or self.row or ''}".strip()

    def action_badge(self):
        tones = {"create": "ok", "delete": "late", "export": "due", "reveal": "due"}
        tone = {**tones, "refused": "late"}.get(self.action, "mute")
        return tone, self.get_action_display()

    def seal(self, values: dict):
        """Keep `values` with a fresh salt and the digest over both."""
        self.salt, self.values = sealed(values)
        self.digest = digest_of(self.salt, self.values)


def sealed(values: dict) -> tuple[str, str]:
    """Return a fresh salt, and values as canonical JSON."""
    told = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str)
    return secrets.token_hex(16), told


class AuditLink(AppendOnly):
    """A link of the chain: the entries of one transaction, or a thousand of them, in one digest.

    `entries` names each by its key with its hash, a line each, so that an entry that is altered,
    missing or put in later can be named. `digest` covers all columns, the link before included.
    """

    number = models.PositiveBigIntegerField("mắt xích", unique=True)
    token = models.CharField(max_length=32, blank=True)
    count = models.PositiveIntegerField("số mục")
    first = models.BigIntegerField("mục đầu")
    last = models.BigIntegerField("mục cuối")
    entries = models.TextField("các mục")
    previous = models.CharField("mã của mắt xích trước", max_length=64, blank=True)
    digest = models.CharField("mã niêm phong", max_length=64)
    at = models.DateTimeField("niêm phong lúc", db_index=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "mắt xích nhật ký"
        verbose_name_plural = "chuỗi niêm phong nhật ký"
        default_permissions = ()
        indexes = [models.Index(fields=["token", "last"], name="audit_link_of_token")]

    def __str__(self):
        return f"{self.number}: {self.digest[:16]}"

    def computed(self):
        """Return the digest that the link's columns give."""
        at = self.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
        parts = (self.number, at, self.token, self.count, self.first, self.last, self.previous)
        text = "\n".join(map(str, (*parts, self.entries)))
        return hashlib.sha256(text.encode()).hexdigest()

    def listed(self):
        """Return the entries that the link holds, each key with its hash."""
        pairs = (line.split(" ") for line in self.entries.split("\n"))
        return {int(key): found for key, found in pairs}


def digest_of(salt: str, values: str) -> str:
    return hashlib.sha256(f"{salt}\n{values}".encode()).hexdigest()
