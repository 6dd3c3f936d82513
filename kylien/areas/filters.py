import django_filters

from kylien.areas.models import Neighbourhood


def area_filter(**kwargs):
    """Filter by neighbourhood, offering the user's own."""
    return django_filters.ModelChoiceFilter(
        queryset=Neighbourhood.objects.all(), label="Tổ dân phố", empty_label="Tất cả", **kwargs
    )
