"""Accounts and roles. The role (a Django group) gives the verbs, the beat gives the rows."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser, BaseUserManager, Group
from django.db import models, transaction
from django.utils.functional import cached_property

from kylien.accounts import sessions
from kylien.core import text
from kylien.core.changes import today
from kylien.core.models import Record, Tracked, TrackedQuerySet


class Role(models.TextChoices):
    """The roles; each is a Django group of this name, made and granted by a migration."""

    CHIEF = "chief", "Trưởng, Phó Công an phường"
    AREA_OFFICER = "area_officer", "Cảnh sát khu vực"
    DUTY_OFFICER = "duty_officer", "Trực ban"
    CLERK = "clerk", "Cán bộ nhập liệu"
    LEADER = "leader", "Lãnh đạo phường"

    @classmethod
    def labels_of(cls, names):
        """Return the labels of the roles named, as one text."""
        return ", ".join(role.label for role in cls if role in names) or "Chưa phân vai trò"

    @classmethod
    def whole_ward(cls):
        return {cls.CHIEF, cls.DUTY_OFFICER, cls.CLERK}

    @classmethod
    def station(cls):
        """The station's own people: the ward's leaders are not."""
        return cls.whole_ward() | {cls.AREA_OFFICER}

    @classmethod
    def admin_site(cls):
        return {cls.CHIEF, cls.AREA_OFFICER, cls.CLERK}

    @classmethod
    def see_numbers(cls):
        """Roles that may look for a part of an id or phone number; the others give it whole."""
        return {cls.CHIEF, cls.AREA_OFFICER, cls.CLERK}


SUPERUSER_APPS = {"accounts", "areas"}


@dataclass(frozen=True)
class Scope:
    """Which rows a user sees: the whole ward, or those of some neighbourhoods (maybe none)."""

    whole_ward: bool = False
    neighbourhood_ids: tuple[int, ...] = ()

    def holds(self, neighbourhood_id):
        """Tell whether rows of a neighbourhood are among those seen."""
        return self.whole_ward or neighbourhood_id in self.neighbourhood_ids


class UserQuerySet(TrackedQuerySet):
    def visible_to(self, user):
        """Accounts are the chief's and the superuser's; a chief does not see superusers."""
        if user.is_superuser:
            return self.all()
        if user.has_role(Role.CHIEF):
            return self.filter(is_superuser=False)
        return self.filter(pk=user.pk)

    def working(self, *roles):
        """Return the accounts in use that work may be given to, by name: of the station's own
        people, or of some `roles`."""
        groups = Group.objects.filter(name__in=[str(role) for role in roles or Role.station()])
        rows = self.filter(is_active=True, is_superuser=False, pk__in=groups.values("user"))
        return rows.order_by("full_name", "pk")


class UserObjects(BaseUserManager.from_queryset(UserQuerySet)):
    """Makes accounts. There is no e-mail here, and who is staff follows from the roles."""

    use_in_migrations = False

    def create_user(self, username, password=None, *, roles=(), **fields):
        user = self.model(username=text.clean(username).lower(), **fields)
        user.set_password(password)
        with transaction.atomic():
            user.save(using=self._db)
            user.groups.set(Group.objects.filter(name__in=[str(role) for role in roles]))
        return user

    def create_superuser(self, username, password=None, **fields):
        return self.create_user(username, password, is_superuser=True, **fields)


class User(Tracked, AbstractUser):
    """A person with an account. Names are kept whole, as papers write them."""

    full_name = models.CharField("họ và tên", max_length=100)
    rank = models.CharField("cấp bậc", max_length=40, blank=True)
    must_change_password = models.BooleanField(
        "phải đổi mật khẩu", default=False, help_text="Đặt khi cấp mật khẩu dùng một lần."
    )
    first_name = None
    last_name = None
    email = None

    objects = UserObjects()

    owner_code = "username"
    secret_fields = ("password",)
    unrecorded_fields = (*Tracked.bookkeeping, "last_login")
    REQUIRED_FIELDS = ("full_name",)
    EMAIL_FIELD = ""

    class Meta(Tracked.Meta):
        verbose_name = "tài khoản"
        verbose_name_plural = "tài khoản"
        ordering = ("username",)
        default_permissions = ("view", "add", "change", "delete")

    def __str__(self):
        return self.full_name_label

    def save(self, *args, update_fields=None, **kwargs):
        """Save the account; one switched off has its sessions ended with it.

        A sign-in is no edit: it leaves the version as forms have seen it.
        """
        if update_fields is not None and set(update_fields) == {"last_login"}:
            models.Model.save(self, *args, update_fields=update_fields, **kwargs)
            return
        with transaction.atomic():
            super().save(*args, update_fields=update_fields, **kwargs)
            if not self.is_active:
                sessions.end(self)

    save.alters_data = True

    def clean(self):
        self.username = text.clean(self.username).lower()

    def get_full_name(self):
        return self.full_name

    def get_short_name(self):
        return self.full_name.split(" ")[-1] if self.full_name else self.username

    @property
    def full_name_label(self):
        return f"{self.rank} {self.full_name}".strip() or self.username

    @property
    def area_label(self):
        return ", ".join(n.name for n in self.beats) if self.has_role(Role.AREA_OFFICER) else ""

    @cached_property
    def _groups_and_permissions(self):
        """Read the user's groups and what they grant in one query, once a request."""
        app, codename = "permissions__content_type__app_label", "permissions__codename"
        return list(self.groups.values_list("name", app, codename))

    @cached_property
    def roles(self):
        names = {name for name, _, _ in self._groups_and_permissions}
        return frozenset(role for role in Role if role in names)

    @cached_property
    def granted(self):
        """Return the permissions of the user's roles, as `app.codename`."""
        return {f"{app}.{code}" for _, app, code in self._groups_and_permissions if code}

    def has_role(self, *roles):
        return self.is_active and not self.roles.isdisjoint(roles)

    @property
    def role_label(self):
        if self.is_superuser:
            return "Quản trị hệ thống"
        return Role.labels_of(self.roles)

    @cached_property
    def beats(self):
        """Return the neighbourhoods this officer has today, through his beat assignments."""
        rows = self.beat_assignments.open_on(today()).select_related("neighbourhood")
        return [row.neighbourhood for row in rows.order_by("neighbourhood__position")]

    @cached_property
    def scope(self):
        """Return whose rows this user sees: ward, beats, or none (leaders, superusers)."""
        if not self.is_active or self.is_superuser:
            return Scope()
        if self.has_role(*Role.whole_ward()):
            return Scope(whole_ward=True)
        if self.has_role(Role.AREA_OFFICER):
            return Scope(neighbourhood_ids=tuple(dict.fromkeys(n.pk for n in self.beats)))
        return Scope()

    @property
    def is_staff(self):  # replaces AbstractUser's field
        """Tell whether the admin site is his: chief, area officers, clerks, superuser."""
        return self.is_active and (self.is_superuser or self.has_role(*Role.admin_site()))

    def has_perm(self, perm, obj=None):
        """A superuser's verbs end at accounts and settings: the ward's records are not his."""
        if self.is_superuser:
            return self.is_active and perm.partition(".")[0] in SUPERUSER_APPS
        return super().has_perm(perm, obj)

    def has_module_perms(self, app_label):
        if self.is_superuser:
            return self.is_active and app_label in SUPERUSER_APPS
        return super().has_module_perms(app_label)

    @property
    def may_see_numbers(self):
        return self.has_role(*Role.see_numbers())

    @property
    def is_leader(self):
        """A leader sees published figures of the whole ward: no links, no small cells."""
        return self.has_role(Role.LEADER) and len(self.roles) == 1


class DeskRecord(Record):
    """A record that the duty desk takes down too, and may mend for a quarter of an hour."""

    MEND_FOR = dt.timedelta(minutes=15)

    created_by = models.ForeignKey(
        User, models.PROTECT, "+", null=True, editable=False, verbose_name="người ghi"
    )

    class Meta(Record.Meta):
        abstract = True

    def changeable_by(self, user, at):
        """The desk mends its own entries while they are fresh; the others as their role says."""
        if user.has_role(Role.CHIEF, Role.AREA_OFFICER, Role.CLERK):
            return True
        return self.created_by_id == user.pk and at - self.created_at <= self.MEND_FOR
