"""Lists of what happened in groups: noted and mended on the group's page, counted by figures."""

from kylien.core.records import RecordView, Role
from selfgov_groups import life_lists
from selfgov_groups.models import GroupContact, MutualHelp


class ContactView(RecordView):
    model = GroupContact
    table_class = life_lists.ContactTable
    filterset_class = life_lists.ContactFilterSet
    url_prefix = "group-contacts"
    people_per_row = 0
    title = "Gặp tổ liên gia"
    counted = "lần gặp"
    roles = (Role.LIST,)
    empty_hint = "Mỗi lần gặp ghi ngay trên trang của tổ."

    def load(self, keys):
        return super().load(keys).select_related("group__neighbourhood", "officer")


class HelpView(RecordView):
    model = MutualHelp
    table_class = life_lists.HelpTable
    filterset_class = life_lists.HelpFilterSet
    url_prefix = "group-helps"
    people_per_row = 0
    title = "Giúp nhau trong tổ"
    counted = "việc giúp nhau"
    roles = (Role.LIST,)
    empty_hint = "Việc giúp nhau ghi ngay trên trang của tổ: số hộ, không ghi tên."

    def load(self, keys):
        return super().load(keys).select_related("group__neighbourhood")


urlpatterns = [*ContactView.get_urls(), *HelpView.get_urls()]
