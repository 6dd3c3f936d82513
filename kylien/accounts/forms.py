"""Picking an officer of the station."""

from django import forms

from kylien.accounts.models import User


class OfficerField(forms.ModelChoiceField):
    """An officer by name. Names of officers are no secret within the station, so the whole ward's
    are offered; whoever is recorded already stays choosable."""

    ward_wide = True

    def __init__(self, **kwargs):
        kwargs = {"label": "Cán bộ phụ trách", "required": False, **kwargs}
        super().__init__(User.objects.none(), **{"empty_label": "Chọn cán bộ", **kwargs})

    def offer(self, kept=None):
        """Offer the officers of today, and `kept`, the key of the one that is recorded."""
        found = User.objects.working()
        self.queryset = found | User.objects.filter(pk=kept) if kept else found
