from allauth.account.adapter import DefaultAccountAdapter


class StationAccountAdapter(DefaultAccountAdapter):
    """Accounts are made by the chief: nobody signs up."""

    def is_open_for_signup(self, request):
        return False
