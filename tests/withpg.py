"""Run a command beside a throw-away PostgreSQL: python tests/withpg.py CMD [ARG...]

Starts a fresh cluster from the machine's own PostgreSQL programs, runs CMD with DATABASE_URL set to
it, then stops and deletes the cluster and exits as CMD did. With `--check` in place of CMD it only
says whether the programs are there.

The cluster listens on a Unix socket in its own folder and on no port, so that any number of runs
can stand side by side. PostgreSQL refuses to run as root, so under root its programs run as the
system user `postgres`. $PG_BIN names the folder with `initdb` where it is in no usual place.

Standard library only: it also serves where nothing has been installed yet.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

try:
    import pwd
except ImportError:  # Windows
    sys.exit("withpg: needs Linux or another Unix")

APT_LINE = "sudo apt-get install --no-install-recommends postgresql"

# Nothing here outlives the command, so nothing has to survive a crash.
SERVER_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}

# Where the signals that came in are kept, the newest last; the command is told of each.
received: list[int] = []
command: subprocess.Popen | None = None


def find_programs() -> Path | None:
    """Return the folder that holds initdb and pg_ctl: $PG_BIN, the newest Debian one, or PATH's."""
    named = os.environ.get("PG_BIN")
    debian = sorted(
        (path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()),
        key=lambda path: int(path.parent.name),
        reverse=True,
    )
    on_path = shutil.which("initdb")
    candidates = [Path(named)] if named else [*debian, *([Path(on_path).parent] if on_path else [])]
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


def server_user() -> dict:
    """Return the subprocess arguments that run PostgreSQL's programs: as `postgres` under root."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        sys.exit(f"withpg: there is no system user postgres. Install PostgreSQL: {APT_LINE}")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def on_signal(number: int, _frame) -> None:
    """Note the signal and pass it to the command; stopping and deleting follow once that ended.

    Nothing is interrupted here: a PostgreSQL half started is one that nobody stops.
    """
    received.append(number)
    # Ctrl-C in a terminal reaches the command by itself; a second one would cut pytest's own
    # tidying short.
    if command is not None and not (number == signal.SIGINT and sys.stdin.isatty()):
        command.send_signal(number)


def stop_if_told() -> None:
    if received:
        sys.exit(128 + received[-1])


def run_program(arguments: list, folder: Path, environment: dict, user: dict) -> None:
    """Run one of PostgreSQL's programs to its end; what it said is shown only where it fails."""
    # A session of its own: Ctrl-C must not hit it, see on_signal. The folder as working directory
    # because `postgres` may not enter the caller's. A file, because a server that lives on would
    # hold a pipe open.
    with (folder / "output").open("w+b") as output:
        done = subprocess.run(
            arguments,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            check=False,
            **user,
        )
        if done.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace")
            log = folder / "server.log"
            said += log.read_text(errors="replace")[-4000:] if log.exists() else ""
            sys.exit(f"withpg: {Path(arguments[0]).name} failed\n{said}")


def run_command(arguments: list[str], environment: dict) -> int:
    """Run the command to its end and return the exit code a shell would report."""
    global command
    stop_if_told()
    try:
        command = subprocess.Popen(arguments, env=environment)
    except OSError as error:
        print(f"withpg: cannot run {arguments[0]}: {error.strerror}", file=sys.stderr)
        return 127
    if received:  # between the question above and the start
        command.send_signal(received[-1])
    code = command.wait()
    return 128 - code if code < 0 else code


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 0 if arguments else 2
    programs = find_programs()
    if programs is None:
        where = os.environ.get("PG_BIN") or "/usr/lib/postgresql/*/bin or on PATH"
        sys.exit(f"withpg: no initdb in {where}. Install PostgreSQL: {APT_LINE}")
    user = server_user()
    if arguments[0] == "--check":
        print(f"withpg: PostgreSQL's programs are in {programs}")
        return 0

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)

    began = time.monotonic()
    # PGPORT, PGOPTIONS and their like would lead server and command elsewhere.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    # In /tmp whatever TMPDIR says: a socket's whole path may have about 100 letters, and
    # `postgres` has to be able to walk there.
    folder = Path(tempfile.mkdtemp(prefix="withpg-", dir="/tmp"))
    data = folder / "data"
    try:
        if user:
            os.chown(folder, user["user"], user["group"])
        initdb = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
        initdb += ["--locale=C.UTF-8", "-E", "UTF8"]
        run_program(initdb, folder, environment, user)
        stop_if_told()
        settings = {**SERVER_OPTIONS, "unix_socket_directories": str(folder), "port": "5432"}
        with (data / "postgresql.conf").open("a") as config:
            config.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        pg_ctl = [programs / "pg_ctl", "-D", data, "-w"]
        try:
            start = [*pg_ctl, "-t", "60", "-l", folder / "server.log", "start"]
            run_program(start, folder, environment, user)
            print(f"withpg: PostgreSQL up in {time.monotonic() - began:.1f} s", file=sys.stderr)
            # No host before the slash: django-environ puts `?host=` into OPTIONS, where psycopg
            # takes a folder; a percent-encoded host it would pass on undecoded.
            environment["DATABASE_URL"] = f"postgres://postgres@/postgres?host={folder}"
            return run_command(arguments, environment)
        finally:
            if (data / "postmaster.pid").exists():
                run_program([*pg_ctl, "-m", "immediate", "stop"], folder, environment, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
