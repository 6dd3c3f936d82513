"""What every page shows around its content: the menu by rights, the ward's name, the day."""

from django.conf import settings
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from kylien.accounts.models import Role
from kylien.areas.models import Ward
from kylien.portal.worklist import may_work

# (address name, label, icon, permission or None, on the phone's bar, group)
MENU = (
    ("home", "Trang chủ", "house", None, True, "main"),
    ("worklist", "Việc cần làm", "list-checks", "work", True, "main"),
    ("household-list", "Hộ", "map-pin-house", "households.view_household", True, "main"),
    ("resident-list", "Nhân khẩu", "users", "households.view_resident", True, "main"),
    ("temporary-resident-list", "Tạm trú", "clock", "households.view_residence", False, "main"),
    ("staynotice-list", "Lưu trú", "bed", "households.view_staynotice", False, "main"),
    ("absence-list", "Tạm vắng", "plane", "households.view_absence", False, "main"),
    (
        "residenceact-list",
        "Biến động",
        "arrow-right-left",
        "households.view_residenceact",
        False,
        "main",
    ),
    (
        "duplicatepair-list",
        "Nghi trùng",
        "users-round",
        "households.view_duplicatepair",
        False,
        "main",
    ),
    ("business-list", "Cơ sở kinh doanh", "store", "businesses.view_business", False, "main"),
    ("sector-overview", "Ngành nghề", "layers", "businesses.view_business", False, "main"),
    ("inspection-list", "Kiểm tra", "clipboard-check", "businesses.view_inspection", False, "main"),
    (
        "quarterlyreturn-list",
        "Báo cáo quý",
        "inbox",
        "businesses.view_quarterlyreturn",
        False,
        "main",
    ),
    (
        "selfmanagedgroup-list",
        "Tổ liên gia",
        "house-plus",
        "selfgov_groups.view_selfmanagedgroup",
        False,
        "main",
    ),
    ("outreach", "Dân vận", "megaphone", "outreach.view_activity", False, "main"),
    ("incident-list", "Vụ việc", "triangle-alert", "incidents.view_incident", True, "main"),
    (
        "shifthandover-list",
        "Giao ca trực",
        "clipboard-list",
        "incidents.view_shifthandover",
        False,
        "main",
    ),
    ("shortcoming-board", "Bốn tồn tại", "scale", "board", False, "main"),
    ("report-list", "Báo cáo tháng", "file-text", "role", True, "main"),
    ("outgoingdocument-list", "Văn bản đi", "send", "reports.view_outgoingdocument", False, "main"),
    (
        "importbatch-list",
        "Nhập từ Excel",
        "file-spreadsheet",
        "imports.view_importbatch",
        False,
        "main",
    ),
    (
        "correctionrequest-list",
        "Yêu cầu đính chính",
        "file-pen-line",
        "retention.view_correctionrequest",
        False,
        "admin",
    ),
    ("retention", "Lưu giữ dữ liệu", "archive", "retention.view_disposal", False, "admin"),
    ("auditentry-list", "Nhật ký", "scroll-text", "audit.view_auditentry", False, "admin"),
    ("admin:index", "Quản trị", "settings", "staff", False, "admin"),
)

# Registers that are reached from another one's page.
ALSO = {
    "correctionrequest-list": ("/data-sheet/",),
    "retention": ("/disposals/",),
    "report-list": ("/monthly-reports/", "/report-remarks/"),
    "selfmanagedgroup-list": ("/group-requests/", "/group-scores/", "/roster-checks/"),
    "outreach": (
        "/outreach-plans/",
        "/activities/",
        "/questions/",
        "/materials/",
        "/partners/",
        "/resolutions/",
        "/fulfilments/",
        "/campaigns/",
        "/awards/",
        "/directives/",
        "/disasters/",
    ),
}

# The phone's bar has room for about ten letters a word.
SHORT = {"Báo cáo tháng": "Báo cáo", "Việc cần làm": "Việc"}
BAR = 5  # places on it: a leader's has room for the figures, an officer's for his work


def portal(request):
    user = getattr(request, "user", None)
    context = {
        "demo": settings.DEMO,
        "today": getattr(request, "today", None),
        "ward": SimpleLazyObject(lambda: Ward.objects.of(getattr(request, "today", None))),
    }
    if user is None or not user.is_authenticated:
        return context
    nav = []
    for name, label, icon, right, phone, group in MENU:
        if not _may(user, right):
            continue
        url = reverse(name)
        under = (url, *ALSO.get(name, ()))
        active = request.path == url if url == "/" else request.path.startswith(under)
        item = {"url": url, "label": label, "icon": icon, "active": active, "badge": None}
        nav.append({**item, "group": group, "phone": phone})
    bar = [
        {**item, "label": SHORT.get(item["label"], item["label"])} for item in nav if item["phone"]
    ]
    return {**context, "nav": nav, "nav_phone": bar[:BAR]}


def _may(user, right):
    if right is None:
        return True
    if right == "staff":
        return user.is_staff
    if right == "role":
        return bool(user.roles)
    if right == "board":
        return user.has_role(Role.CHIEF, Role.LEADER)
    if right == "work":
        return may_work(user)
    return user.has_perm(right)
