"""Sentences to draw from: what happened, what was done, what was talked about. No names in any."""

from incidents.models import Incident

State = Incident.State
_SETTLED = ((State.RESOLVED, 6), (State.MEDIATED, 1))
_SANCTION = ((State.SANCTIONED, 6), (State.RESOLVED, 3))
_HAND_OVER = ((State.HANDED_OVER, 6), (State.RESOLVED, 2))
_MEDIATE = ((State.MEDIATED, 7), (State.RESOLVED, 2))
_LAND = ((State.MEDIATED, 5), (State.NOT_COMPETENT, 3), (State.RESOLVED, 1))
_CROWD = ((State.RESOLVED, 7), (State.NOT_COMPETENT, 2))
_ANSWER = ((State.ANSWERED, 6), (State.NOT_COMPETENT, 2))

# Kind of incident -> (weight, hours of the day, how it ends with weights, what happened).
INCIDENTS = {
    "trom-cap": (
        14,
        (0, 5),
        _HAND_OVER,
        (
            "Mất một xe máy để trước nhà.",
            "Mất dây điện, thiết bị tại công trình.",
            "Kẻ gian cạy cửa quán.",
        ),
    ),
    "cuop-giat": (1, (18, 23), _HAND_OVER, ("Giật túi xách người đi đường.",)),
    "lua-dao": (
        3,
        (8, 17),
        _HAND_OVER,
        ("Nhận tiền đặt cọc rồi bỏ đi.", "Lừa bán đất không có giấy tờ."),
    ),
    "co-y-gay-thuong-tich": (
        3,
        (19, 23),
        _HAND_OVER,
        ("Xô xát sau khi uống rượu, một người bị thương nhẹ.",),
    ),
    "ma-tuy-khac": (2, (20, 23), _HAND_OVER, ("Phát hiện vật nghi là chất cấm bỏ lại ven đường.",)),
    "moi-truong": (
        5,
        (6, 18),
        _SANCTION,
        ("Đổ phế thải xây dựng không đúng nơi.", "Xả nước thải ra kênh."),
    ),
    "hang-gia": (2, (8, 17), _HAND_OVER, ("Bày bán hàng không rõ nguồn gốc.",)),
    "gay-roi": (
        9,
        (19, 23),
        _SANCTION,
        ("Gây mất trật tự trước quán.", "Thanh niên tụ tập nẹt pô xe."),
    ),
    "co-bac": (5, (13, 22), _SANCTION, ("Đánh bài ăn tiền, thu giữ tang vật nhỏ.",)),
    "tieng-on": (
        13,
        (21, 23),
        _SETTLED,
        ("Hát loa kéo quá giờ.", "Công trình thi công gây ồn ban đêm."),
    ),
    "va-cham": (
        15,
        (5, 22),
        _SETTLED,
        ("Hai xe máy va chạm.", "Xe tải va quệt xe máy, hư hỏng nhẹ."),
    ),
    "chay": (3, (9, 21), _SETTLED, ("Cháy bãi cỏ, dập tắt kịp thời.", "Chập điện cháy bảng điện.")),
    "no": (1, (9, 18), _SETTLED, ("Nổ lốp xe tại xưởng, không có người bị thương.",)),
    "tranh-chap-dat": (
        6,
        (8, 17),
        _LAND,
        ("Tranh chấp ranh giới thửa đất.", "Lấn lối đi chung."),
    ),
    "khieu-kien-dong-nguoi": (
        2,
        (8, 11),
        _ANSWER,
        ("Kiến nghị về tiền đền bù, kết thúc trong buổi sáng.",),
    ),
    "tu-tap-dong-nguoi": (
        2,
        (8, 20),
        _CROWD,
        ("Tụ tập trước cổng công trình, giải tán trong trật tự.",),
    ),
    "chong-doi": (1, (20, 23), _SANCTION, ("Không chấp hành hiệu lệnh khi kiểm tra.",)),
    "xich-mich": (
        13,
        (7, 22),
        _MEDIATE,
        ("Hàng xóm to tiếng vì nước thải.", "Mâu thuẫn tại khu trọ."),
    ),
    "bao-luc-gia-dinh": (
        4,
        (18, 23),
        _MEDIATE,
        ("Có tiếng kêu cứu trong nhà, tổ hoà giải có mặt.",),
    ),
    "duoi-nuoc": (1, (14, 17), _SETTLED, ("Đuối nước tại khe, đã được cứu.",)),
    "thien-tai": (2, (3, 21), _SETTLED, ("Ngập đường sau mưa lớn.", "Cây đổ chắn đường.")),
    "tim-nguoi": (
        2,
        (8, 21),
        _SETTLED,
        ("Người già đi lạc, đã đưa về nhà.", "Trẻ em đi chơi quên về."),
    ),
    "lua-dao-mang": (
        5,
        (8, 22),
        _HAND_OVER,
        ("Mất tiền qua cuộc gọi giả danh.", "Mất tiền khi mua hàng qua mạng."),
    ),
    "khac-khac": (
        4,
        (7, 21),
        _SETTLED,
        ("Nhặt được giấy tờ, trả lại người mất.", "Gia súc thả rông trên đường."),
    ),
}

