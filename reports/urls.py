from django.urls import path

from reports import views

urlpatterns = [
    path("reports/", views.month_list, name="report-list"),
    path("reports/<str:month>/", views.month_detail, name="report-month"),
]
