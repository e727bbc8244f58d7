"""The settings of a server: each declared once, with its default and its help.

Precedence: a flag of `inkling serve` > an `INKLING_*` environment variable > the default here. Only the standard
library is imported, because the command line reads this before it needs anything heavy.
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
# Variables that are no settings: read by user_dirs.py, deploy/compose and hands/database.py.
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
    """The settings of one server. `Settings()` are the defaults."""

    host: str = _setting("127.0.0.1", "Address to listen on; 0.0.0.0 for every network.")
    port: int = _setting(8000, "Port to listen on.", 1)
    workers: int = _setting(1, "Worker processes; one per CPU core serves the most.", 1)
    model: str = _setting("", "Model that reads: a packaged name or a bundle folder; empty for the default.")
    max_upload_bytes: int = _setting(20_000_000, "Largest request body, bytes.", 1)
    max_pictures: int = _setting(100, "Most pictures in one request.", 1)
    max_reading: int = _setting(
        0, "Readings at the same time per worker; more wait. 0 for 1 where every core has a worker, else 2.", 0
    )
    max_waiting: int = _setting(13, "Further requests that may wait per worker; more are refused at once with 503.", 0)
    max_wait_s: int = _setting(10, "Seconds a request waits for a reading to start before it is refused with 503.", 1)
    log: str = _setting(
        "off", "A line per request on stderr: json, text or off; errors are logged in any case.", choices=LOGS
    )
    api_key: str = _setting(
        "", "Key that /api and /metrics require; several, separated by commas, while one is replaced.", secret=True
    )
    rate_per_minute: int = _setting(0, "Requests to /api per client and minute; 0 for no limit.", 0)
    rate_storage: str = _setting(
        "memory://",
        "Where requests are counted: memory://, each worker alone; redis://HOST, all workers and machines together.",
        secret=True,
    )
    trusted_proxies: int = _setting(
        0, "Proxies in front that add to X-Forwarded-For; only their entries are trusted.", 0
    )
    cors_origins: str = _setting(
        "", "Origins whose pages may use /api, separated by commas, as in https://example.org; * for any."
    )
    drain_s: int = _setting(
        0, "Seconds from SIGTERM, when /readyz turns 503, to the end of accepting; for load balancers.", 0
    )
    stop_s: int = _setting(30, "Most seconds that running requests get to finish when the server stops.", 1)
    deadline_s: int = _setting(5, "Most seconds that one reading may take; then it ends with 422. 0 for no limit.", 0)
    forms: str = _setting("", "Folder of templates of forms to read, beside those that are shipped.")
    lab: bool = _setting(False, "Let people train networks on the page, one at a time.")
    lab_folder: str = _setting("", "Folder of trainings and kept models; empty for the user's data folder.")
    lab_hosts: str = _setting("", "Names besides localhost by which lab and hands may be used, separated by commas.")
    hands: str = _setting(
        "auto",
        "Let people correct digits and teach their handwriting: on, off, or auto, which is on if only this machine can "
        "reach the server and no proxy is in front.",
        choices=HANDS,
    )
    address: str = _setting(
        "",
        "Where others open the pages, as in https://example.org; for links and previews that they can follow.",
    )
    threads: int = _setting(64, "Threads per worker; never fewer than running and waiting readings need.", 1)

    @property
    def max_concurrent_readings(self) -> int:
        """Readings at the same time per worker: `max_reading`, or what its 0 stands for.

        Two in one process share Python's lock, which delays both. Where a core would idle, that is still worth it.
        """
        return self.max_reading or (1 if self.workers >= cores() else 2)

    @property
    def keeps_hands(self) -> bool:
        """Whether hands can be taught here: `hands`, or what its "auto" stands for."""
        return self.hands == "on" or (self.hands == "auto" and self.is_private)

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach the server: it listens on loopback, and no proxy stands in front."""
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
    """Settings by precedence; a flag that is None was not given.

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
    """A sentence for each INKLING_* variable that nothing reads. Never its value, which may be a key."""
    known = {setting.name: env_name(setting.name) for setting in declared()}
    sentences = []
    for variable in sorted(set(environ) - {*known.values(), *OTHERS}):
        if variable.startswith(PREFIX):
            near = difflib.get_close_matches(variable.removeprefix(PREFIX).lower(), known, n=1)
            hint = f"did you mean {known[near[0]]}?" if near else "`inkling doctor` lists all settings."
            sentences.append(f"{variable} is no setting and changes nothing; {hint}")
    return sentences


def source(setting: Field[Any], flags: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """Where `load` takes the setting's value from: "flag", "environment" or "default"."""
    if flags.get(setting.name) is not None:
        return "flag"
    return "environment" if env_name(setting.name) in environ else "default"


def shown(setting: Field[Any], settings: Settings) -> str:
    """The setting's value as text; of a secret only its number of characters."""
    value = str(getattr(settings, setting.name))
    if setting.metadata["secret"] and value:
        return f"(set, {len(value)} characters)"
    return value


def listed(value: str) -> tuple[str, ...]:
    """The values of a setting that holds several, separated by commas."""
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
