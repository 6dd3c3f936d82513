"""What a password may not be built on. Both checks work offline, against words kept here.

Composition is nobody's business (ASVS 5.0, 6.2.5): only length and how easily it is guessed count.
"""

import re
from itertools import pairwise

from django.apps import apps
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from kylien.core import text

# Words of the station's trade, as `fold()` writes them without blanks.
STATION_WORDS = (
    "congan",
    "canhsat",
    "cskv",
    "khuvuc",
    "trucban",
    "truongphuong",
    "nhankhau",
    "hokhau",
    "todanpho",
    "antt",
    "bocongan",
    "vneid",
)
# What Vietnamese lists of leaked passwords begin with and Django's English one lacks.
COMMON_HERE = {
    "matkhau",
    "matkhaumoi",
    "matkhaucuatoi",
    "khongbiet",
    "khongcomatkhau",
    "anhyeuem",
    "emyeuanh",
    "yeuemnhieu",
    "iloveyou",
    "vietnam",
    "vietnamvodich",
    "hanoi",
    "saigon",
    "tphcm",
    "hochiminh",
    "admin",
    "quantri",
    "quantrivien",
    "taikhoan",
    "dangnhap",
    "xinchao",
    "letmein",
    "welcome",
    "password",
    "passw0rd",
    "qwerty",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
}
SHORTEST_NAME = 4  # letters: a shorter user name occurs in too many words


def core_of(password: str) -> str:
    """Return a password without diacritics, capitals and signs: `Công-An 26` is `congan26`."""
    return re.sub(r"[^a-z0-9]", "", text.fold(password))


class ContextWordValidator:
    """Refuse words anybody who knows the station would try: ward, trade, user name, own name."""

    def validate(self, password, user=None):
        core = core_of(password)
        for word, label in self._words(user):
            if word and word in core:
                raise ValidationError(
                    f"Mật khẩu chứa {label}, ai biết đơn vị cũng đoán được. Chọn từ khác.",
                    code="password_context",
                )
        if re.fullmatch(r"0\d{11}|(0|84)\d{9}", core):
            raise ValidationError(
                "Mật khẩu giống số định danh hoặc số điện thoại. Chọn mật khẩu khác.",
                code="password_context",
            )

    @staticmethod
    def _words(user):
        yield from ((word, f"từ “{word}”") for word in STATION_WORDS)
        yield "kylien", "tên hệ thống"
        # By name, for the areas' app stands to the right of this one.
        for name in apps.get_model("areas", "Ward").objects.values_list("name", flat=True):
            yield core_of(name).removeprefix("phuong").removeprefix("xa"), "tên phường"
        if user is not None:
            for name, label in ((user.username, "tên đăng nhập"), (user.full_name, "họ tên")):
                core = core_of(name)
                yield core if len(core) >= SHORTEST_NAME else "", label

    def get_help_text(self):
        return "Không dùng tên phường, tên đăng nhập, họ tên, những từ như “công an”."


class CommonPasswordValidator(password_validation.CommonPasswordValidator):
    """Refuse the 20,000 commonest passwords and Vietnamese ones, also where figures and signs were
    put around them, and runs: `1234...`, `aaaa...`, one piece said over again."""

    def validate(self, password, user=None):
        core = core_of(password)
        bare = core.strip("0123456789")
        known = self.passwords | COMMON_HERE
        plain = password.lower().strip()
        if {plain, core, bare} & known or self._is_run(plain):
            raise ValidationError(
                "Mật khẩu này nhiều người dùng, rất dễ đoán. Hãy ghép vài từ không liên quan.",
                code="password_too_common",
            )

    @staticmethod
    def _is_run(password):
        """Tell whether a password is one piece repeated, or figures or letters in order."""
        if re.fullmatch(r"(.{1,6}?)\1+.{0,5}", password, re.DOTALL):
            return True
        steps = {ord(b) - ord(a) for a, b in pairwise(password)}
        return steps <= {1, -9} or steps <= {-1, 9}

    def get_help_text(self):
        return "Không dùng mật khẩu nhiều người hay đặt; ghép vài từ không liên quan là tốt nhất."
