from django.contrib import admin

from businesses.models import Business
from kylien.core.admin import RecordAdmin


@admin.register(Business)
class BusinessAdmin(RecordAdmin):
    pass
