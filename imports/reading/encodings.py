"""Text of CSV files: which encoding it is in, and old Vietnamese code pages told by name.

TCVN3 and VNI are fonts that draw Vietnamese over Western letters: "Hä vµ tªn" is "Họ và tên". They
are named, not converted: capitals of TCVN3 are another font over the same letters, so no program
can tell NGUYỄN from nguyễn afterwards.
"""

import re
import unicodedata

from imports.reading.bounds import SheetError

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def decode(data: bytes) -> str:
    """Return the text of a CSV file: UTF-8, UTF-16 with its mark, or Windows-1258.

    Raises SheetError for TCVN3, VNI and what is no text.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data, encoding)
    if b"\0" in data:
        raise SheetError("Tệp không phải văn bản. Lưu thành .xlsx hoặc CSV UTF-8 rồi tải lên.")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        refuse_old(data.decode("latin-1"))
        # Its accents are marks of their own; readers of cells compose them.
        return unicodedata.normalize("NFC", _decoded(data, "cp1258"))
    refuse_old(text)
    return text


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SheetError(
            "Không nhận ra bảng mã của tệp. Mở bằng Excel, lưu thành .xlsx rồi tải lên."
        ) from error


_LOOKED_AT = 200_000  # letters
_ENOUGH = 5  # words with accents
_SHARE = 0.6


def refuse_old(text: str) -> None:
    """Raise SheetError, naming the code page, where a text is Vietnamese in TCVN3 or VNI."""
    text = text[:_LOOKED_AT]
    # A sign alone, such as "·", would be a letter of TCVN3 in any text.
    words = [word for word in _WORD.findall(text) if not word.isascii() and _LETTER.search(word)]
    if len(words) < _ENOUGH:
        return
    shares = {name: _share(words, translate) for name, translate in _OLD.items()}
    name = max(shares, key=shares.get)
    good = max(_share(words, str), _share(words, _as_1258))
    if shares[name] >= _SHARE and shares[name] > good:
        raise SheetError(
            f"Chữ trong tệp theo bảng mã cũ {name}. Dùng UniKey (Ctrl+Shift+F6) chuyển mã sang "
            "Unicode, lưu lại rồi tải lên."
        )


# Letters, and the signs of Latin-1 that TCVN3 uses as letters.
_WORD = re.compile(r"[A-Za-z\u00a1-\u024f\u0300-\u036f\u1e00-\u1eff]+")

_LETTER = re.compile(r"[^\W\d_]")


def _share(words: list[str], translate) -> float:
    """Return the share of words that are Vietnamese syllables once translated."""
    return sum(_is_syllable(translate(word)) for word in words) / len(words)


_SYLLABLE = re.compile(
    r"(?:b|ch?|d|đ|gi?|gh|h|kh?|l|m|ng?h?|ph?|qu|r|s|th?|tr|v|x)?"
    r"(?:uyê|uya|uyu|iêu|yêu|oai|oao|oay|oeo|uôi|ươi|ươu|uây|"
    r"ai|ao|au|ay|âu|ây|eo|êu|ia|iê|yê|iu|oa|oă|oe|oi|ôi|ơi|oo|ua|uâ|uê|ui|uô|uơ|uy|ưa|ưi|ươ|ưu|"
    r"a|ă|â|e|ê|i|o|ô|ơ|u|ư|y)"
    r"(?:ch?|m|nh|ng?|p|t)?"
)
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))


def _is_syllable(word: str) -> bool:
    toneless = unicodedata.normalize("NFD", word.lower()).translate(_TONES)
    return _SYLLABLE.fullmatch(unicodedata.normalize("NFC", toneless)) is not None


_TCVN3 = dict(
    zip(
        bytes.fromhex(
            "a1a2a3a4a5a6a7a8a9aaabacadaeb5b6b7b8b9bbbcbdbec6c7c8c9cacbcccecfd0d1d2d3d4d5d6d7d8dcdddedf"
            "e1e2e3e4e5e6e7e8e9eaebecedeeeff1f2f3f4f5f6f7f8f9fafbfcfdfe"
        ),
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
_VNI_LETTERS = str.maketrans("ôöñíìæóòîÔÖÑÍÌÆÓÒÎ", "ơưđíìỉĩịỵƠƯĐÍÌỈĨỊỴ")
# A vowel's marks stand after it as a letter: circumflex and breve, each with the five tones.
_VNI_MARKS = {
    **dict(zip("ùøûõï", ("\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), strict=True)),
    **{
        sign: "\u0302" + tone
        for sign, tone in zip(
            "âáàåãä", ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), strict=True
        )
    },
    **{
        sign: "\u0306" + tone
        for sign, tone in zip(
            "êéèúüë", ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323"), strict=True
        )
    },
}
_VNI_PAIR = re.compile(rf"(?<=[aeouyơư])[{''.join(_VNI_MARKS)}]", re.IGNORECASE)


def _from_tcvn3(word: str) -> str:
    return word.translate(_TCVN3)


def _from_vni(word: str) -> str:
    word = word.lower().translate(_VNI_LETTERS)
    return _VNI_PAIR.sub(lambda match: _VNI_MARKS[match[0]], word)


def _as_1258(word: str) -> str:
    """Return a word of Latin-1 letters as Windows-1258 has it; others are what they are."""
    try:
        return word.encode("latin-1").decode("cp1258")
    except UnicodeError:
        return word


_OLD = {"TCVN3 (ABC, phông .VnTime)": _from_tcvn3, "VNI": _from_vni}
