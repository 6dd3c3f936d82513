"""Measure bringing workbooks in: python -m scripts.bench_import [--quick] [--engine E] [--rows N]

Makes a workbook of N residents with 12 columns, and brings it into a copy of the demo ward: read,
checked and previewed, then written, then read once more and undone. Then 5,000 of its rows in all,
beside django-import-export on the same rows: with its default settings and in its bulk mode.
Each is a process of its own, so that the memory told is that of the one job.

Prints the numbers, then the bars they have to reach. No test: a busy machine may miss a bar without
anything being wrong.
"""

import argparse
import datetime as dt
import json
import os
import random
import shutil
import subprocess
import sys

import psycopg
import xlsxwriter

from scripts.bench import FOLDER, PYTHON, ROOT, environment, print_bar
from scripts.bench import postgres_database as demo_on_postgres
from scripts.bench import sqlite_database as demo_on_sqlite

FEW = 5000
SEED = 5
COLUMNS = (
    "Số hộ",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Số định danh",
    "Số CMND cũ",
    "Điện thoại",
    "Quan hệ với chủ hộ",
    "Địa chỉ",
    "Tổ dân phố",
    "Ngày đăng ký",
    "Ghi chú",
)
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ")
MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Thanh", "Quang", "Ngọc", "Hữu", "Xuân", "Thu")
GIVEN = ("An", "Bình", "Cường", "Dũng", "Giang", "Hà", "Hạnh", "Hùng", "Hương", "Khánh", "Lan")
GIVEN += ("Linh", "Long", "Mai", "Nam", "Nga", "Phong", "Phúc", "Quân", "Sơn", "Tâm", "Trang")
AREAS = ("Liên Phú", "Hoành Nam", "Liên Giang", "Lê Lợi", "Liên Sơn")  # of the demo ward
RELATIONS = ("Chủ hộ", "Vợ", "Con", "Con")  # a household of four


# --- The workbook -----------------------------------------------------------------------------
def people(rows):
    """Yield the rows of the sheet: invented people in households of four, all alike each run."""
    chance = random.Random(SEED)
    for n in range(rows):
        place = n % len(RELATIONS)
        female = place == 1 or (place > 1 and chance.random() < 0.5)
        year = chance.randrange(1950, 1985) if place < 2 else chance.randrange(1990, 2020)
        born = dt.date(year, 1, 1) + dt.timedelta(days=chance.randrange(365))
        sex = (0 if year < 2000 else 2) + female
        home = n // len(RELATIONS) + 1
        yield (
            str(home),
            f"{chance.choice(FAMILY)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}",
            f"{born:%d/%m/%Y}",
            "Nữ" if female else "Nam",
            f"099{sex}{year % 100:02}{n:06}",
            f"9{n:08}" if year < 1998 else "",
            f"01{n:08}",
            RELATIONS[place],
            f"Số {home} đường {chance.choice(GIVEN)} {chance.choice(GIVEN)}",
            "" if place else AREAS[home % len(AREAS)],
            f"{max(born, dt.date(2015, 3, 1)) + dt.timedelta(days=20):%d/%m/%Y}",
            f"Ghi chú {n}" if n % 7 == 0 else "",
        )


