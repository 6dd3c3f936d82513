"""Names to draw from: people as in Hà Tĩnh, streets, shops, companies. All people are invented."""


def words(text):
    return text.split()


def items(text):
    """Split at bars; line breaks are blanks."""
    return [" ".join(item.split()) for item in text.split("|")]


SURNAMES = {
    "Nguyễn": 270,
    "Lê": 115,
    "Trần": 110,
    "Phạm": 55,
    "Hoàng": 50,
    "Võ": 45,
    "Phan": 45,
    "Dương": 35,
    "Đặng": 30,
    "Hồ": 28,
    "Bùi": 24,
    "Trương": 22,
    "Mai": 20,
    "Chu": 18,
    "Đậu": 18,
    "Cao": 16,
    "Thái": 14,
    "Hà": 14,
    "Ngô": 14,
    "Đinh": 12,
    "Tô": 10,
    "Lương": 10,
    "Kiều": 8,
    "Tống": 6,
    "Uông": 4,
    "Biện": 4,
    "Sử": 2,
}

# Names change with the generations: those born before 1985, and later.
MIDDLE = {
    ("M", "old"): {
        "Văn": 50,
        "Xuân": 10,
        "Đình": 10,
        "Hữu": 7,
        "Công": 6,
        "Bá": 4,
        "Sỹ": 3,
        "Trọng": 5,
        "Viết": 3,
        "": 2,
    },
    ("M", "new"): {
        "Văn": 18,
        "Đức": 12,
        "Quang": 9,
        "Minh": 9,
        "Anh": 9,
        "Hữu": 7,
        "Gia": 7,
        "Tiến": 6,
        "Bảo": 5,
        "Đăng": 5,
        "Xuân": 4,
        "Nguyên": 4,
        "Hoàng": 4,
        "": 1,
    },
    ("F", "old"): {"Thị": 88, "": 2, "Thị Thanh": 4, "Thị Thu": 4, "Thị Kim": 2},
    ("F", "new"): {
        "Thị": 38,
        "Thị Thu": 5,
        "Thị Hoài": 4,
        "Khánh": 7,
        "Ngọc": 8,
        "Bảo": 6,
        "Phương": 6,
        "Thảo": 5,
        "Quỳnh": 6,
        "Hà": 4,
        "Thuỳ": 5,
        "Hải": 3,
        "Minh": 3,
    },
}
GIVEN = {
    ("M", "old"): words(
        """Hùng Dũng Thắng Sơn Hải Minh Bình Tuấn Hoà Thành Lâm Đức Cường Long Nam Hà Tân Thuận
    Lợi Quý Phúc Tài Lộc Toàn Thọ Khánh Quang Vinh Hiền Tâm Nghĩa Đông Ngọc Thuỷ Cảnh
    Luận Chiến Đồng Hợi Tý Sửu Mậu Thìn Bảy Tám Nhâm Khoa Triều Trung Việt Sáu Hồng Khôi
    Diệu Lan Mạnh Huệ Thái Bút Lương Giáp Ất"""
    ),
    ("M", "new"): words(
        """Anh Huy Khang Phúc Minh Quân Đạt Nam Khôi Bảo Long Hiếu Kiên Duy Thịnh Sơn An Tùng
    Hoàng Phong Khánh Nhật Đăng Thành Lâm Trung Hưng Quốc Vũ Tú Việt Cường Tuấn Dũng Đức
    Nghĩa Thiện Trí Tiến Mạnh Thắng Hải Linh Đông Bách Hào Phát Sang Trường Vinh"""
    ),
    ("F", "old"): words(
        """Lan Hoa Hương Hồng Liên Thuỷ Hà Nga Bình Hiền Thanh Xuân Tâm Loan Huệ Minh Hằng Vân
    Nhung Mai Lý Thu Cúc Phương Lài Tuyết Sen Đào Mận Lựu Nguyệt Hường Tý Năm Sáu Bảy
    Châu Duyên Hoà Lương Thái Thơ Oanh Yến Luyến Nhàn Tứ Dung Nghĩa Thìn Quế Khuyên Dần
    Lợi"""
    ),
    ("F", "new"): words(
        """Anh Linh Trang Ngọc Hà Vy Nhi My Thảo Hân Châu Chi An Ngân Yến Quỳnh Trâm Giang
    Phương Huyền Hiền Diệp Như Mai Khuê Trúc Uyên Thư Hương Dung Ly Nhung Hạnh Oanh Lan
    Dương Thơ Vân Tâm Loan Hằng Nga Bình Minh Khánh Lam Tuệ Đan"""
    ),
}

