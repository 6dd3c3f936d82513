from allauth.account import views as allauth_views
from allauth.mfa.base import views as mfa_views
from django.urls import path
from django.views.generic import RedirectView

from kylien.accounts import second_factor_views, views

CODES = "accounts/2fa/recovery-codes/"

urlpatterns = [
    path("accounts/login/", views.SignIn.as_view(), name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("accounts/reauthenticate/", allauth_views.reauthenticate, name="account_reauthenticate"),
    path(
        "accounts/password/change/",
        views.ChangePassword.as_view(),
        name="account_change_password",
    ),
    path("accounts/profile/", views.Profile.as_view(), name="profile"),
    path("accounts/sessions/", views.Sessions.as_view(), name="own-sessions"),
    path("accounts/2fa/", RedirectView.as_view(pattern_name="profile"), name="mfa_index"),
    path(
        "accounts/2fa/authenticate/",
        second_factor_views.TypeCode.as_view(),
        name="mfa_authenticate",
    ),
    path("accounts/2fa/reauthenticate/", mfa_views.reauthenticate, name="mfa_reauthenticate"),
    path("accounts/2fa/set-up/", second_factor_views.SetUp.as_view(), name="mfa_activate_totp"),
    path("accounts/2fa/give-up/", second_factor_views.GiveUp.as_view(), name="mfa_deactivate_totp"),
    path(CODES, second_factor_views.ShowCodes.as_view(), name="mfa_view_recovery_codes"),
    path(
        f"{CODES}generate/",
        second_factor_views.NewCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path(f"{CODES}file/", second_factor_views.save_codes, name="mfa_download_recovery_codes"),
    path("accounts/resume/", views.resume, name="resume"),
    # allauth asks for these addresses by name; they lead nowhere.
    path("accounts/signup/", views.not_here, name="account_signup"),
    path("accounts/password/reset/", views.not_here, name="account_reset_password"),
]
