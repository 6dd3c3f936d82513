from django.urls import path

from businesses import views

urlpatterns = [
    *views.BusinessView.get_urls(),
    path(
        "businesses/employers/options/",
        views.EmployerOptions.as_view(),
        name="employer-options",
    ),
    path(
        "businesses/<int:pk>/certificates/",
        views.AddCertificate.as_view(),
        name="business-add-certificate",
    ),
    path("certificates/<int:pk>/edit/", views.EditCertificate.as_view(), name="certificate-update"),
]
