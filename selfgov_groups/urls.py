from django.urls import path

from selfgov_groups import views

urlpatterns = [
    *views.GroupView.get_urls(),
    path(
        "groups/<int:pk>/households/",
        views.AddHousehold.as_view(),
        name="selfmanagedgroup-add-household",
    ),
    path(
        "groups/<int:pk>/meetings/",
        views.AddMeeting.as_view(),
        name="selfmanagedgroup-add-meeting",
    ),
    path(
        "group-memberships/<int:pk>/leave/",
        views.LeaveGroup.as_view(),
        name="groupmembership-leave",
    ),
    path("group-meetings/<int:pk>/edit/", views.EditMeeting.as_view(), name="groupmeeting-update"),
]
