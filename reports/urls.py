from django.urls import path

from reports.views import board, documents, leaders, monthly, months, outgoing, remarks

urlpatterns = [
    path("reports/", months.month_list, name="report-list"),
    *leaders.URLS,  # before the months: "/reports/trends/" is none
    path("reports/<str:month>/", months.month_detail, name="report-month"),
    *monthly.URLS,
    *documents.URLS,
    *remarks.URLS,
    *outgoing.URLS,
    path("shortcomings/", board.shortcoming_board, name="shortcoming-board"),
    path("shortcomings/<slug:key>/", board.shortcoming_rows, name="shortcoming-rows"),
]
