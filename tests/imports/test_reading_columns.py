"""Headers as people write them, and the column each is; none rather than a wrong one."""

from types import SimpleNamespace

import pytest

from imports.kinds.base import Column
from imports.reading.columns import guess_mapping
from imports.reading.values import read_text


def kind(**columns):
    """Return a kind with columns `key="Label|synonym|..."`."""
    made = []
    for key, words in columns.items():
        label, *synonyms = words.split("|")
        made.append(Column(key, label, read_text, tuple(synonyms)))
    return SimpleNamespace(columns=tuple(made))


PEOPLE = kind(
    full_name="Họ và tên|Họ tên|Tên",
    head="Họ tên chủ hộ|Chủ hộ|Tên chủ hộ",
    birth="Ngày sinh|Ngày tháng năm sinh|Năm sinh|Date of birth",
    sex="Giới tính|Nam/Nữ|Sex",
    identity="Số định danh|Số định danh cá nhân|CCCD|CCCD/CMND|Số giấy tờ",
    old_id="Số CMND cũ|CMND",
    phone="Điện thoại|Số điện thoại",
    relation="Quan hệ với chủ hộ|Quan hệ",
    household="Số hộ|Mã hộ",
    address="Địa chỉ|Nơi thường trú",
    area="Tổ dân phố|Tổ",
    started="Ngày đăng ký|Ngày đến",
    note="Ghi chú",
)
BUSINESSES = kind(
    name="Tên cơ sở",
    owner="Chủ cơ sở|Người đại diện",
    trade="Ngành nghề|Ngành, nghề kinh doanh",
    address="Trụ sở|Địa chỉ cơ sở",
    number="Số giấy chứng nhận|Số GCN",
    issued="Ngày cấp",
)
STAYS = kind(
    guest="Họ tên khách|Khách",
    room="Phòng",
    arrived="Ngày đến",
    left="Ngày đi",
    reason="Lý do lưu trú",
)

FOUND = [
    (PEOPLE, "full_name", "Họ và tên|HỌ VÀ TÊN|Họ  tên|họ & tên|Ho va ten|HO TEN|Họ, tên|Tên"),
    (PEOPLE, "full_name", "Họ và tên (chữ in hoa)|Họ và tên / Full name|Họ và tên\nFull name"),
    (PEOPLE, "full_name", "Ho\u0323 va\u0300 te\u0302n|Họ và\u00a0tên:|Họ và tên (*)"),
    (PEOPLE, "head", "Họ tên chủ hộ|HỌ VÀ TÊN CHỦ HỘ|Chủ hộ|Tên chủ hộ|Họ tên CH"),
    (
        PEOPLE,
        "birth",
        "Ngày sinh|Ngày, tháng, năm sinh|Ngày/tháng/năm sinh|NĂM SINH|NTNS|Ngay sinh",
    ),
    (PEOPLE, "birth", "Ngày sinh (dd/mm/yyyy)|Năm, tháng, ngày sinh|Date of birth"),
    (PEOPLE, "sex", "Giới tính|GIOI TINH|Nam/Nữ|Nam, Nữ|Sex|Giới tính (Nam/Nữ)"),
    (
        PEOPLE,
        "identity",
        "Số định danh|Số ĐDCN|Số CCCD|CCCD|Căn cước công dân|Số căn cước công dân",
    ),
    (PEOPLE, "identity", "CCCD/CMND|Số CCCD/CMND|Số định danh cá nhân (12 số)"),
    (PEOPLE, "old_id", "Số CMND|CMND|Số CMND cũ|Chứng minh nhân dân|Số chứng minh nhân dân|CMTND"),
    (PEOPLE, "phone", "Điện thoại|SĐT|Số điện thoại|sdt|ĐT|DTDD|Số ĐT"),
    (
        PEOPLE,
        "relation",
        "Quan hệ với chủ hộ|QH với chủ hộ|Quan hệ|QUAN HỆ VỚI CH|Quan he voi chu ho",
    ),
    (PEOPLE, "household", "Số hộ|Mã hộ|Hộ số"),
    (PEOPLE, "address", "Địa chỉ|Nơi thường trú|ĐC|Địa chỉ (số nhà, đường)"),
    (PEOPLE, "area", "Tổ dân phố|TDP|Tổ"),
    (PEOPLE, "started", "Ngày đăng ký|Ngày đến"),
    (BUSINESSES, "name", "Tên cơ sở|TÊN CƠ SỞ|Ten co so"),
    (BUSINESSES, "owner", "Chủ cơ sở|Người đại diện"),
    (BUSINESSES, "trade", "Ngành nghề|Ngành, nghề kinh doanh"),
    (BUSINESSES, "address", "Trụ sở|Địa chỉ cơ sở"),
    (BUSINESSES, "number", "Số GCN|Số giấy chứng nhận"),
    (STAYS, "guest", "Họ tên khách|Họ và tên khách|Khách"),
    (STAYS, "room", "Phòng|Số phòng"),
]


@pytest.mark.parametrize(
    ("of", "key", "name"),
    [(of, key, name) for of, key, names in FOUND for name in names.split("|")],
)
def test_header_is_known(of, key, name):
    assert guess_mapping([name], of) == {0: key}


def test_there_are_enough_headers_to_mean_something():
    assert sum(len(names.split("|")) for _, _, names in FOUND) >= 80


@pytest.mark.parametrize(
    ("of", "name"),
    [
        *(
            (PEOPLE, name)
            for name in (
                "STT",
                "TT",
                "",
                "Nơi sinh",
                "Số nhà",
                "Họ tên bố",
                "Họ tên / Ngày sinh",
                "Tên cơ sở",
                "Ten co so",
                "Tên công ty",
                "Ngày sinh Nam",
                "Họ",
                "Hộ khẩu",
                "Ngày cấp",
                "Nơi cấp CCCD",
                "Nghề nghiệp",
                "Quan hệ hôn nhân",
                "Địa chỉ / SĐT",
                "Trụ sở",
            )
        ),
        (STAYS, "Ngày sinh"),
        (BUSINESSES, "Tên"),
        (BUSINESSES, "Ngày hết hạn"),
    ],
)
def test_what_is_not_sure_stays_out(of, name):
    assert guess_mapping([name], of) == {}


def test_each_key_is_given_once_to_the_surest_column():
    names = ["TT", "Tên", "Họ và tên", "Số CCCD", "Ghi chú", "Ghi chú"]
    assert guess_mapping(names, PEOPLE) == {2: "full_name", 3: "identity", 4: "note"}


def test_labels_of_our_own_are_known_all_at_once():
    names = [column.label for column in PEOPLE.columns]
    found = guess_mapping(names, PEOPLE)
    assert found == {place: column.key for place, column in enumerate(PEOPLE.columns)}


def test_a_name_that_fits_two_columns_alike_is_nobodys():
    twins = kind(first="Mã", second="Mã")
    assert guess_mapping(["Mã"], twins) == {}
