"""The usual outline of a ward police's monthly report: its chapters, and the parts people write.

Each figure stands in exactly one part (a test walks all). A part that `must` be written is asked
for when the report is submitted and approved: a month without shortcomings is one not looked at.
"""

from dataclasses import dataclass

from reports.figures import GROUPS, ORDER, OUTREACH, PEOPLE, TRADE, Figure

TITLE = "Báo cáo"
# "Tình hình, kết quả công tác tháng 10 và phương hướng tháng 11 năm 2026"
SUBJECT = "Tình hình, kết quả công tác {month} và phương hướng {following}"

ACCIDENTS = (
    "incidents_kind_giao_thong",
    "incidents_kind_chay_no",
    "incidents_kind_tai_nan",
)
JOINT = ("fulfilments", "fulfilments_partners")


@dataclass(frozen=True)
class Part:
    """A part of the report: what stands in it, by section of figures or by key."""

    key: str
    number: str  # within its chapter; empty where the chapter is one part
    title: str
    chapter: str
    must: bool = False
    sections: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    hint: str = ""

    def holds(self, figure: Figure) -> bool:
        if figure.key in self.keys:
            return True
        return figure.section in self.sections and figure.key not in (*ACCIDENTS, *JOINT)


SITUATION = "I. Tình hình an ninh, trật tự"
RESULTS = "II. Kết quả công tác"
JUDGEMENT = "III. Đánh giá"
DIRECTION = "IV. Phương hướng tháng sau"
REQUESTS = "V. Kiến nghị, đề xuất"

PARTS: tuple[Part, ...] = (
    Part(
        "security",
        "1",
        "An ninh",
        SITUATION,
        must=True,
        hint="Tình hình chung, khiếu kiện, tụ tập đông người: nêu việc, không nêu tên người.",
    ),
    Part(
        "order",
        "2",
        "Trật tự, an toàn xã hội",
        SITUATION,
        must=True,
        sections=(ORDER,),
        hint="Vụ đáng chú ý, quy luật, địa bàn và thời gian xảy ra.",
    ),
    Part(
        "accidents",
        "3",
        "Tai nạn giao thông, cháy, nổ, thiên tai",
        SITUATION,
        keys=ACCIDENTS,
        hint="Thiệt hại, nguyên nhân, việc đã khắc phục.",
    ),
    Part(
        "advice",
        "1",
        "Công tác tham mưu",
        RESULTS,
        hint="Đã tham mưu Đảng uỷ, UBND phường những việc gì.",
    ),
    Part(
        "administration",
        "2",
        "Quản lý hành chính về trật tự xã hội",
        RESULTS,
        sections=(PEOPLE, TRADE),
        hint="Cư trú, căn cước, ngành nghề có điều kiện, phòng cháy, chữa cháy.",
    ),
    Part(
        "crime",
        "3",
        "Phòng, chống tội phạm",
        RESULTS,
        hint="Kết quả phòng ngừa, tiếp nhận, giải quyết tin báo.",
    ),
    Part(
        "movement",
        "4",
        "Phong trào toàn dân bảo vệ an ninh Tổ quốc, dân vận, mô hình",
        RESULTS,
        must=True,
        sections=(GROUPS, OUTREACH),
        hint="Việc đã làm và kết quả đến người dân, không chỉ số buổi.",
    ),
    Part(
        "joint",
        "5",
        "Phối hợp, nghị quyết liên tịch",
        RESULTS,
        keys=JOINT,
        hint="Cam kết nào đã thực hiện, ai làm chính.",
    ),
    Part(
        "force",
        "6",
        "Xây dựng lực lượng",
        RESULTS,
        hint="Biên chế, tập huấn, lực lượng tham gia bảo vệ an ninh, trật tự ở cơ sở.",
    ),
    Part("strengths", "1", "Ưu điểm", JUDGEMENT),
    Part(
        "shortcomings",
        "2",
        "Tồn tại, nguyên nhân",
        JUDGEMENT,
        must=True,
        hint="Nêu thẳng: việc chưa làm, làm chậm, vì sao, ai khắc phục, đến bao giờ.",
    ),
    Part("plan", "", "", DIRECTION, must=True, hint="Việc chính, người phụ trách, thời hạn."),
    Part("requests", "", "", REQUESTS, hint="Với Công an cấp trên; với Đảng uỷ, UBND phường."),
)
BY_KEY = {part.key: part for part in PARTS}
CHAPTERS = tuple(dict.fromkeys(part.chapter for part in PARTS))

DEFAULT_RECIPIENTS = (
    "Công an cấp trên trực tiếp (để báo cáo);\nĐảng uỷ, UBND phường (để báo cáo);\nLưu: VT, CAP."
)

# Figures drawn over twelve months in the report and over 24 for leaders: (title, keys).
CHARTS = (
    ("Vụ việc", ("incidents", "incidents_solved")),
    ("Dân số thường trú: đến và đi", ("population_in", "population_out")),
    ("Buổi tuyên truyền và tổ có họp", ("sessions", "groups_met")),
)
CHART_MONTHS = 12


def part_title(part: Part) -> str:
    """Return how a part is called where its chapter does not stand above it."""
    return part.title or part.chapter.partition(". ")[2]


def part_of(figure: Figure) -> Part:
    """Return the part a figure stands in. Raises LookupError for one that stands in none."""
    found = next((part for part in PARTS if part.holds(figure)), None)
    if found is None:
        raise LookupError(f"No part of the report holds {figure.key}.")
    return found
