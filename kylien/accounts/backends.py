"""Sign-in and permissions: allauth's sign-in, permissions from roles alone."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.models import Permission


class RoleBackend(AuthenticationBackend):
    """Permissions come from a user's roles; there are none given to a single person.

    A superuser keeps accounts and settings. He passes Django's permission checks, but
    `visible_to()` gives him no row of the ward.
    """

    def _get_user_permissions(self, user_obj):
        return Permission.objects.none()
