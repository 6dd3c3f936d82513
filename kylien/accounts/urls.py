from allauth.account import views as allauth_views
from django.urls import path

from kylien.accounts import views

urlpatterns = [
    path("accounts/login/", allauth_views.login, name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path(
        "accounts/password/change/",
        views.ChangePassword.as_view(),
        name="account_change_password",
    ),
    path("accounts/resume/", views.resume, name="resume"),
    # allauth asks for these addresses by name; they lead nowhere.
    path("accounts/signup/", views.not_here, name="account_signup"),
    path("accounts/password/reset/", views.not_here, name="account_reset_password"),
]
