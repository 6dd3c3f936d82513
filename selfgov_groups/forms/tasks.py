"""The owner of a task: an officer of the station, or a body outside it."""

from django import forms
from django.contrib.auth.models import Group

from kylien.accounts.models import Role, User

OWNERS = (Role.CHIEF, Role.AREA_OFFICER, Role.DUTY_OFFICER, Role.CLERK)


def owners():
    """Return the accounts that may own a task."""
    groups = Group.objects.filter(name__in=[str(role) for role in OWNERS])
    return User.objects.filter(is_active=True, pk__in=groups.values("user")).order_by(
        "full_name", "pk"
    )


class OwnerField(forms.ModelChoiceField):
    """An officer by name. Names of officers are no secret within the station, so the whole ward's
    are offered; whoever owns the task already stays choosable."""

    ward_wide = True

    def __init__(self, **kwargs):
        kwargs = {"label": "Cán bộ phụ trách", "required": False, **kwargs}
        super().__init__(User.objects.none(), **{"empty_label": "Chọn cán bộ", **kwargs})

    def offer(self, kept=None):
        """Offer the officers of today, and `kept`, the key of the owner that is recorded."""
        found = owners()
        self.queryset = found | User.objects.filter(pk=kept) if kept else found


class OwnedFormMixin:
    """Put in front of a form of a task: exactly one owner, an officer or a body."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "owner" in self.fields:
            self.fields["owner"].offer(self.instance.owner_id)
            for name in ("owner", "owner_body", "due_on"):
                self.fields[name].widget.attrs["data-half"] = ""
            self.fields["owner"].help_text = "Chọn cán bộ, hoặc ghi cơ quan ở ô bên."

    def group_of(self, data):
        """Return the group that the task is about."""
        kept = self.instance.group if self.instance.group_id else None
        return data.get("group") or kept

    def clean(self):
        """A new owner sees what he owns: he has the neighbourhood, or the whole ward."""
        data = super().clean()
        owner, group = data.get("owner"), self.group_of(data)
        new = "owner" in self.changed_data
        if owner and new and group and not owner.scope.holds(group.neighbourhood_id):
            self.add_error("owner", "Cán bộ này không phụ trách tổ dân phố của tổ.")
        return data