STREETS = {
    "Liên Phú": ("Hoành Sơn", "Lê Quảng Chí", "Nguyễn Du", "Đặng Dung"),
    "Hoành Nam": ("Đèo Ngang", "Nguyễn Thị Bích Châu", "Phan Kính", "Bùi Cầm Hổ"),
    "Liên Giang": ("Nguyễn Biểu", "La Sơn Phu Tử", "Xuân Diệu", "Cao Thắng"),
    "Lê Lợi": ("Lê Lợi", "Lê Quảng Ý", "Ngô Đức Kế", "Mai Thúc Loan"),
    "Liên Sơn": ("Nguyễn Công Trứ", "Huy Cận", "Nguyễn Huy Tự", "Lý Tự Trọng"),
    "Hoành Bắc": ("Hải Thượng Lãn Ông", "Nguyễn Thiếp", "Hà Huy Tập", "Phan Đình Giót"),
    "Liên Trung": ("Nguyễn Trọng Bình", "Hồ Phi Chấn", "Đào Tấn", "Nguyễn Nghiễm"),
}

KARAOKE = items(
    """Hoàng Yến|Sao Khuê|Gió Biển|Hương Quê|Phố Núi|Ánh Trăng|Mây Hồng|Sóng Xanh|Đêm Hoành
    Sơn|Giai Điệu|Thuỳ Dương|Bằng Lăng"""
)
EATING_KINDS = items(
    """Quán cơm|Quán phở|Quán bún bò|Quán cháo lươn|Nhà hàng|Quán hải sản|Quán nhậu|Quán
    bánh mướt|Quán cà phê|Quán lẩu|Cơm bình dân|Quán gà đồi|Quán bánh canh|Quán ốc"""
)
EATING_OWNERS = items(
    """Bà Lài|Cô Thơ|Chú Khoa|Anh Quế|Chị Duyên|Ông Cảnh|Bà Mận|Cây Sung|Bến Đò|Cầu Khe|
    Gốc Bàng|Hương Đồng|Vườn Cau|Hoa Sứ|Ngã Ba|Đồi Thông|Khe Bò|Bãi Dừa|Mộc Quê|Trăng
    Non|Cô Nhàn|Chị Luyến| Anh Bút|Chú Triều|Sen Trắng|Cánh Buồm"""
)
PAWNSHOPS = items(
    """Tín Nghĩa Phú|Hoành Tín|Liên Phát Tài|Kỳ Tín Thịnh|An Tâm Phú|Tín Vượng|Lộc Kỳ"""
)
LODGINGS = items("Hoa Sim|Biển Xanh|Đèo Con|Thanh Bình|Bình Minh|Hoành Sơn Quan|Sơn Hải|Gió Lào")
LPG = items("Khôi Nguyên|Liên Hoả|Hoành Khí|Khe Liên")

# A company: kind of company + trade + three syllables.
COMPANY_KINDS = ("Công ty TNHH", "Công ty TNHH", "Công ty CP", "Doanh nghiệp tư nhân")
COMPANY_TRADES = items(
    """Xây dựng|Cơ khí|Vận tải|Thương mại|Dịch vụ cảng|Lắp máy|Vật liệu|Cung ứng lao động|
    Kết cấu thép|Điện lạnh|Bảo trì thiết bị|Suất ăn công nghiệp|Môi trường|Giao
    nhận|Thiết bị nâng| Sơn chống gỉ"""
)
GUEST_HOUSE_TRADES = ("Nhà khách", "Dịch vụ lưu trú", "Nhà ở công nhân")
SYLLABLES = (
    words("Kỳ Hoành Liên Vân Đại Tân Bắc Thiên Lam Trường"),
    words("Khê An Phú Sơn Hưng Châu Hải Minh Việt Giang"),
    words("Thịnh Phát Lộc Khang Vượng Thành Lợi Đạt Tiến Hoà"),
)
PROJECTS = items(
    """Khu nhà ở công nhân|Kho bãi tập kết thiết bị|Trạm xử lý nước thải|Đường nối cảng|
    Khu tái định cư|Nhà máy gạch không nung|Trạm biến áp|Bãi đỗ xe tải|Kênh tiêu thoát
    lũ|Trung tâm dịch vụ hậu cần| Chợ trung tâm|Trường mầm non|Khu cây xanh|Cầu qua
    khe|Nhà máy khí công nghiệp|Khu thể thao| Trạm cân"""
)
