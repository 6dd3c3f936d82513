"""Measure the portal's pages: python -m scripts.bench [--quick] [--engine E] [--scales 1,15]

Loads the demo ward at each scale into a database of its own (kept in VAR_DIR/bench, made again
with --fresh), then asks every page through the whole Django stack as the chief and as an area
officer. One process serves each scale; the processes take turns, round by round, and each round
asks every page once: noise of the machine hits all pages and scales alike. Beside the portal's
pages stand a constant page behind the same sign-in (the floor) and a stock admin list.

Prints a table for each engine and scale, then the bars that the pages have to reach. No test: a
busy machine may miss a bar without anything being wrong.
"""

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests.withpg import find_programs

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("VAR_DIR", ROOT / "var")).resolve() / "bench"
PYTHON = sys.executable
USERS = ("chihuy", "cskv1")
WARM_UPS = 3
SECTORS = ("karaoke", "pawnshop", "lpg", "lodging", "eating", "company", "project")
SECTOR_PAGES = tuple(f"sector {code}" for code in SECTORS)
LISTS = (
    "households",
    "residents",
    "incidents",
    "businesses",
    "inspections",
    "returns",
    *SECTOR_PAGES,
)
SEARCHES = ("search common", "search rare", "search absent")
REPORTS = ("month", "report", "report draft", "report trends", "report compare")
DOCUMENTS = {"docx": 1000, "pdf": 2000}  # ms of a draft's, which is counted, at demo size
GROWING = ("home", "worklist", "worklist week", *REPORTS)
MERGED = ("home", "worklist", "worklist week")  # bits of every app: they may ask a little more
OURS = (
    *MERGED,
    *LISTS,
    "residents last",
    *SEARCHES,
    "household",
    "business",
    "sectors",
    "groups",
    "outreach",
    "coverage",
    "outgoing",  # of the chief alone
    *REPORTS,
)
LOOKS = ("household",)  # the trail keeps each look: one query more, and two to seal it
ADMIN_FORMS = (
    "households/household",
    "households/resident",
    "accounts/user",
    "businesses/business",
    "selfgov_groups/selfmanagedgroup",
)


# --- Databases --------------------------------------------------------------------------------
def environment(url):
    """Return the environment of a process that works on the database `url`."""
    fixed = {"DATABASE_URL": url, "VAR_DIR": str(FOLDER), "DEMO": "true", "TESTING": "false"}
    return {**os.environ, **fixed}


def manage(url, *arguments):
    subprocess.run([PYTHON, "manage.py", *arguments], env=environment(url), cwd=ROOT, check=True)


def load(url, scale):
    began = time.perf_counter()
    manage(url, "migrate", "--noinput", "--verbosity", "0")
    manage(url, "demo", "--scale", str(scale))
    print(f"Loaded the demo ward x {scale} in {time.perf_counter() - began:.1f} s", flush=True)


def sqlite_database(scale, fresh):
    """Return the address of the scale's SQLite database, loaded if it is not there."""
    path = FOLDER / f"sqlite-{scale}.sqlite3"
    if fresh or not path.exists():
        new = FOLDER / f"new-{scale}.sqlite3"
        for stale in FOLDER.glob(f"new-{scale}.sqlite3*"):
            stale.unlink()
        load(f"sqlite:///{new}", scale)
        with sqlite3.connect(new) as connection:  # all of it into the one file
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        for stale in FOLDER.glob(f"{path.name}*"):
            stale.unlink()
        new.rename(path)
    return f"sqlite:///{path}"


def postgres_database(scale, fresh):
    """Return the address of the scale's database in the cluster that DATABASE_URL names.

    The cluster is thrown away after each run, so a dump keeps what was loaded.
    """
    programs = find_programs()
    server, host = os.environ["DATABASE_URL"], os.environ["DATABASE_URL"].partition("host=")[2]
    url = server.replace("/postgres?", f"/bench_{scale}?")
    dump = FOLDER / f"postgres-{scale}.dump"
    there = ["--host", host, "--username", "postgres", "--dbname", f"bench_{scale}"]
    with psycopg.connect(host=host, user="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE bench_{scale}")
    if fresh or not dump.exists():
        load(url, scale)
        new = dump.with_suffix(".new")
        subprocess.run([programs / "pg_dump", *there, "--format=custom", "--file", new], check=True)
        new.rename(dump)
    else:
        subprocess.run([programs / "pg_restore", *there, "--no-owner", dump], check=True)
    with psycopg.connect(
        host=host, user="postgres", dbname=f"bench_{scale}", autocommit=True
    ) as connection:
        connection.execute("VACUUM ANALYZE")
    return url