def workbook(rows):
    """Return the path of the workbook of that many people."""
    path = FOLDER / f"people-{rows}.xlsx"
    new = path.with_suffix(".new")
    with xlsxwriter.Workbook(new, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Danh sách")
        sheet.write_row(0, 0, COLUMNS)
        for number, cells in enumerate(people(rows), 1):
            for place, cell in enumerate(cells):
                sheet.write_string(number, place, cell)
    new.rename(path)
    return path


# --- Databases --------------------------------------------------------------------------------
def sqlite_copies(fresh):
    """Yield a way to a new copy of the demo ward, which the next one replaces."""
    demo_on_sqlite(1, fresh)
    copy = FOLDER / "import.sqlite3"

    def make():
        for stale in FOLDER.glob("import.sqlite3*"):
            stale.unlink()
        shutil.copyfile(FOLDER / "sqlite-1.sqlite3", copy)
        return f"sqlite:///{copy}"

    return make


def postgres_copies(fresh):
    url = demo_on_postgres(1, fresh)
    host = url.partition("host=")[2]

    def make():
        with psycopg.connect(host=host, user="postgres", autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS bench_import")
            connection.execute("CREATE DATABASE bench_import TEMPLATE bench_1")
        return url.replace("/bench_1?", "/bench_import?")

    return make


# --- Numbers and bars -------------------------------------------------------------------------
def job(url, name, path):
    """Run a job in a process of its own; return what it found."""
    command = [PYTHON, "-m", "scripts.bench_import_job", name, str(path)]
    done = subprocess.run(
        command, env=environment(url), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"bench: the job {name} failed, see above")
    return json.loads(done.stdout.splitlines()[-1])


def tell(what, value, unit, more=""):
    print(f"  {what:44}{value:9.2f} {unit:4}{more}", flush=True)


def bench(engine, options):
    copies = (sqlite_copies if engine == "sqlite" else postgres_copies)(options.fresh)
    whole, few = workbook(options.rows), workbook(FEW)
    size = whole.stat().st_size / 1e6
    print(f"\n{engine}: {options.rows} residents x {len(COLUMNS)} columns ({size:.1f} MB)")
    found = job(copies(), "whole", whole)
    outcomes = ("new", "changed", "same", "doubtful", "refused")
    told = ", ".join(f"{found[name]} {name}" for name in outcomes)
    tell("read, checked and previewed", found["read"], "s", f"{found['rows']} = {told}")
    tell("  of it the processor", found["cpu read"], "s")
    tell("written", found["write"], "s")
    tell("  of it the processor", found["cpu write"], "s")
    more = f"{found['started']:.0f} before, {found['memory read']:.0f} after the preview"
    tell("most memory", found["memory"], "MB", more)
    tell("read again", found["again"], "s", f"{found['same again']} same")
    more = f"{found['undone']} records removed, {found['left']} left"
    tell("undone", found["undo"], "s", f"{more}, {found['memory undo']:.0f} MB at most")
    print(f"{engine}: {FEW} residents")
    ours = job(copies(), "few", few)
    ours_all = ours["read"] + ours["write"]
    cpu = ours["cpu read"] + ours["cpu write"]
    more = f"{ours['new']} new, {ours['memory']:.0f} MB, processor {cpu:.1f} s"
    tell("ours, all in all", ours_all, "s", more)
    theirs = {name: job(copies(), name, few) for name in ("import-export", "import-export bulk")}
    for name, one in theirs.items():
        more = f"{one['new']} new, {one['memory']:.0f} MB, processor {one['cpu']:.1f} s"
        times = f"{one['seconds'] / ours_all:.1f} x ours, {one['cpu'] / cpu:.1f} x its processor"
        tell(f"django-{name}", one["seconds"], "s", f"{more}; {times}")
    load, cores = os.getloadavg()[1], os.cpu_count()
    print(f"\nBars, {engine}, load {load:.1f} on {cores} cores")
    lost = found["rows"] - sum(found[name] for name in outcomes)
    print_bar("rows that are none of the five", (lost, ""), 0)
    others = 100 * (1 - found["new"] / options.rows), "the demo ward has a few look-alikes"
    print_bar("% of the rows that are not new", others, 0.1)
    print_bar("new rows not written", (found["new"] - found["written"], ""), 0)
    once_more = found["written"] - found["same again"]
    print_bar("written rows not the same when read again", (once_more, ""), 0)
    print_bar("records left by undoing", (found["left"], ""), 0)
    share = options.rows / 100_000
    limit = 60 * share
    print_bar(f"s to preview {options.rows} rows", (found["read"], ""), limit)
    print_bar(f"s to write {options.rows} rows", (found["write"], ""), limit)
    print_bar("MB at most", (found["memory"], ""), 400)
    print_bar(f"s for {FEW} rows in all", (ours_all, ""), 8)
    ratio = ours_all / theirs["import-export"]["seconds"]
    print_bar("ours / django-import-export (15 x faster)", (ratio, ""), 1 / 15)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engine", choices=("sqlite", "postgres"), help="one engine, not both")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--fresh", action="store_true", help="load the demo ward again")
    parser.add_argument("--quick", action="store_true", help="SQLite, 20,000 rows")
    options = parser.parse_args()
    if options.quick:
        options.engine, options.rows = "sqlite", 20_000
    FOLDER.mkdir(parents=True, exist_ok=True)
    if options.engine != "postgres":
        bench("sqlite", options)
    if options.engine == "postgres" and os.environ.get("DATABASE_URL", "").startswith("postgres"):
        bench("postgres", options)
    elif options.engine != "sqlite":
        again = [*sys.argv[1:], "--engine", "postgres"]
        command = [PYTHON, "tests/withpg.py", PYTHON, "-m", "scripts.bench_import", *again]
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
