"""Every address of the portal. Apps hand in their records' addresses; nothing is typed twice."""

urlpatterns = []
