from django.urls import path

from reports import views

urlpatterns = [
    path("reports/", views.month_list, name="report-list"),
    path("reports/<str:month>/", views.month_detail, name="report-month"),
    path("shortcomings/", views.shortcoming_board, name="shortcoming-board"),
    path("shortcomings/<slug:key>/", views.shortcoming_rows, name="shortcoming-rows"),
]
