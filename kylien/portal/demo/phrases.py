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

# --- groups ---------------------------------------------------------------------------------------

MINUTES = (
    (
        "Tổ trưởng thông báo tình hình an ninh trật tự từ lần họp trước.\n"
        "Nội dung bàn: {topics}.\n"
        "Kết luận: các hộ thống nhất thực hiện; tổ trưởng, tổ phó theo dõi, lần họp sau kiểm lại."
    ),
    (
        "Khai mạc 19 giờ 30, kết thúc 20 giờ 45.\n"
        "Nội dung bàn: {topics}.\n"
        "Ý kiến: tán thành, đề nghị phường trả lời kiến nghị lần trước.\n"
        "Biên bản đọc lại trước cuộc họp, không có ý kiến khác."
    ),
    (
        "Nội dung bàn: {topics}.\n"
        "Cảnh sát khu vực nhắc số điện thoại trực ban, cách báo tin nhanh.\n"
        "Kết luận: việc nào giao hộ nào thì làm xong trước kỳ họp sau."
    ),
)
MEETING_CALLED_OFF = "Mưa lớn, đường ngập"
RECOGNISED = "{number}/QĐ-UBND ngày {day:%d/%m/%Y}"
COMMITTEE = "Uỷ ban nhân dân phường"
POWER = "Điện lực khu vực"
# What groups ask for: (what, the body that owns it or none for the area officer, what came of it).
REQUESTS = (
    ("Sửa đèn đường đầu ngõ, tối hay có người lạ", COMMITTEE, "Đã thay ba bóng đèn."),
    ("Lắp gương cầu ở ngã ba khuất tầm nhìn", COMMITTEE, "Đã lắp, sơn lại vạch."),
    ("Nạo vét mương trước mùa mưa", COMMITTEE, "Đã nạo vét 200 m, tổ góp công."),
    ("Kéo lại dây điện võng thấp qua ngõ", POWER, "Đã kéo lại, thay hai cột."),
    ("Nhắc quán đầu ngõ tắt loa sau 22 giờ", "", "Đã nhắc, chủ quán cam kết bằng văn bản."),
    ("Tuần tra thêm quanh khu trọ buổi tối", "", "Đã xếp hai ca một tuần."),
    ("Cấm xe tải đỗ hai bên ngõ giờ tan tầm", COMMITTEE, "Đã cắm biển, tổ theo dõi."),
    ("Hướng dẫn khai báo tạm trú qua mạng cho chủ trọ", "", "Đã hướng dẫn tại nhà văn hoá."),
    ("Hỗ trợ đầu ghi cho camera của ngõ", COMMITTEE, "Đã hỗ trợ một đầu ghi."),
    ("Xử lý chó thả rông trong ngõ", COMMITTEE, "Đã nhắc các hộ, phát tờ rơi."),
    ("Tập huấn dùng bình chữa cháy cho các hộ", "", "Đã tập huấn, 24 hộ dự."),
    ("Trả lời việc lối đi chung bị lấn", COMMITTEE, "Đã đo lại, các hộ ký biên bản."),
)
CONTACTS = (
    "Tổ họp đều; còn thiếu đèn ở đoạn cuối ngõ.",
    "Trao đổi việc khai báo tạm trú của khu trọ mới.",
    "Tổ trưởng đề nghị dự buổi họp tới.",
    "Nhắc trông xe ban đêm; tổ đã xếp lịch luân phiên.",
    "Nhận danh sách hộ vắng nhà dài ngày cần để mắt.",
    "Bàn nơi đặt camera chung của ngõ.",
    "Tổ phó mới nhận việc, đã hướng dẫn sổ sách.",
    "Người dân quan tâm cuộc gọi giả danh; để lại tờ rơi.",
)
# Kind of mutual help -> what was done.
HELPS = {
    "illness": ("Thăm hỏi, thay nhau trông người ốm.", "Lo việc tang, trông nhà giúp."),
    "work": ("Góp công đổ nền ngõ.", "Giúp ngày công gặt, phơi lúa."),
    "disaster": ("Chằng chống mái tôn trước bão.", "Kê đồ, dọn bùn sau mưa lớn."),
    "guard": ("Trông xe luân phiên ban đêm.", "Để mắt nhà vắng chủ dịp lễ."),
    "mediation": ("Hoà giải việc nước thải, hai bên thống nhất.", "Khuyên giải tại chỗ."),
    "other": ("Góp tiền mua bình chữa cháy chung.", "Dọn vệ sinh ngõ chủ nhật."),
}
# Task of a group -> what it looks after itself.
DUTIES = {
    "residence": (
        "Báo người đến ở, người chuyển đi trong ngày cho cảnh sát khu vực",
        "Chủ trọ báo khách mới vào sổ của tổ trước 21 giờ",
        "Mỗi quý rà soát danh sách hộ một lần",
    ),
    "property": (
        "Trông xe luân phiên, mỗi đêm hai hộ",
        "Góp quỹ lắp camera hai đầu ngõ",
        "Báo nhau khi vắng nhà, để mắt giúp nhau",
    ),
    "order": (
        "Tắt loa sau 22 giờ, nhắc nhau trước khi báo công an",
        "Tổ hoà giải đến ngay khi có to tiếng",
        "Giữ ngõ thông thoáng cho xe chữa cháy",
    ),
}
DUTY_ENDED = "Chuyển sang cách làm khác, các hộ thống nhất."
# Fact of a criterion -> the evidence of many points, and of few.
EVIDENCE = {
    "meetings": (
        "Họp đủ kỳ, có biên bản, trên 70% số hộ dự.",
        "Họp thưa, hai kỳ không có biên bản.",
    ),
    "residence": ("Rà soát đủ, chủ trọ khai báo kịp thời.", "Ba lần khai báo tạm trú chậm."),
    "property": (
        "Có lịch trông xe, không mất trộm trong năm.",
        "Có hai vụ mất xe, chưa có lịch trông.",
    ),
    "order": (
        "Việc to tiếng được hoà giải tại tổ.",
        "Để hai việc kéo dài, phường phải giải quyết.",
    ),
    "news": ("Báo tin kịp thời, nhiều tin có ích.", "Cả năm có một tin."),
    "help": ("Có sổ ghi việc giúp nhau, tham gia mô hình.", "Ít việc chung, chưa vào mô hình nào."),
    "": ("Có sổ sách, có kết quả.", "Làm chưa đều."),
}
# What a weak group is to do, who owns it (none: the area officer), what came of it.
IMPROVEMENTS = (
    ("Họp tổ bàn củng cố, cảnh sát khu vực dự", "", "Đã họp, 21 hộ dự."),
    ("Bầu bổ sung tổ phó", "Tổ dân phố", "Đã bầu, phường đã công nhận."),
    ("Xếp lịch trông xe ban đêm", "Tổ dân phố", "Đã có lịch, làm từ đầu tháng."),
    ("Lập sổ theo dõi khai báo tạm trú của khu trọ", "", "Đã lập sổ, đối chiếu tháng một lần."),
)
ROSTER_NOTE = "Tổ trưởng nộp bản giấy."
ROSTER_REFUSED = "Người này vẫn ở, chỉ đi làm xa, cuối tuần về."
ROSTER_MARKS = {
    "left": "Nghe gia đình nói đã chuyển hẳn",
    "ended": "Đã trả phòng",
    "new": "Có người mới đến ở cùng",
    "died": "",
}
ROSTER_ANSWER = "Đã đến nhà, hướng dẫn đăng ký."