RESULTS = {
    State.RESOLVED: (
        "Đã giải quyết xong tại chỗ.",
        "Đã xác minh, hai bên thống nhất.",
        "Đã khắc phục.",
    ),
    State.MEDIATED: (
        "Hoà giải thành, lập biên bản.",
        "Tổ liên gia cùng hoà giải, hai bên cam kết.",
    ),
    State.SANCTIONED: ("Đã lập biên bản, xử phạt hành chính.", "Phạt cảnh cáo, buộc khắc phục."),
    State.HANDED_OVER: ("Chuyển cơ quan điều tra theo thẩm quyền.", "Chuyển hồ sơ lên cấp trên."),
    State.NOT_COMPETENT: ("Hướng dẫn gửi đúng nơi giải quyết.",),
    State.ANSWERED: ("Đã trả lời đơn bằng văn bản.",),
}

FIRST_ACTIONS = (
    "Cử tổ tuần tra đến hiện trường, lập biên bản.",
    "Ghi nhận tin, báo cảnh sát khu vực xác minh.",
    "Đến nơi, nhắc nhở, giữ trật tự.",
    "Bảo vệ hiện trường, báo chỉ huy.",
    "Hướng dẫn trình báo, tiếp nhận đơn.",
)
PAUSES = ("Chờ kết quả giám định", "Chờ cơ quan liên quan trả lời", "Chờ người báo tin bổ sung")
RECEIVERS = {
    State.HANDED_OVER: "Cơ quan Cảnh sát điều tra Công an tỉnh",
    State.NOT_COMPETENT: "Uỷ ban nhân dân phường",
}
ANSWERS = (
    "Đã điện thoại báo tổ trưởng kết quả.",
    "Đã trả lời tại buổi họp tổ.",
    "Đã nhắn kết quả, cảm ơn tổ báo tin kịp thời.",
)
HANDOVERS = (
    "",
    "Bàn giao đủ sổ sách, công cụ hỗ trợ, điện thoại trực.",
    "Theo dõi tuần tra khu vực chợ buổi tối.",
    "Xe trực đã đổ xăng. Đèn cổng sau hỏng, đã báo hậu cần.",
)

