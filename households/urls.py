from django.urls import path

from households import views

urlpatterns = [
    *views.HouseholdView.get_urls(),
    path("households/<int:pk>/members/", views.AddMember.as_view(), name="household-add-member"),
    *views.ResidentView.get_urls(),
    *views.TemporaryResidentView.get_urls(),
    *views.ResidenceView.get_urls(),
    path("households/<int:pk>/head/", views.ChangeHead.as_view(), name="household-head"),
    path(
        "residents/<int:pk>/residences/create/",
        views.ReturnResident.as_view(),
        name="resident-return",
    ),
    path(
        "residences/<int:pk>/transfer/",
        views.TransferResidence.as_view(),
        name="residence-transfer",
    ),
    path("residences/<int:pk>/extend/", views.ExtendResidence.as_view(), name="residence-extend"),
    path("residences/<int:pk>/end/", views.EndResidence.as_view(), name="residence-end"),
    *views.StayNoticeView.get_urls(),
    path(
        "stay-notices/<int:pk>/confirm/",
        views.ConfirmStayNotice.as_view(),
        name="staynotice-confirm",
    ),
]
