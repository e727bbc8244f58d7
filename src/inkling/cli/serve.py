"""inkling serve: the web app and API on a production server.

This process only watches its workers (`inkling.server.supervisor`): it imports neither NumPy nor Flask, so that the
workers start at once and its own memory stays small. Serving the public needs a reverse proxy in front that buffers
requests, because a body that is sent slowly holds a thread until it is whole.
"""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import os
import socket
import threading
import time
from typing import Any

import click

from inkling.errors import InklingError
from inkling.models import registry
from inkling.server.settings import PREFIX, Settings, declared, env_name, load, misspelt

HEAPS = {  # mallopt(3)'s parameters, numbered as in malloc.h
    -8: 2,  # M_ARENA_MAX: as many as read at once
    -3: 8 << 20,  # M_MMAP_THRESHOLD: what is larger comes from the system and goes back to it at once
    -1: 16 << 20,  # M_TRIM_THRESHOLD: so much that is free may stay at a heap's end
}
WARM_UP_S = 60  # how long to wait for a worker's first answer before saying so
NAMES = ("host", "port", "workers", "model", "lab")  # settings that have a flag; the others are set by environment

WARNING = (
    "inkling: the lab is open to everyone who can reach {host}; they may train networks and keep models without a "
    "password. Leave out --host to keep it to this machine."
)


class CannotServe(InklingError):
    """The address is taken or not this machine's."""


def options(function: Any) -> Any:
    """Adds a flag for each setting that has one."""
    for setting in reversed([one for one in declared() if one.name in NAMES]):
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
    """Serve the drawing page and the API.

    \b
    Examples:
      inkling serve
      inkling serve --host 0.0.0.0 --port 80 --workers 4
      inkling serve --lab

    Every other setting is an INKLING_* variable: `inkling doctor` lists them all with what they do.
    """
    warn_of_misspelt()
    settings = load(flags)
    check_address(settings)
    registry.find(settings.model or None)  # a wrong name is said here, before anything starts
    if settings.lab and not is_loopback(settings.host):
        click.echo(WARNING.format(host=settings.host), err=True)
    hand_over(settings)
    threading.Thread(target=announce, args=(settings, open_browser), daemon=True).start()
    run(settings)


def warn_of_misspelt() -> None:
    """Says which INKLING_* variables of the environment change nothing."""
    for sentence in misspelt(os.environ):
        click.echo(f"inkling: {sentence}", err=True)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host's address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(settings: Settings) -> None:
    """Raises CannotServe when the port is in use or the host is not an address of this machine."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            # As the server will do it: a port whose last connections are still closing is free.
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotServe(
            f"cannot listen on {settings.host} port {settings.port} ({error.strerror}); expected a free port on this "
            f"machine. Choose another with --port, for example: inkling serve --port {settings.port % 65535 + 1}"
        ) from error


def hand_over(settings: Settings) -> None:
    """Puts the settings into the environment, where `create_app` of every worker finds them."""
    for setting in declared():
        os.environ[PREFIX + setting.name.upper()] = str(getattr(settings, setting.name))


def run(settings: Settings) -> None:
    """Runs until interrupted. A worker that dies is replaced."""
    from inkling.server.metrics import shared_memory
    from inkling.server.supervisor import Supervisor, raise_open_files

    raise_open_files()
    bound_heaps()
    # A worker that is being replaced and its successor live side by side for a moment.
    os.environ[shared_memory.NAME] = shared_memory.create(2 * settings.workers + 2)
    Supervisor(settings, shared_memory.attach(os.environ[shared_memory.NAME])).serve()


def bound_heaps() -> None:
    """Lets glibc keep few heaps, and small ones, here and in the workers that this process forks.

    Left to itself it gives most threads a heap of their own, and each keeps what its largest picture took: once it was
    freed, glibc takes blocks as large from a heap. Other allocators have no such function, and nothing happens.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in HEAPS.items():
            mallopt(parameter, value)


def url_of(settings: Settings) -> str:
    """Where a browser on this machine finds the page."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return f"http://{host}:{settings.port}"


def announce(settings: Settings, open_browser: bool) -> None:
    """Says where the page is once it really answers."""
    url = url_of(settings)
    if not wait_until_ready(settings, timeout_s=WARM_UP_S):
        click.echo(f"inkling does not answer at {url} after {WARM_UP_S} s; see the messages above.", err=True)
        return
    click.echo(f"inkling is ready at {url}")
    if open_browser:
        import webbrowser

        webbrowser.open(url)


def wait_until_ready(settings: Settings, *, timeout_s: float) -> bool:
    """Asks /readyz until it answers 200."""
    host = url_of(settings).removeprefix("http://").rsplit(":", 1)[0].strip("[]")
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        try:
            with socket.create_connection((host, settings.port), timeout=5) as line:
                line.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if line.recv(16).startswith(b"HTTP/1.1 200"):
                    return True
        except OSError:
            pass  # not listening yet
        time.sleep(0.02)
    return False
