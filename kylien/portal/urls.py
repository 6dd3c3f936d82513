from django.urls import path

from kylien.portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("worklist/", views.worklist, name="worklist"),
    path("worklist/print/", views.worklist_print, name="worklist-print"),
    path("worklist/digest/", views.worklist_digest, name="worklist-digest"),
    path("search/", views.search_page, name="search"),
    path("healthz", views.healthz, name="healthz"),
]
