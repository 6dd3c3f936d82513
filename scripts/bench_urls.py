"""The portal's addresses, and what the bench compares them with (see scripts/bench.py)."""

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from households.models import Resident
from kylien.urls import urlpatterns as portal


def floor(request):
    """Answer a constant page: what sign-in, session and middleware cost by themselves."""
    return HttpResponse(f"<!doctype html><title>Sàn</title><p>{request.user.pk}</p>")


class StockResidentAdmin(admin.ModelAdmin):
    """What Django gives by itself for the columns, filters and search of our own list.

    Everything else is Django's default: a hundred rows a page, the full count beside the filtered
    one. The drill-down by date stands for our two filters by birth date.
    """

    list_display = ("full_name", "code", "birth_date", "sex", "citizen_id", "neighbourhood")
    list_filter = ("neighbourhood", "sex")
    date_hierarchy = "birth_date"
    search_fields = ("full_name",)
    ordering = ("sort_key", "pk")


stock = admin.AdminSite("bench")
stock.register(Resident, StockResidentAdmin)

urlpatterns = [
    path("bench/floor/", floor),
    path("bench/admin/", stock.urls),
    *portal,
]
