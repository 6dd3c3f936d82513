"""The portal's addresses with Django's admin as it comes beside them, at /stock/.

What our entry page is measured against (test_entry.py): plain `ModelAdmin`s, Django's own widgets.
"""

from django.contrib import admin
from django.urls import path

from households.models import Household, Residence, Resident
from kylien.urls import urlpatterns as portal


class StockResidenceAdmin(admin.ModelAdmin):
    def save_model(self, request, obj, form, change):
        obj.neighbourhood = obj.household.neighbourhood  # not typed anywhere
        super().save_model(request, obj, form, change)


stock = admin.AdminSite("stock")
stock.register([Household, Resident])
stock.register(Residence, StockResidenceAdmin)

urlpatterns = [path("stock/", stock.urls), *portal]
