"""The accounts that work may be given to."""

from kylien.accounts.models import Role, User


def officers_of_station():
    """Return the station's own people who have an account, by name: no leaders, no superusers."""
    roles = (Role.CHIEF, Role.AREA_OFFICER, Role.DUTY_OFFICER, Role.CLERK)
    own = User.objects.filter(groups__name__in=[str(role) for role in roles]).order_by()
    rows = User.objects.filter(is_active=True, is_superuser=False, pk__in=own.values("pk"))
    return rows.order_by("full_name", "pk")
