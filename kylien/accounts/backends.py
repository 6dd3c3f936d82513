"""Sign-in and permissions: allauth's sign-in, permissions from roles alone."""

from allauth.account.auth_backends import AuthenticationBackend


class RoleBackend(AuthenticationBackend):
    """Permissions come from a user's roles; there are none given to a single person.

    What a superuser may is told by `User.has_perm()`: accounts and settings, no row of the ward.
    """

    @classmethod
    def _stash_user(cls, user):
        """Keep nobody: to allauth a switched-off account with the right password is a sign-in to
        be explained; here it is refused in the same words as a wrong password."""

    def _get_permissions(self, user_obj, obj, from_name):
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        return user_obj.granted if from_name == "group" else set()
