"""The report on paper (Nghị định 30/2020/NĐ-CP): `paper` arranges it, `word` and `pdf` draw it."""
