"""inkling serve: run the web app and API on a production server.

This process only supervises the workers (`inkling.server.wsgi_server`). It imports neither NumPy nor Flask, so that
workers start quickly and its memory use stays small. On Windows, it serves the requests itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import sys
import threading
import time
from typing import Any

import click

from inkling.client import Client
from inkling.errors import InklingError
from inkling.models import registry
from inkling.server.middleware.keys_and_rates import rate_check
from inkling.server.settings import Settings, declared, env_name, is_loopback, load, misspelt

MALLOC_OPTIONS = {  # parameters of mallopt(3), with the numbers from malloc.h
    -8: 2,  # M_ARENA_MAX: maximum number of heaps, as many as concurrent readings
    -3: 8 << 20,  # M_MMAP_THRESHOLD: larger blocks use mmap and are returned to the system immediately
    -1: 16 << 20,  # M_TRIM_THRESHOLD: maximum free memory at the end of a heap
}
WARM_UP_S = 60  # timeout for a worker's first answer
FLAGS = ("host", "port", "workers", "model", "lab")  # settings with a flag; the others have only a variable

OPEN_LAB = (
    "inkling: the lab is open to everyone who can reach {host}; they can train networks and keep models without a "
    "password. To limit it to this machine, leave out --host."
)

OPEN_HANDS = (
    "inkling: everyone who can reach {host} can see, teach and delete the hands on this server without a password. "
    "Set INKLING_API_KEY, or leave out INKLING_HANDS."
)

NO_PROXY = (
    "inkling: {host} can be reached from other machines, but INKLING_TRUSTED_PROXIES is 0; expected a reverse proxy, "
    "which handles slow clients and TLS. See deploy/, or leave out --host to limit access to this machine."
)


class CannotServe(InklingError):
    """The port is in use, or the address does not belong to this machine."""


def options(function: Any) -> Any:
    """Add a flag for each setting in FLAGS."""
    for setting in reversed([one for one in declared() if one.name in FLAGS]):
        switch = isinstance(setting.default, bool)
        default = "off" if switch else setting.default or "the packaged default"
        function = click.option(
            f"--{setting.name}/--no-{setting.name}" if switch else f"--{setting.name}",
            type=type(setting.default),
            default=None,
            help=f"{setting.metadata['help']}  [env: {env_name(setting.name)}; default: {default}]",
        )(function)
    return function


@click.command("serve")
@options
@click.option("--open", "open_browser", is_flag=True, help="Open the page in the browser.")
def command(open_browser: bool, **flags: Any) -> None:
    """Serve the web pages and the API.

    \b
    Examples:
      inkling serve
      inkling serve --host 0.0.0.0 --port 80 --workers 4
      inkling serve --lab

    All other settings are INKLING_* variables; `inkling doctor` lists them with their meaning.
    """
    warn_of_misspelt()
    settings = load(flags)
    check_address(settings)
    registry.find(settings.model or None)  # report a wrong name before the server starts
    rate_check(settings)
    if not is_loopback(settings.host):
        if not settings.trusted_proxies:
            click.echo(NO_PROXY.format(host=settings.host), err=True)
        if settings.lab:
            click.echo(OPEN_LAB.format(host=settings.host), err=True)
        if settings.keeps_hands and not settings.api_key:
            click.echo(OPEN_HANDS.format(host=settings.host), err=True)
    threading.Thread(target=announce, args=(settings, open_browser), daemon=True).start()
    run(settings)


def warn_of_misspelt() -> None:
    """Print a warning for each unknown INKLING_* environment variable."""
    for sentence in misspelt(os.environ):
        click.echo(f"inkling: {sentence}", err=True)


def check_address(settings: Settings) -> None:
    """Raises CannotServe if the port is in use or the host is not an address of this machine."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            # The server does this too: a port with connections in TIME_WAIT then counts as free.
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotServe(
            f"cannot listen on {settings.host} port {settings.port} ({error.strerror}); expected a free port on this "
            f"machine. Choose another with --port, for example: inkling serve --port {settings.port % 65535 + 1}"
        ) from error


def run(settings: Settings) -> None:
    """Serve until interrupted. A worker that dies is replaced."""
    bound_heaps()
    if sys.platform == "win32":
        from werkzeug.serving import run_simple

        from inkling.server.app import create_app

        run_simple(settings.host, settings.port, create_app(settings), threaded=True)
        return
    from inkling.server.metrics.definitions import FOLDER
    from inkling.server.metrics.folder import Folder
    from inkling.server.wsgi_server import MAX_CONNECTIONS, Server

    raise_open_files(MAX_CONNECTIONS)
    folder = Folder()
    os.environ[FOLDER] = folder.path
    Server(settings, folder).run()


def bound_heaps() -> None:
    """Limit the number and size of glibc's heaps in this process and its forked workers.

    By default most threads get their own heap, and each heap keeps the memory of its largest image. Does nothing with
    other allocators, which have no mallopt.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in MALLOC_OPTIONS.items():
            mallopt(parameter, value)


def raise_open_files(connections: int) -> None:
    """Raise the limit on open files to what these connections and the libraries need, up to the hard limit."""
    import resource  # not available on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(connections + 512, hard)), hard))


def url_of(settings: Settings) -> str:
    """The page's address for a browser on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{settings.port}"


def announce(settings: Settings, open_browser: bool) -> None:
    """Print the page's address once the server is ready."""
    url = url_of(settings)
    if not wait_until_ready(url, timeout_s=WARM_UP_S):
        click.echo(f"inkling did not answer at {url} within {WARM_UP_S} s; see the messages above.", err=True)
        return
    click.echo(f"inkling is ready at {url}")
    if open_browser:
        import webbrowser

        webbrowser.open(url)


def wait_until_ready(url: str, *, timeout_s: float) -> bool:
    """Poll /readyz until it answers 200. Returns whether it did so in time."""
    client = Client(url, timeout_s=5, retries=0)
    until_s = time.monotonic() + timeout_s
    while not client.ready():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    client.close()
    return True
