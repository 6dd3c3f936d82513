"""The ward, its neighbourhoods, the accounts and who has which beat."""

import datetime as dt
import itertools

from django.contrib.auth.hashers import make_password

from kylien.accounts.models import Role, User
from kylien.areas.models import BeatAssignment, Neighbourhood, Ward
from kylien.portal.demo import names
from kylien.portal.demo.scene import Area

HOTLINES = (
    "Thanh tra: 069.29 28 111\n"
    "CSGT: 069.29 28 299\n"
    "Trực ban: 069.29 26 112\n"
    "Phòng quản lý XNC: 069.29 28 672"
)
# Neighbourhood -> (households of one ward's worth, its groups, its households in none).
AREAS = {
    "Liên Phú": (190, 6, 5),
    "Hoành Nam": (170, 5, 4),
    "Liên Giang": (160, 5, 4),
    "Lê Lợi": (150, 5, 4),
    "Liên Sơn": (140, 5, 3),
    "Hoành Bắc": (125, 4, 3),
    "Liên Trung": (110, 4, 2),
}
# Username -> (rank, full name, roles); `quantri` is the superuser and has no role.
ACCOUNTS = {
    "chihuy": ("Thiếu tá", "Đặng Hữu Khôi", [Role.CHIEF]),
    "cskv1": ("Đại uý", "Lê Quang Vĩnh", [Role.AREA_OFFICER]),
    "cskv2": ("Thượng uý", "Phan Thị Hoài Thu", [Role.AREA_OFFICER]),
    "trucban": ("Trung uý", "Hồ Đức Tùng", [Role.DUTY_OFFICER]),
    "nhaplieu": ("Thiếu uý", "Mai Khánh Ly", [Role.CLERK]),
    "lanhdao": ("", "Nguyễn Trọng Luận", [Role.LEADER]),
    "quantri": ("", "Quản trị hệ thống", []),
}
BEATS = {
    "cskv1": ("Liên Phú", "Hoành Nam", "Hoành Bắc"),
    "cskv2": ("Liên Giang", "Lê Lợi", "Liên Sơn", "Liên Trung"),
}


def make_accounts(password):
    """Create the seven accounts, all with `password`, and return them by username."""
    for username, (rank, full_name, roles) in ACCOUNTS.items():
        if roles:
            User.objects.create_user(username, rank=rank, full_name=full_name, roles=roles)
        else:
            User.objects.create_superuser(username, rank=rank, full_name=full_name)
    users = User.objects.filter(username__in=ACCOUNTS)
    users.update(password=make_password(password))  # hashing is slow on purpose: once for all
    return {user.username: user for user in users}


def make_areas():
    """Create the ward and its neighbourhoods, and return these as empty `Area`s."""
    ward = Ward(
        name="Kỳ Liên",
        unit_code="18841",
        valid_from=dt.date(2015, 4, 10),
        superior="Công an tỉnh Hà Tĩnh",
        hotlines=HOTLINES,
    )
    ward.save()
    rows = Neighbourhood.objects.bulk_create(
        Neighbourhood(ward=ward, name=name, position=position)
        for position, name in enumerate(AREAS, 1)
    )
    return [Area(row, names.STREETS[row.name], AREAS[row.name][0]) for row in rows]


def make_beats(areas, officers, on):
    """Give each neighbourhood its officer, and one a leave last summer that the other covered."""
    by_name = {area.row.name: area.row for area in areas}
    since = on - dt.timedelta(days=900)
    rows = [
        BeatAssignment(officer=officers[username], neighbourhood=by_name[name], started_on=since)
        for username, beat in BEATS.items()
        for name in beat
    ]
    rows.append(
        BeatAssignment(
            officer=officers["cskv2"],
            neighbourhood=by_name["Liên Phú"],
            started_on=on - dt.timedelta(days=160),
            ended_on=on - dt.timedelta(days=146),
            note="Phụ trách thay khi đồng chí Vĩnh nghỉ phép.",
        )
    )
    BeatAssignment.objects.bulk_create(rows)


def paper_serials():
    return itertools.count(101)