MEETING_TOPICS = (
    "Nhắc việc khai báo tạm trú, lưu trú của khu trọ",
    "Tự quản về tài sản, trông giữ xe máy ban đêm",
    "Phòng cháy mùa khô, kiểm tra dây điện, bếp gas",
    "Rà soát hộ, nhân khẩu mới đến và chuyển đi",
    "Giữ yên tĩnh sau 22 giờ, việc hát loa kéo",
    "Phòng, chống ma tuý: phường không có ma tuý",
    "Cảnh báo lừa đảo qua mạng, cuộc gọi giả danh",
    "Vệ sinh ngõ xóm, thu gom rác, khơi mương trước mùa mưa",
    "Vận động lắp đèn, camera ngõ xóm",
    "Giúp nhau phòng, chống bão lụt",
    "Quy ước của tổ liên gia, bầu bổ sung tổ phó",
    "Hoà giải việc lối đi chung",
)
MEETING_OUTCOMES = (
    "",
    "Các hộ thống nhất; tổ trưởng theo dõi.",
    "Đề nghị phường sửa đèn đường đầu ngõ.",
    "Phân công ba hộ trông xe luân phiên.",
    "Hộ cho thuê trọ cam kết khai báo đủ trong ngày.",
    "Đề nghị cảnh sát khu vực dự buổi sau.",
)

STAY_REASONS = {
    "Thăm người thân": 40,
    "Công tác": 30,
    "Làm việc ngắn ngày tại công trình": 18,
    "Du lịch": 6,
    "Khám bệnh": 4,
    "Dự đám cưới": 4,
}

# --- businesses -----------------------------------------------------------------------------------

SECURITY_UNITS = ("Đội bảo vệ riêng, trực 24 giờ", "Thuê công ty bảo vệ", "Hai bảo vệ trực đêm")
STOPPED = {
    "suspended": ("Sửa chữa nhà", "Nghỉ dài ngày, có báo", "Chuyển người quản lý"),
    "closed": ("Thôi kinh doanh", "Hết hạn thuê nhà", "Chuyển đi nơi khác"),
}
INSPECTED = (
    "Giấy tờ, điều kiện về an ninh, trật tự; sổ sách theo dõi; phòng cháy, chữa cháy; khai báo "
    "tạm trú, lưu trú của người làm việc."
)
# Sector -> what may be found, and what is asked for.
FINDINGS = {
    "karaoke": (
        ("Bình chữa cháy tầng 2 hết hạn kiểm định", "Kiểm định lại hoặc thay bình"),
        ("Cửa thoát hiểm để hàng che lối", "Dọn lối thoát, treo biển chỉ dẫn"),
        ("Chưa niêm yết nội quy phòng hát", "Niêm yết ở từng phòng"),
    ),
    "pawnshop": (
        ("Sổ theo dõi tài sản cầm cố ghi thiếu", "Ghi đủ sổ, xuất trình lại"),
        ("Camera không lưu đủ 30 ngày", "Lắp ổ lưu, kiểm tra lại"),
    ),
    "lodging": (
        ("Thông báo lưu trú trễ hai lượt khách", "Thông báo trước 23 giờ hằng ngày"),
        ("Đèn sự cố tầng 3 hỏng", "Thay đèn, thử lại hệ thống"),
    ),
    "eating": (("Loa đặt ngoài quán quá 22 giờ", "Đưa loa vào trong, tắt trước 22 giờ"),),
    "lpg": (("Bãi chứa bình thiếu biển cấm lửa", "Gắn biển, tập huấn lại nhân viên"),),
}
MENDED = ("Đã khắc phục, có ảnh kèm biên bản.", "Đã thay, thử đạt.", "Đã làm xong.")
PASSED = ("Chấp hành đúng điều kiện về an ninh, trật tự.", "Giấy tờ đủ, sổ sách rõ, không vi phạm.")
LIAISON = (
    "Thống nhất đầu mối báo tin khi có công nhân mới đến.",
    "Nhắc khai báo tạm trú cho người làm theo ca.",
    "Bàn lịch bảo vệ kho bãi ban đêm.",
    "Đề nghị rà soát camera cổng, đường vào.",
    "Trao đổi việc xe tải đỗ ngoài cổng giờ cao điểm.",
    "Thống nhất phương án chữa cháy, cứu nạn tại chỗ.",
    "Gửi danh sách người lao động mới trong quý.",
)
MET_WITH = (
    "Giám đốc",
    "Trưởng phòng hành chính",
    "Đội trưởng bảo vệ",
    "Chỉ huy trưởng công trường",
)
