"""What a citizen identity number says about its holder, and where that disagrees with a form.

The number is ``PPP G YY RRRRRR``: province or country of the birth's registration, sex and
century, year of birth, six random digits (Thông tư 59/2021/TT-BCA, Điều 4). It has no check digit,
and data are corrected without a new number: all of this warns, none of it refuses.

Pure: no database, no settings, no clock.
"""

from typing import Literal

from kylien.core.text import CITIZEN_ID_RE

PROVINCES = {
    "001": "Hà Nội",
    "002": "Hà Giang",
    "004": "Cao Bằng",
    "006": "Bắc Kạn",
    "008": "Tuyên Quang",
    "010": "Lào Cai",
    "011": "Điện Biên",
    "012": "Lai Châu",
    "014": "Sơn La",
    "015": "Yên Bái",
    "017": "Hoà Bình",
    "019": "Thái Nguyên",
    "020": "Lạng Sơn",
    "022": "Quảng Ninh",
    "024": "Bắc Giang",
    "025": "Phú Thọ",
    "026": "Vĩnh Phúc",
    "027": "Bắc Ninh",
    "030": "Hải Dương",
    "031": "Hải Phòng",
    "033": "Hưng Yên",
    "034": "Thái Bình",
    "035": "Hà Nam",
    "036": "Nam Định",
    "037": "Ninh Bình",
    "038": "Thanh Hoá",
    "040": "Nghệ An",
    "042": "Hà Tĩnh",
    "044": "Quảng Bình",
    "045": "Quảng Trị",
    "046": "Huế",
    "048": "Đà Nẵng",
    "049": "Quảng Nam",
    "051": "Quảng Ngãi",
    "052": "Bình Định",
    "054": "Phú Yên",
    "056": "Khánh Hoà",
    "058": "Ninh Thuận",
    "060": "Bình Thuận",
    "062": "Kon Tum",
    "064": "Gia Lai",
    "066": "Đắk Lắk",
    "067": "Đắk Nông",
    "068": "Lâm Đồng",
    "070": "Bình Phước",
    "072": "Tây Ninh",
    "074": "Bình Dương",
    "075": "Đồng Nai",
    "077": "Bà Rịa - Vũng Tàu",
    "079": "TP. Hồ Chí Minh",
    "080": "Long An",
    "082": "Tiền Giang",
    "083": "Bến Tre",
    "084": "Trà Vinh",
    "086": "Vĩnh Long",
    "087": "Đồng Tháp",
    "089": "An Giang",
    "091": "Kiên Giang",
    "092": "Cần Thơ",
    "093": "Hậu Giang",
    "094": "Sóc Trăng",
    "095": "Bạc Liêu",
    "096": "Cà Mau",
}
"""Code to name of the 63 provinces before the mergers of 2025; people keep the numbers of then.

For a child registered after that the same code means the merged province: a name is a hint.
The demonstration ward and the tests use 099, which is nobody's and so warns as unknown.
"""

Sex = Literal["M", "F", ""]

_SEXES = {"M": "nam", "F": "nữ"}


def described_by(number: str) -> tuple[str, Sex, int | None]:
    """Return province, sex and year of birth as the number says them.

    ``("Hà Tĩnh", "M", 1990)``; the province is "" for an unknown code, and everything is empty
    (``("", "", None)``) for what is no citizen identity number.
    """
    if not CITIZEN_ID_RE.match(number):
        return "", "", None
    # 0 and 1 are men and women of 19xx, 2 and 3 of 20xx, and so on.
    centuries, female = divmod(int(number[3]), 2)
    year = 1900 + 100 * centuries + int(number[4:6])
    return PROVINCES.get(number[:3], ""), "F" if female else "M", year


def check_citizen_id(number: str, *, sex: str = "", birth_year: int | None = None) -> list[str]:
    """Return Vietnamese sentences, each with its reason, on what looks wrong about a number.

    `sex` ("M", "F") and `birth_year` are compared when given. The list is empty for a number that
    agrees, and for what is no citizen identity number at all: forms refuse that elsewhere.
    """
    province, number_sex, year = described_by(number)
    if year is None:
        return []
    warnings = []
    if not province:
        warnings.append(
            f"Ba số đầu {number[:3]} không phải mã tỉnh, thành phố nào: "
            "có thể khai sinh ở nước ngoài, hoặc gõ nhầm."
        )
    if sex in _SEXES and sex != number_sex:
        warnings.append(
            f"Chữ số thứ tư của số định danh chỉ giới tính {_SEXES[number_sex]}, "
            f"nhưng đang ghi là {_SEXES[sex]}: hãy xem lại."
        )
    if birth_year is not None and birth_year != year:
        warnings.append(
            f"Chữ số thứ tư đến thứ sáu của số định danh chỉ năm sinh {year}, "
            f"nhưng đang ghi là {birth_year}: hãy xem lại."
        )
    return warnings
