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
    """What Django gives by itself for the columns, filters and page length of our own list."""

    list_display = ("full_name", "code", "birth_date", "sex", "citizen_id", "neighbourhood")
    list_filter = ("neighbourhood", "sex")
    list_per_page = 50
    search_fields = ("full_name",)
    ordering = ("sort_key", "pk")


stock = admin.AdminSite("bench")
stock.register(Resident, StockResidentAdmin)

urlpatterns = [
    path("bench/floor/", floor),
    path("bench/admin/", stock.urls),
    *portal,
]
