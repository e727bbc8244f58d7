"""The settings of a server, each declared once with its default and help text.

Precedence: a flag of `inkling serve` > an `INKLING_*` environment variable > the default here. This module imports only
the standard library and light modules, because the command line loads it at startup.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from inkling.cpu import cores
from inkling.errors import BadRequest

PREFIX = "INKLING_"
# Variables that are not settings: read by user_dirs.py, deploy/compose and hands/database.py.
OTHERS = ("INKLING_CACHE", "INKLING_IMAGE", "INKLING_HOST_PORT", "INKLING_STORE")
LOGS = ("off", "text", "json")
HANDS = ("auto", "on", "off")
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def _setting(
    default: Any, help: str, least: int | None = None, *, choices: tuple[str, ...] = (), secret: bool = False
) -> Any:
    return field(default=default, metadata={"help": help, "least": least, "choices": choices, "secret": secret})


@dataclass(frozen=True)
class Settings:
    """The settings of one server. `Settings()` has the defaults."""

    host: str = _setting("127.0.0.1", "Address to listen on; 0.0.0.0 for all interfaces.")
    port: int = _setting(8000, "Port to listen on.", 1)
    workers: int = _setting(1, "Worker processes; one per CPU core gives the highest throughput.", 1)
    model: str = _setting("", "Model to read with: a packaged name or a bundle folder; empty for the default.")
    max_upload_bytes: int = _setting(20_000_000, "Maximum size of a request body, in bytes.", 1)
    max_pictures: int = _setting(100, "Maximum number of pictures in one request.", 1)
    max_reading: int = _setting(
        0, "Concurrent readings per worker; more wait. 0 means 1 if every core has a worker, otherwise 2.", 0
    )
    max_waiting: int = _setting(13, "Readings that may wait per worker; more are refused immediately with 503.", 0)
    max_wait_s: int = _setting(10, "Seconds that a request waits for its reading to start, then 503.", 1)
    log: str = _setting(
        "off", "One line per request on stderr: json, text or off; errors are always logged.", choices=LOGS
    )
    api_key: str = _setting(
        "", "Key that /api and /metrics require; to rotate keys, list several separated by commas.", secret=True
    )
    rate_per_minute: int = _setting(0, "Requests to /api per client per minute; 0 for no limit.", 0)
    rate_storage: str = _setting(
        "memory://",
        "Where requests are counted: memory:// per worker; redis://HOST for all workers and machines together.",
        secret=True,
    )
    trusted_proxies: int = _setting(
        0, "Number of reverse proxies that add to X-Forwarded-For; only their entries are trusted.", 0
    )
    cors_origins: str = _setting(
        "", "Origins whose pages may use /api, separated by commas, as in https://example.org; * for any."
    )
    drain_s: int = _setting(
        0, "Seconds after SIGTERM during which /readyz answers 503 but requests are accepted; for load balancers.", 0
    )
    stop_s: int = _setting(30, "Maximum seconds for running requests to finish when the server stops.", 1)
    deadline_s: int = _setting(5, "Maximum seconds for one reading, which then fails with 422; 0 for no limit.", 0)
    forms: str = _setting("", "Folder of form templates, in addition to the shipped ones.")
    lab: bool = _setting(False, "Let users train networks in the web page, one at a time.")
    lab_folder: str = _setting("", "Folder for training runs and kept models; empty for the user's data folder.")
    lab_hosts: str = _setting("", "Host names other than localhost that may use the lab and hands, comma-separated.")
    hands: str = _setting(
        "auto",
        "Let users correct digits and teach their handwriting: on, off, or auto, which means on if only this machine "
        "can reach the server and it is not behind a proxy.",
        choices=HANDS,
    )
    address: str = _setting(
        "",
        "Public address of the pages, as in https://example.org; used in link previews and on the teacher's worksheet.",
    )
    threads: int = _setting(64, "Threads per worker; raised if running and waiting readings need more.", 1)

    @property
    def max_concurrent_readings(self) -> int:
        """Concurrent readings per worker: `max_reading`, or the value that 0 selects.

        Two readings in one process share the GIL, which slows both. This still pays off if a core would otherwise be
        idle.
        """
        return self.max_reading or (1 if self.workers >= cores() else 2)

    @property
    def keeps_hands(self) -> bool:
        """Whether hands can be taught: `hands`, or the value that "auto" selects."""
        return self.hands == "on" or (self.hands == "auto" and self.is_private)

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach the server: it listens on loopback, and is not behind a proxy."""
        return is_loopback(self.host) and not self.trusted_proxies


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host's address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def declared() -> tuple[Field[Any], ...]:
    """The settings in order, each with `name`, `default` and `metadata["help"]`."""
    return fields(Settings)


def env_name(name: str) -> str:
    """max_upload_bytes -> INKLING_MAX_UPLOAD_BYTES."""
    return PREFIX + name.upper()


def load(flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings by precedence; a flag that is None was not given.

    Raises BadRequest for a value of the wrong type or range.
    """
    flags = flags or {}
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in declared():
        given = flags.get(setting.name)
        if given is None:
            given = environ.get(env_name(setting.name))
        if given is not None:
            values[setting.name] = _checked(setting, given)
    return Settings(**values)


def misspelt(environ: Mapping[str, str]) -> list[str]:
    """A warning for each unknown INKLING_* variable, without its value, which may be a key."""
    known = {setting.name: env_name(setting.name) for setting in declared()}
    sentences = []
    for variable in sorted(set(environ) - {*known.values(), *OTHERS}):
        if variable.startswith(PREFIX):
            near = difflib.get_close_matches(variable.removeprefix(PREFIX).lower(), known, n=1)
            hint = f"did you mean {known[near[0]]}?" if near else "`inkling doctor` lists all settings."
            sentences.append(f"{variable} is not a setting and has no effect; {hint}")
    return sentences


def source(setting: Field[Any], flags: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """The source of the setting's value in `load`: "flag", "environment" or "default"."""
    if flags.get(setting.name) is not None:
        return "flag"
    return "environment" if env_name(setting.name) in environ else "default"


def shown(setting: Field[Any], settings: Settings) -> str:
    """The setting's value as text; for a secret only its length."""
    value = str(getattr(settings, setting.name))
    if setting.metadata["secret"] and value:
        return f"(set, {len(value)} characters)"
    return value


def listed(value: str) -> tuple[str, ...]:
    """The values of a comma-separated setting."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _checked(setting: Field[Any], given: Any) -> Any:
    choices = setting.metadata["choices"]
    if isinstance(setting.default, bool):
        choices = YES + NO
        given = str(given).lower()
    if choices:
        if given not in choices:
            raise _wrong(setting, given, f"one of {', '.join(choices)}")
        return given in YES if isinstance(setting.default, bool) else given
    if isinstance(setting.default, str):
        return str(given)
    least = setting.metadata["least"]
    try:
        value = int(given)
    except ValueError:
        value = least - 1
    if value < least or (setting.name == "port" and value > 65535):
        raise _wrong(setting, given, f"a whole number from {least}")
    return value


def _wrong(setting: Field[Any], given: Any, expected: str) -> BadRequest:
    return BadRequest(
        f"setting {setting.name} is {given!r}; expected {expected}. Correct the flag or {env_name(setting.name)}."
    )
