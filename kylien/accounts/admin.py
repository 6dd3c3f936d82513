"""Accounts: the chief makes them, gives roles and beats, and hands out one-time passwords."""

import secrets

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef

from kylien.accounts import second_factor, sessions
from kylien.accounts.models import Role, User
from kylien.accounts.reauthentication import needs_recent, to_reauthenticate
from kylien.core.admin import RecordAdmin, RecordAdminForm
from kylien.core.changes import acting

admin.site.unregister(Group)  # roles are declared by the apps, not edited
for kept_by_allauth in (EmailAddress, Authenticator, UserSession):  # secrets and session keys
    admin.site.unregister(kept_by_allauth)

# Letters and digits that are not mistaken for one another when read aloud or copied by hand.
ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time_password():
    """Return a random password of 14 characters, in groups that are easy to read out."""
    letters = "".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(12))
    return "-".join((letters[:4], letters[4:8], letters[8:]))


class UserAdminForm(RecordAdminForm):
    role = forms.ChoiceField(label="Vai trò", choices=[("", "—"), *Role.choices], required=False)

    class Meta:
        model = User
        fields = ("username", "full_name", "rank", "is_active")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            return
        held = [role.value for role in Role if role in self.instance.roles]
        self.initial["role"] = ",".join(held)
        if len(held) > 1:  # not given here, but never dropped by a save either
            role = self.fields["role"]
            role.choices = [(self.initial["role"], Role.labels_of(held)), *role.choices]

    def clean(self):
        data = super().clean()
        if self.instance.pk and self.instance.pk == self.user.pk:
            self._keep_oneself_in(data)
        return data

    def _keep_oneself_in(self, data):
        """Refuse what would lock the one who saves out of the accounts."""
        if not data.get("is_active"):
            self.add_error("is_active", "Đồng chí không thể tự khoá tài khoản của mình.")
        chief = Role.CHIEF.value
        if chief in self.instance.roles and chief not in data.get("role", chief).split(","):
            self.add_error("role", "Đồng chí không thể tự bỏ vai trò chỉ huy của mình.")


class ReasonedActionForm(ActionForm):
    reason = forms.CharField(
        label="Lý do",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"size": 34, "placeholder": "vì sao đặt lại; vào nhật ký"}),
    )


@admin.register(User)
class UserAdmin(RecordAdmin):
    form = UserAdminForm
    action_form = ReasonedActionForm
    list_display = (
        "username",
        "full_name",
        "rank",
        "role_shown",
        "second_factor_shown",
        "is_active",
        "last_login",
    )
    list_filter = ("groups", "is_active")
    search_fields = ("username", "full_name")
    search_help_text = "Tên đăng nhập, họ và tên."
    fields = ("username", "full_name", "rank", "role", "is_active")
    actions = ("reset_password", "reset_second_factor")
    ordering = ("username",)

    def get_queryset(self, request):
        app = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
        rows = super().get_queryset(request).annotate(has_second_factor=Exists(app))
        return rows.prefetch_related("groups")

    def get_search_results(self, request, queryset, search_term):
        return admin.ModelAdmin.get_search_results(self, request, queryset, search_term)

    def has_delete_permission(self, request, obj=None):
        return False  # an account that acted is switched off, never deleted

    @admin.display(description="vai trò")
    def role_shown(self, obj):
        if obj.is_superuser:
            return obj.role_label
        return Role.labels_of({group.name for group in obj.groups.all()})  # prefetched

    @admin.display(description="xác thực hai lớp")
    def second_factor_shown(self, obj):
        return "đã bật" if obj.has_second_factor else "–"

    def save_model(self, request, obj, form, change):
        """Save the account and its role; a new one gets a one-time password, shown once."""
        password = None
        if not change:
            password = one_time_password()
            obj.set_password(password)
            obj.must_change_password = True
        obj.save()
        if "role" in form.changed_data:
            role = form.cleaned_data["role"]
            obj.groups.set(Group.objects.filter(name=role) if role else [])
        if password:
            self._tell(request, obj, password)

    @admin.action(description="Cấp mật khẩu dùng một lần", permissions=["change"])
    def reset_password(self, request, queryset):
        """Give each selected account a one-time password, to be changed at the next sign-in."""
        if not request.user.has_perm("accounts.change_user"):
            raise PermissionDenied
        # His own would end his session before the page with the new password is shown.
        if queryset.filter(pk=request.user.pk).exists():
            self.message_user(
                request,
                "Không cấp mật khẩu dùng một lần cho chính mình: hãy dùng mục Đổi mật khẩu.",
                messages.WARNING,
            )
        for user in queryset.exclude(pk=request.user.pk):
            password = one_time_password()
            user.set_password(password)
            user.must_change_password = True
            with transaction.atomic():
                user.save()
                sessions.end(user)
            self._tell(request, user, password)

    @admin.action(description="Đặt lại xác thực hai lớp (ghi lý do)", permissions=["change"])
    def reset_second_factor(self, request, queryset):
        """Take the second factor of each selected account away, for a reason; never one's own."""
        if not request.user.has_perm("accounts.change_user"):
            raise PermissionDenied
        if needs_recent(request):
            self.message_user(
                request, "Gõ lại mật khẩu của mình rồi làm lại việc đặt lại.", messages.WARNING
            )
            return to_reauthenticate(request)
        reason = " ".join(request.POST.get("reason", "").split())[:300]
        if not reason:
            self.message_user(
                request, "Ghi lý do đặt lại xác thực hai lớp rồi chạy lại.", messages.ERROR
            )
            return None
        if queryset.filter(pk=request.user.pk).exists():
            self.message_user(
                request,
                "Không tự đặt lại xác thực hai lớp của mình: đổi thiết bị ở Tài khoản của tôi, "
                "hoặc nhờ một chỉ huy khác.",
                messages.WARNING,
            )
        for user in queryset.exclude(pk=request.user.pk):
            with acting(reason=reason):
                done = second_factor.reset(user)
            self.message_user(
                request,
                f"Đã đặt lại xác thực hai lớp của {user.username}; các phiên của người này đã "
                "kết thúc."
                if done
                else f"{user.username} chưa thiết lập xác thực hai lớp.",
                messages.SUCCESS if done else messages.INFO,
            )
        return None

    def _tell(self, request, user, password):
        self.message_user(
            request,
            f"Mật khẩu dùng một lần của {user.username}: {password} — chỉ hiện lần này; "
            "người dùng phải đổi khi đăng nhập.",
            messages.WARNING,
        )
