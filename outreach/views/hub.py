"""The way into outreach: each register with what waits in it."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import path, reverse
from django.views.generic import View

from kylien.core import text
from kylien.core.counts import count_all
from outreach.models import (
    Activity,
    Award,
    Campaign,
    Directive,
    Disaster,
    JointResolution,
    Material,
    Partner,
    PlanItem,
    Question,
)

# (heading, [(model, address name, label, icon, what it is for)])
PARTS = (
    (
        "Tuyên truyền, vận động",
        (
            (PlanItem, "planitem-list", "Kế hoạch năm", "calendar-days", "theo chủ đề, đối tượng"),
            (Activity, "activity-list", "Hoạt động", "megaphone", "dự kiến, đã tổ chức"),
            (Activity, "outreach-coverage", "Độ phủ", "grid-3x3", "tổ dân phố nào có chủ đề nào"),
            (
                Question,
                "question-list",
                "Ý kiến, kiến nghị",
                "message-circle-question-mark",
                "ai trả lời",
            ),
            (Material, "material-list", "Tài liệu", "book-open", "các bản, đã duyệt"),
            (
                Partner,
                "partner-list",
                "Tổ chức phối hợp",
                "handshake",
                "Mặt trận, đoàn thể",
            ),
        ),
    ),
    (
        "Phong trào, phối hợp",
        (
            (
                JointResolution,
                "jointresolution-list",
                "Nghị quyết liên tịch",
                "scroll",
                "cam kết các bên",
            ),
            (Campaign, "campaign-list", "Mô hình", "sprout", "tiêu chí, kết quả"),
            (Award, "award-list", "Khen thưởng", "award", "đề nghị, quyết định, công bố"),
            (Directive, "directive-list", "Văn bản chỉ đạo", "file-text", "ai làm, hạn nào"),
            (
                Disaster,
                "disaster-list",
                "Phòng chống thiên tai",
                "cloud-lightning",
                "lịch trực, giúp dân",
            ),
        ),
    ),
)


class Hub(View):
    """List the registers that the user may read, with the number of rows due in each."""

    def get(self, request):
        user, on = request.user, request.today
        if not user.has_perm("outreach.view_activity"):
            raise PermissionDenied
        waiting = count_all(
            {
                "planitem-list": PlanItem.objects.visible_to(user).late(on),
                "question-list": Question.objects.visible_to(user).overdue(on),
                "directive-list": Directive.objects.visible_to(user).overdue(on),
                "jointresolution-list": JointResolution.objects.visible_to(user).late(on),
            }
        )
        parts = [
            (
                heading,
                [
                    {
                        "url": reverse(name),
                        "label": label,
                        "icon": icon,
                        "told": told,
                        "late": text.format_number(waiting[name]) if waiting.get(name) else "",
                    }
                    for model, name, label, icon, told in rows
                    if user.has_perm(f"outreach.view_{model._meta.model_name}")
                ],
            )
            for heading, rows in PARTS
        ]
        return render(request, "outreach/hub.html", {"title": "Dân vận", "parts": parts})


urlpatterns = [path("outreach/", Hub.as_view(), name="outreach")]