# --- One process a scale ----------------------------------------------------------------------
class Worker:
    """The process that serves one scale; answers a line of JSON to each command."""

    def __init__(self, url):
        command = [PYTHON, "-m", "scripts.bench_site"]
        self.process = subprocess.Popen(
            command,
            env=environment(url),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        return json.loads(answer) if answer else sys.exit("bench: a worker ended, see above")

    def end(self):
        self.process.stdin.close()
        self.process.wait()


# --- Several processes on one SQLite file -----------------------------------------------------
def crowd(scale, seconds, processes=4):
    """Let processes read and write a copy of the database at once; return what they did."""
    copy = FOLDER / "crowd.sqlite3"
    for stale in FOLDER.glob("crowd.sqlite3*"):
        stale.unlink()
    shutil.copyfile(FOLDER / f"sqlite-{scale}.sqlite3", copy)
    command = [PYTHON, "-m", "scripts.bench_site", str(seconds)]
    started = [
        subprocess.Popen(
            command, env=environment(f"sqlite:///{copy}"), cwd=ROOT, stdout=subprocess.PIPE
        )
        for _ in range(processes)
    ]
    answers = [json.loads(process.communicate()[0]) for process in started]
    return {key: sum(answer[key] for answer in answers) for key in answers[0]}


# --- Tables and bars --------------------------------------------------------------------------
def measure(databases, requests):
    """Return `{scale: (facts, {(user, page): [ms]})}`, the scales taking turns."""
    workers = {scale: Worker(url) for scale, url in databases.items()}
    facts = {scale: worker.ask("facts") for scale, worker in workers.items()}
    rounds = {scale: [] for scale in workers}
    for _ in range(WARM_UPS + requests):
        for scale, worker in workers.items():
            rounds[scale].append(worker.ask("round"))
    for scale, worker in workers.items():
        worker.ask("duplicates")
        facts[scale]["duplicates"] = worker.ask("duplicates")
        facts[scale]["trail"] = worker.ask("trail") if scale == max(workers) else None
        worker.end()
    found = {}
    for scale, taken in rounds.items():
        keys = [(user, page) for user, page, *_ in facts[scale]["pages"]]
        columns = zip(*taken[WARM_UPS:], strict=True)
        found[scale] = facts[scale], dict(zip(keys, map(sorted, columns), strict=True))
    return found


def print_table(engine, scale, found):
    facts, times = found[scale]
    first = found[min(found)][1]
    print(f"\n{engine}, scale {scale}")
    print(f"{'':24}{'median':>9}{'p95 ms':>9}{'queries':>9}{'KB':>8}{'KB gzip':>9}", end="")
    print(f"{f'/ scale {min(found)}':>11}{'/ floor':>9}")
    for user, page, queries, size, zipped in facts["pages"]:
        ms = times[user, page]
        median = statistics.median(ms)
        grown = median / statistics.median(first[user, page])
        floor = median / statistics.median(times[user, "floor"])
        line = f"{user:8}{page:16}{median:9.1f}{ms[int(len(ms) * 0.95)]:9.1f}{queries:9}"
        print(f"{line}{size / 1000:8.1f}{zipped / 1000:9.1f}{grown:11.2f}{floor:9.1f}")
    ms, queries = facts["duplicates"]
    print(f"{'duplicate check':24}{statistics.median(ms):9.1f}{_p95(ms):9.1f}{queries:9}")


def _p95(ms):
    return sorted(ms)[int(len(ms) * 0.95)]


def bars(engine, found):
    """Yield `(what, worst value, limit)` of the bars that hold on every engine."""
    low, high = min(found), max(found)

    def median(scale, user, page):
        return statistics.median(found[scale][1][user, page])

    def worst(page_names, value):
        asked = [pair for pair in found[low][1] if pair[1] in page_names]
        return max((value(user, page), f"{user} {page}") for user, page in asked)

    def grown(user, page):
        return median(high, user, page) / median(low, user, page)

    bad = [text for facts, _ in found.values() for text in facts["bad"]]
    yield "pages that do not answer 200", (len(bad), ", ".join(bad)), 0
    for scale, (facts, _) in found.items():
        at = f"at scale {scale}"
        counts = {(user, page): queries for user, page, queries, *_ in facts["pages"]}
        others = [page for page in OURS if page not in (*MERGED, *REPORTS, *LOOKS)]
        looks = worst(LOOKS, lambda u, p, c=counts: c[u, p])
        yield f"queries of a page whose looks are kept {at}", looks, 15
        yield f"queries of home, worklist {at}", worst(MERGED, lambda u, p, c=counts: c[u, p]), 15
        reports = worst(REPORTS, lambda u, p, c=counts: c[u, p])
        yield f"queries of a report's page {at}", reports, 25
        yield f"queries of a page {at}", worst(others, lambda u, p, c=counts: c[u, p]), 12
        gap = max((abs(many - few), f"{name}: {few}, {many}") for name, few, many in facts["rows"])
        yield f"queries, 1 row against many, {at}", gap, 0
        forms = max((queries, name) for name, queries in facts["admin"].items())
        yield f"queries of an admin form {at}", forms, 20
        sizes = {(user, page): zipped / 1000 for user, page, _, _, zipped in facts["pages"]}
        yield f"KB of a repeated page {at}", worst(OURS, lambda u, p, s=sizes: s[u, p]), 25
    yield "KB of the first load", (found[high][0]["first load"] / 1000, "home, chihuy"), 250
    yield f"lists, scale {high} / {low}", worst((*LISTS, "residents last"), grown), 1.5
    yield f"home, worklist, reports, scale {high} / {low}", worst(GROWING, grown), 2
    last = worst(
        ("residents last",), lambda u, p: median(high, u, p) / median(high, u, "residents")
    )
    yield f"last page / first, scale {high}", last, 1.5
    stock = worst(LISTS, lambda u, p: median(high, u, p) / median(high, u, "stock admin"))
    yield f"list / stock admin list, scale {high} (4 x faster)", stock, 0.25
    for name, limit in DOCUMENTS.items():
        took = worst((name,), lambda u, p: median(low, u, p))
        yield f"ms of a report as {name}, scale {low}", took, limit
    seconds, entries, findings = found[high][0]["trail"]
    trail = f"{entries} entries, {findings} findings"
    yield f"s to verify the trail, scale {high}", (seconds, trail), 20
    if engine == "sqlite":
        yield f"ms of a search, scale {high}", worst(SEARCHES, lambda u, p: median(high, u, p)), 100
        ms, queries = found[high][0]["duplicates"]
        check = _p95(ms), f"p95 of {len(ms)} people, {queries} queries"
        yield f"ms of a duplicate check, scale {high}", check, 50
    else:
        search = worst(SEARCHES, lambda u, p: median(high, u, p) / median(high, u, "residents"))
        yield f"search / first page, scale {high}", search, 2


def print_bar(what, value, limit):
    number, where = value
    word = "PASS" if number <= limit else "FAIL"
    print(f"{word}  {what:48}{number:9.2f}  (at most {limit:g})  {where}")


def bench(engine, scales, options):
    database = sqlite_database if engine == "sqlite" else postgres_database
    databases = {scale: database(scale, options.fresh) for scale in scales}
    manage(databases[scales[0]], "collectstatic", "--noinput", "--clear", "--verbosity", "0")
    found = measure(databases, options.requests)
    for scale in found:
        print_table(engine, scale, found)
    load, cores = os.getloadavg()[1], os.cpu_count()
    print(f"\nBars, {engine}, {options.requests} requests a page, load {load:.1f} on {cores} cores")
    for bar in bars(engine, found):
        print_bar(*bar)
    if engine == "sqlite":
        did = crowd(max(scales), options.seconds)
        where = f"4 processes, {options.seconds} s: {did['reads']} reads, {did['writes']} writes"
        print_bar("database is locked", (did["locked"], where), 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engine", choices=("sqlite", "postgres"), help="one engine, not both")
    parser.add_argument("--scales", default="1,15")
    parser.add_argument("--requests", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=20, help="of several processes at once")
    parser.add_argument("--fresh", action="store_true", help="load the databases again")
    parser.add_argument("--quick", action="store_true", help="SQLite, scales 1 and 3, 10 requests")
    options = parser.parse_args()
    if options.quick:
        options.engine, options.scales, options.requests, options.seconds = "sqlite", "1,3", 10, 5
    scales = [int(scale) for scale in options.scales.split(",")]
    FOLDER.mkdir(parents=True, exist_ok=True)
    if options.engine != "postgres":
        bench("sqlite", scales, options)
    if options.engine == "postgres" and os.environ.get("DATABASE_URL", "").startswith("postgres"):
        bench("postgres", scales, options)
    elif options.engine != "sqlite":
        again = [*sys.argv[1:], "--engine", "postgres"]
        command = [PYTHON, "tests/withpg.py", PYTHON, "-m", "scripts.bench", *again]
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
