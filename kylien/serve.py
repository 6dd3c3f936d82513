"""Start the portal's web server: python -m kylien.serve [--check]

Environment, beside the names in settings.py:
  PORT           where to listen, 1 to 65535; 8000 if unset
  HOST           the address to listen on; 127.0.0.1 (this machine only) if unset
  TRUSTED_PROXY  the address of the TLS proxy in front, whose X-Forwarded-For and X-Forwarded-Proto
                 are believed; 127.0.0.1 if unset, and nobody in a demonstration. From any other
                 address waitress removes these headers, so that no caller can name his own address.
                 The proxy must let requests of 64 MB through (nginx: client_max_body_size).

`--check` only says whether settings and port are good, for `make run` to ask before longer work.
A mistake in any of them is one sentence with its name and the accepted values.
"""

import errno
import ipaddress
import os
import socket
import sys

import waitress
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask

THREADS = 8


# On what the server refuses before the portal is asked: none of its middleware is there.
REFUSAL_HEADERS = [
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
]


class RefusalTask(ErrorTask):
    """Say on a page of ours that a request is too large, which waitress says in English."""

    def execute(self):
        self.response_headers += REFUSAL_HEADERS
        if seconds := settings.SECURE_HSTS_SECONDS:
            policy = f"max-age={seconds}; includeSubDomains; preload"
            self.response_headers.append(("Strict-Transport-Security", policy))
        if self.request.error.code != 413:
            super().execute()
            return
        page = render_to_string("413.html").encode()
        self.status = "413 Content Too Large"
        self.response_headers.append(("Content-Type", "text/html; charset=utf-8"))
        self.set_close_on_finish()
        self.content_length = len(page)
        self.write(page)


class Channel(HTTPChannel):
    """A connection whose refusal reaches the browser.

    A browser reads the answer after it has sent its request. A socket that is closed meanwhile
    resets the connection, and on many systems the answer is lost with it: the user would see an
    error of the network instead of the sentence. So after a refusal what still comes is read and
    thrown away, until the browser closes or waitress ends the connection as idle (120 seconds; what
    is thrown away is no activity).
    """

    error_task_class = RefusalTask
    refused = draining = False

    def service(self):
        self.refused = bool(self.requests[0].error)
        super().service()

    def readable(self):
        return self.draining or super().readable()

    def writable(self):
        return self.will_close if self.draining else super().writable()

    def handle_read(self):
        if not self.draining:
            super().handle_read()
            return
        try:
            self.recv(self.adj.recv_bytes)  # closes by itself at the end
        except OSError:
            self.handle_close()

    def handle_close(self):
        if self.refused and not self.draining and self.connected:
            # Before the other side can see that we are done.
            self.draining, self.will_close = True, False
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                self.draining = False  # gone already
            else:
                return
        super().handle_close()


def read_port() -> int:
    text = os.environ.get("PORT", "") or "8000"
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65535):
        sys.exit(f"PORT has a bad value: {text!r}. Accepted: a whole number from 1 to 65535.")
    return int(text)


def read_trusted_proxy(*, demo: bool) -> str | None:
    text = os.environ.get("TRUSTED_PROXY", "")
    if not text:
        return None if demo else "127.0.0.1"
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        sys.exit(f"TRUSTED_PROXY has a bad value: {text!r}. Accepted: one IP address.")


def resolve(host: str, port: int) -> list[tuple]:
    """Return the socket addresses of `host`, as (family, address)."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        sys.exit(
            f"HOST has a bad value: {host!r}. Accepted: an address of this machine, "
            "such as 127.0.0.1 or 0.0.0.0."
        )
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def listen(host: str, port: int) -> list[socket.socket]:
    """Return sockets bound to `host` and `port`; end with a sentence where that cannot be."""
    sockets = []
    for family, address in resolve(host, port):
        bound = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":  # On Windows the option would let two servers share a port.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            bound.bind(address)
            bound.listen()
        except OSError as error:
            sys.exit(sentence(error, host, port))
        sockets.append(bound)
    return sockets


def sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"PORT {port} is taken by another program. "
            f"Accepted: a free port from 1 to 65535, such as PORT={8001 if port == 8000 else 8000}."
        )
    if error.errno == errno.EACCES:
        return f"PORT {port} is not open to this user. Accepted: a free port from 1024 to 65535."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST {host} is not this machine's. Accepted: 127.0.0.1, 0.0.0.0 or one it has."
    return f"HOST {host} with PORT {port} cannot be listened on: {error.strerror}."


def announce(host: str, port: int, *, demo: bool) -> None:
    shown = f"[{host}]" if ":" in host else host
    if not demo:
        print(f"Kylien listens on {shown}:{port} for the TLS proxy in front of it.", flush=True)
        return
    print(f"Kylien is at http://{shown}:{port}/ (Ctrl-C stops it)", flush=True)
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if loopback:
        print("A demonstration: invented people, http, from this machine only.", flush=True)
    else:
        print(
            "A DEMONSTRATION OPEN TO THE NETWORK: invented people, known accounts, http without "
            "protection. Never enter real data.",
            flush=True,
        )


def make_server(application, sockets: list[socket.socket], **options):
    """Return a waitress server on bound sockets, with the portal's limits."""
    parts = {}
    server = waitress.create_server(
        application,
        map=parts,
        sockets=sockets,
        threads=THREADS,
        ident=None,  # no answer names the server
        max_request_body_size=settings.MAX_REQUEST_BYTES,
        **options,
    )
    for part in parts.values():  # a listener for each socket, and what wakes their loop
        if hasattr(part, "channel_class"):
            part.channel_class = Channel
    return server


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--check"]):
        sys.exit(__doc__)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kylien.settings")
    host = os.environ.get("HOST", "") or "127.0.0.1"
    port = read_port()
    try:
        demo = settings.DEMO
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    proxy = read_trusted_proxy(demo=demo)
    sockets = listen(host, port)
    if arguments:
        return

    from kylien.wsgi import application  # noqa: PLC0415 loads all of Django: after the checks

    options = {}
    if proxy:
        headers = {"x-forwarded-for", "x-forwarded-proto"}
        options = {
            "trusted_proxy": proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": headers,
        }
    server = make_server(application, sockets, **options)
    announce(host, port, demo=demo)
    server.run()


if __name__ == "__main__":
    main(sys.argv[1:])