# --- outreach -------------------------------------------------------------------------------------

# Key -> (kind, name).
PARTNERS = {
    "front": ("front", "Uỷ ban Mặt trận Tổ quốc phường"),
    "women": ("women", "Hội Liên hiệp Phụ nữ phường"),
    "youth": ("youth", "Đoàn Thanh niên phường"),
    "veterans": ("veterans", "Hội Cựu chiến binh phường"),
    "farmers": ("farmers", "Hội Nông dân phường"),
    "primary": ("school", "Trường Tiểu học Liên Phú"),
    "secondary": ("school", "Trường Trung học cơ sở Hoành Nam"),
    "company": ("company", "Công ty TNHH Dịch vụ Bảo vệ Liên Sơn"),
}
# Topic -> the title of its material, and its text.
MATERIALS = {
    "ma-tuy": (
        "Nhận biết và từ chối ma tuý",
        (
            "Ma tuý mới hay ẩn trong kẹo, nước uống, thuốc lá điện tử. Không dùng thử đồ người lạ "
            "đưa. Thấy dấu hiệu lạ ở con em, hãy hỏi han trước, đừng đánh mắng. Tin báo được giữ "
            "kín."
        ),
    ),
    "toi-pham": (
        "Mười việc giữ nhà, giữ xe",
        (
            "Khoá cổ, khoá càng khi để xe trước nhà. Vắng nhà thì báo hàng xóm. Không để túi, điện "
            "thoại ở giỏ xe. Ghi số xe của người lạ lảng vảng và gọi trực ban."
        ),
    ),
    "lua-dao": (
        "Ba câu hỏi trước khi chuyển tiền",
        (
            "Ai gọi? Vì sao gấp? Gọi lại số chính thức chưa? Công an, toà án, ngân hàng không yêu "
            "cầu chuyển tiền hay đọc mã qua điện thoại. Đã lỡ chuyển thì gọi ngân hàng và trực ban "
            "ngay."
        ),
    ),
    "cu-tru": (
        "Khai báo tạm trú, lưu trú cho chủ trọ",
        (
            "Khách nghỉ qua đêm: thông báo trước 23 giờ; đến sau 23 giờ thì trước 8 giờ hôm sau. Ở "
            "từ 30 ngày: đăng ký tạm trú. Khai qua mạng tại nhà, không mất tiền."
        ),
    ),
    "chay-no": (
        "Thoát nạn khi cháy nhà",
        (
            "Mỗi nhà hai lối thoát. Không khoá chết lồng sắt. Cúi thấp, khăn ướt che mũi. Gọi 114. "
            "Khoá bình gas khi ra khỏi nhà; không sạc xe điện ở lối đi."
        ),
    ),
    "giao-thong": (
        "An toàn trên đường đến trường",
        (
            "Đội mũ cài quai. Không chở ba. Không giao xe cho con chưa đủ tuổi. Ra ngõ thì dừng, "
            "nhìn hai bên. Đi cùng chiều xe tải thì giữ khoảng cách, tránh điểm mù."
        ),
    ),
    "bao-luc-gia-dinh": (
        "Nhà yên thì ngõ yên",
        (
            "Bạo lực không phải chuyện riêng. Nghe kêu cứu thì gọi tổ trưởng hoặc trực ban. Người "
            "bị bạo lực có quyền được giữ kín, được tạm lánh, được hoà giải khi đồng ý."
        ),
    ),
    "vu-khi": (
        "Giao nộp vũ khí, pháo, vật liệu nổ",
        (
            "Ai có súng tự chế, bom mìn sót lại, pháo, dao kiếm thì giao nộp; tự giao nộp thì được "
            "xem xét miễn xử lý. Thấy vật lạ khi đào đất thì dừng lại, cắm que, báo công an."
        ),
    ),
}
# Topic -> for whom it is.
AUDIENCES = {
    "ma-tuy": ("pupils", "youth", "households"),
    "toi-pham": ("households", "traders"),
    "lua-dao": ("women", "households", "workers"),
    "cu-tru": ("lodgers", "lodgers", "workers"),
    "chay-no": ("traders", "households"),
    "giao-thong": ("pupils", "youth"),
    "bao-luc-gia-dinh": ("women", "households"),
    "vu-khi": ("households", "youth"),
}
# Audience -> (forms, who may lead: none is the station, who may take part, places, how many come).
SESSIONS = {
    "households": (
        ("meeting", "meeting", "visit"),
        ("", "front", "veterans"),
        ("front", "women", "veterans", "farmers"),
        ("Nhà văn hoá {area}", "Sân nhà văn hoá {area}"),
        (32, 85),
    ),
    "pupils": (
        ("school",),
        ("primary", "secondary", "secondary"),
        ("youth",),
        ("Sân trường", "Hội trường nhà trường"),
        (110, 380),
    ),
    "youth": (
        ("meeting", "meeting", "festival"),
        ("youth", "youth", ""),
        ("veterans", "secondary"),
        ("Nhà văn hoá {area}", "Sân bóng {area}"),
        (24, 70),
    ),
    "women": (
        ("meeting",),
        ("women", "women", ""),
        ("front",),
        ("Nhà văn hoá {area}", "Chi hội phụ nữ {area}"),
        (22, 60),
    ),
    "workers": (
        ("meeting",),
        ("", "company"),
        ("youth",),
        ("Nhà ăn công trình, đường {street}", "Khu nhà ở công nhân, đường {street}"),
        (40, 140),
    ),
    "lodgers": (
        ("visit", "visit", "meeting"),
        ("",),
        ("women", "farmers"),
        ("Các khu trọ đường {street}", "Nhà văn hoá {area}"),
        (12, 40),
    ),
    "traders": (
        ("visit", "leaflet"),
        ("", "", "front"),
        ("company", "front"),
        ("Các cơ sở đường {street}", "Khu bán hàng đường {street}"),
        (10, 45),
    ),
}
# Of the whole ward: (form, place, how many come or hear).
WARD_WIDE = (
    ("loudspeaker", "Loa truyền thanh phường", (300, 600)),
    ("online", "Trang tin của Công an phường", (250, 900)),
    ("festival", "Sân nhà văn hoá phường", (120, 260)),
)
SUMMARIES = (
    "Giới thiệu tài liệu, chiếu hình ảnh, hỏi đáp. Người dự nghe chăm chú, hỏi đúng việc ở tổ.",
    "Nói ngắn, phần lớn thời gian hỏi đáp. Phát tờ rơi.",
    "Có tình huống đóng vai, người dự trả lời sôi nổi.",
    "",
)
VISITED = "Đến từng nơi, ký cam kết, để lại tờ rơi và số trực ban."
# Topic -> what is asked: (what, the body that owns it or none for an officer, the answer).
QUESTIONS = {
    "ma-tuy": (
        ("Báo tin về ma tuý thì ai biết người báo?", "", "Đã trả lời: tin được giữ kín."),
        ("Đề nghị lắp đèn khu đất trống sau chợ", COMMITTEE, "Đã lắp hai đèn."),
    ),
    "toi-pham": (
        ("Camera của ngõ ai được xem?", "", "Đã gửi mẫu quy chế xem camera."),
        ("Đề nghị tuần tra sau 23 giờ", "", "Đã thêm ca thứ sáu, thứ bảy."),
        ("Bao giờ sửa đèn đường cuối ngõ?", COMMITTEE, "Đã sửa."),
    ),
    "lua-dao": (
        (
            "Lỡ đọc mã cho người lạ thì làm gì trước?",
            "",
            "Đã hướng dẫn, dán số ngân hàng ở bảng tin.",
        ),
        ("Đề nghị ngân hàng nói chuyện với người cao tuổi", COMMITTEE, "Đã mời, tổ chức một buổi."),
    ),
    "cu-tru": (
        ("Khách đến khuya thì khai báo thế nào?", "", "Đã hướng dẫn khai qua mạng."),
        ("Chủ trọ ở xa thì ai khai?", "", "Đã trả lời: người quản lý khai được."),
        ("Mạng yếu, khai ở đâu?", COMMITTEE, "Đã mở máy ở bộ phận một cửa."),
    ),
    "chay-no": (
        ("Hẻm hẹp, xe chữa cháy vào thế nào?", "", "Đã khảo sát, đặt bình ở đầu hẻm."),
        ("Đề nghị trụ nước chữa cháy gần chợ", COMMITTEE, "Đã ghi vào kế hoạch năm."),
    ),
    "giao-thong": (
        ("Cổng trường giờ tan học tắc, ai đứng phân luồng?", "", "Đã xếp lịch với nhà trường."),
        ("Đề nghị gờ giảm tốc đầu đường", COMMITTEE, "Đã lắp."),
    ),
    "bao-luc-gia-dinh": (
        ("Nơi tạm lánh ở đâu?", "Hội Liên hiệp Phụ nữ phường", "Đã công bố địa chỉ tin cậy."),
        ("Báo tin rồi có phải ra làm chứng không?", "", "Đã giải thích."),
    ),
    "vu-khi": (
        ("Giao nộp có bị phạt không?", "", "Đã trả lời: tự giao nộp được xem xét miễn xử lý."),
        ("Bãi đất sau đồi còn vật liệu nổ sót lại?", COMMITTEE, "Đã đề nghị rà phá."),
    ),
}
# Key -> (name, kind, where or the whole ward, goal, results, criteria with the evidence if met).
CAMPAIGNS = {
    "drugs": (
        "Phường không có ma tuý",
        "drug_free",
        "",
        (
            "Cả hệ thống cùng làm: đoàn thể, nhà trường, tổ liên gia. Mỗi tổ dân phố mỗi quý một "
            "buổi; nhà trường mỗi học kỳ một buổi; tin báo được trả lời."
        ),
        "Số buổi, số người nghe: xem các hoạt động. Chưa nơi nào phát sinh điểm phức tạp.",
        (
            (
                "Tổ dân phố nào cũng có buổi tuyên truyền trong năm",
                "Kế hoạch năm, biên bản các buổi",
            ),
            ("Nhà trường ký cam kết", "Hai bản cam kết"),
            ("Có đường dây nhận tin, dán ở mọi nhà văn hoá", "Bảy bảng tin"),
            ("Cơ sở kinh doanh có điều kiện ký cam kết", "Hồ sơ cam kết"),
            ("Không để hình thành điểm phức tạp trong 12 tháng", ""),
            ("Tổ liên gia nào cũng có người đã tập huấn", ""),
        ),
    ),
    "camera": (
        "Camera an ninh ngõ xóm",
        "camera",
        "Liên Phú",
        "Các ngõ chính có camera do dân góp, đấu nối về nhà văn hoá; có quy chế xem, lưu 30 ngày.",
        "12 ngõ có camera; 5 vụ việc có hình ảnh giúp xác minh.",
        (
            ("Có quy chế xem camera", "Quy chế được họp dân thông qua"),
            ("Mười ngõ có camera", "Danh mục vị trí"),
            ("Hình ảnh lưu 30 ngày", "Biên bản kiểm tra"),
        ),
    ),
    "fire": (
        "Tổ liên gia an toàn phòng cháy",
        "fire",
        "Hoành Bắc",
        "Mỗi nhà một bình, một lối thoát thứ hai, một chuông báo nối với nhà bên.",
        "Hai buổi thực tập; 86 nhà có bình.",
        (
            ("Nhà nào cũng có bình chữa cháy", ""),
            ("Thực tập thoát nạn mỗi năm một lần", "Biên bản thực tập"),
            ("Đầu ngõ có điểm chữa cháy công cộng", "Ba điểm"),
        ),
    ),
    "school": (
        "Cổng trường an toàn giao thông",
        "traffic",
        "Hoành Nam",
        "Phân luồng giờ đến lớp, tan học; phụ huynh đỗ xe đúng vạch.",
        "Không còn ùn tắc giờ tan học; giao lại cho nhà trường duy trì.",
        (
            ("Có vạch, biển ở cổng trường", "Ảnh nghiệm thu"),
            ("Có lịch trực cổng trường", "Lịch của đội cờ đỏ"),
        ),
    ),
}
COPIES = {"Hoành Nam": 2, "Lê Lợi": 1}  # the cameras' copies, and how many criteria are met
# Award: (deed, form).
DEEDS = (
    ("Báo tin kịp thời, giúp thu hồi tài sản bị mất", "Giấy khen"),
    ("Tự quản tốt ba năm liền, không để xảy ra trộm cắp", "Giấy khen"),
    ("Vận động lắp camera toàn ngõ", "Giấy khen"),
    ("Hoà giải thành nhiều việc trong tổ", "Thư khen"),
    ("Dập cháy kịp thời khi xe chữa cháy chưa đến", "Bằng khen"),
    ("Giúp dân di dời trong bão", "Bằng khen"),
)
DECISIONS = ("{n}/QĐ-UBND, Chủ tịch UBND phường", "{n}/QĐ-CAT, Giám đốc Công an tỉnh")
OTHER_RECIPIENTS = ("Tổ bảo vệ an ninh trật tự Lê Lợi", "Chi đoàn Liên Sơn")
DECLINED = "Thành tích đã được khen theo đợt khác."
# Joint resolutions: title, number, months since it was signed, its parties, whether it lies still,
# and what is taken on: (what, party or none for the station, how often, days since the last time it
# fell due - below zero until the next one -, evidence).
RESOLUTIONS = (
    (
        "Phối hợp giữ gìn an ninh trật tự, xây dựng phong trào toàn dân bảo vệ an ninh Tổ quốc",
        "02/NQLT",
        14,
        ("front", "women", "youth", "veterans", "farmers"),
        False,
        (
            ("Thông báo tình hình, thủ đoạn mới cho các bên", "", "monthly", -4, "Thông báo tháng"),
            (
                "Sinh hoạt chi hội về phòng lừa đảo, bạo lực gia đình",
                "women",
                "monthly",
                9,
                "Biên bản sinh hoạt chi hội",
            ),
            (
                "Hội nghị nhân dân bàn về an ninh trật tự",
                "front",
                "quarterly",
                26,
                "Biên bản hội nghị",
            ),
            (
                "Buổi truyền thông phòng ma tuý cho thanh niên",
                "youth",
                "quarterly",
                17,
                "Kế hoạch, ảnh buổi sinh hoạt",
            ),
            (
                "Cùng tuần tra ban đêm trong tuần cao điểm",
                "veterans",
                "monthly",
                -20,
                "Lịch tuần tra có chữ ký",
            ),
            ("Tuyên truyền giao nộp vũ khí tự chế", "farmers", "yearly", -75, "Danh mục giao nộp"),
            ("Xây dựng quy chế phối hợp", "front", "once", 330, "Quy chế đã ký"),
        ),
    ),
    (
        "Phối hợp phòng, chống ma tuý và tai nạn giao thông trong học đường",
        "05/CTPH",
        10,
        ("primary", "secondary", "youth"),
        True,
        (
            ("Ngoại khoá phòng, chống ma tuý", "secondary", "quarterly", 38, "Giáo án, ảnh"),
            (
                "Sinh hoạt dưới cờ về an toàn giao thông",
                "primary",
                "quarterly",
                31,
                "Kế hoạch tuần",
            ),
            (
                "Cử đoàn viên phân luồng ở cổng trường",
                "youth",
                "quarterly",
                12,
                "Lịch trực cổng trường",
            ),
            ("Cử cán bộ nói chuyện chuyên đề", "", "quarterly", 38, "Bài nói chuyện"),
        ),
    ),
)
# Directives: (key, kind, number, issuer, title, days since it was issued, what it follows, what is
# to be done, its owner: an account or a body, days since it fell due, days late it was done or none
# while it is open, the result).
DIRECTIVES = (
    (
        "ct05",
        "directive",
        "05-CT/TU",
        "Ban Thường vụ Tỉnh uỷ",
        "Tăng cường công tác dân vận trong tình hình mới",
        520,
        "",
        "Quán triệt tới toàn đơn vị và 34 tổ trưởng",
        "chihuy",
        460,
        0,
        "Đã quán triệt hai buổi.",
    ),
    (
        "kh97",
        "plan",
        "97/KH-CAT",
        "Công an tỉnh",
        "Công tác dân vận của lực lượng Công an",
        480,
        "ct05",
        "Báo cáo kết quả năm",
        "chihuy",
        -17,
        None,
        "",
    ),
    (
        "kh32",
        "plan",
        "32-KH/ĐU",
        "Đảng uỷ phường",
        "Thực hiện Chỉ thị 05 về công tác dân vận trên địa bàn phường",
        440,
        "ct05",
        "Sơ kết sáu tháng, nhân rộng mô hình",
        "cskv1",
        150,
        9,
        "Đã sơ kết, nhân rộng mô hình camera ra hai tổ dân phố.",
    ),
    (
        "nq09",
        "resolution",
        "09/NQ-CP",
        "Chính phủ",
        "Công tác phòng, chống tội phạm trong tình hình mới",
        600,
        "",
        "Lồng ghép vào kế hoạch năm của phường",
        "cskv2",
        420,
        0,
        "Đã đưa vào kế hoạch tuyên truyền.",
    ),
    (
        "kh18",
        "plan",
        "18/KH-CAP",
        "Công an phường",
        "Thực hiện Kế hoạch 97 và Kế hoạch 32 trên địa bàn phường",
        400,
        "kh97",
        "Kiểm tra việc duy trì tổ liên gia im ắng",
        "cskv2",
        11,
        None,
        "",
    ),
    (
        "cv141",
        "order",
        "141/CV-CAT",
        "Công an tỉnh",
        "Cao điểm phòng ngừa lừa đảo trên không gian mạng",
        70,
        "",
        "Tuyên truyền tới mọi tổ dân phố",
        "cskv1",
        -24,
        None,
        "",
    ),
    (
        "cv66",
        "order",
        "66/UBND-VX",
        "Uỷ ban nhân dân phường",
        "Phân công các đoàn thể nhận giúp tổ liên gia yếu",
        120,
        "kh32",
        "Nhận giúp, báo kết quả",
        "Uỷ ban Mặt trận Tổ quốc phường",
        45,
        4,
        "Hội Phụ nữ và Hội Cựu chiến binh đã nhận giúp.",
    ),
)
STORM = (
    "Bão số 10",
    "Trực ba ca; điểm sơ tán ở nhà văn hoá các tổ dân phố; xuồng, áo phao ở trụ sở.",
)
RAIN = ("Mưa lớn kéo dài", "Theo dõi ngập ở các ngõ thấp, trực điện thoại, sẵn sàng di dời.")
SHIFTS = (("7h–19h", "Trụ sở Công an phường"), ("19h–7h", "Nhà văn hoá {area}"))
# Kind of help given in a disaster -> what was done.
DISASTER_HELPS = {
    "evacuate": "Đưa người già, trẻ nhỏ ra điểm sơ tán.",
    "rescue": "Đưa người bị ngập ra ngoài bằng xuồng.",
    "supply": "Chuyển nước, mì, thuốc đến các nhà bị ngập.",
    "repair": "Dọn cây đổ, lợp lại mái.",
    "guard": "Trông tài sản nơi đã di dời.",
}
