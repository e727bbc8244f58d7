"""pyarrow's file systems for bucket URLs, configured through the usual environment variables.

| URL | file system | variables |
| --- | --- | --- |
| `s3://bucket/key` | S3 and compatible servers | AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, profiles and roles; AWS_REGION, AWS_DEFAULT_REGION; AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; AWS_NO_SIGN_REQUEST=YES |
| `gs://bucket/key` | Google Cloud Storage | GOOGLE_APPLICATION_CREDENTIALS and the identity of the machine; STORAGE_EMULATOR_HOST |
| `abfss://container@account.dfs.core.windows.net/key` | Azure Blob Storage | AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN, AZURE_CLIENT_ID and the identity of the machine; AZURE_STORAGE_SERVICE_ENDPOINT |
"""  # noqa: E501 - a table

from __future__ import annotations

import os
import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from inkling.errors import BadRequest, MissingExtra

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

SCHEMES = ("s3", "gs", "abfss")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.S)
VARIABLES = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_NO_SIGN_REQUEST",
           "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    "gs": ("STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS"),
    "abfss": ("AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SERVICE_ENDPOINT"),
}  # fmt: skip


def is_url(location: str) -> bool:
    """Whether a location is a URL of any scheme, not a local path."""
    return _URL.fullmatch(location) is not None


def filesystem(url: str) -> tuple[FileSystem, str]:
    """A bucket URL -> its pyarrow file system, cached in the process, and the path in it: `bucket/key`.

    The key is taken literally, so names may contain `%`, `#`, `?` and spaces. Afterwards, spawn processes instead of
    forking, because the libraries run threads. Raises BadRequest and MissingExtra.
    """
    scheme, bucket, key = split(url)
    environment = tuple(os.environ.get(name, "") for name in VARIABLES[scheme])
    host = ""
    if scheme == "abfss":
        bucket, _, host = bucket.partition("@")
    elif scheme == "s3":
        host = bucket  # to look up its region if none is set
    return _make(scheme, host, environment), f"{bucket}/{key}".rstrip("/")


def split(url: str) -> tuple[str, str, str]:
    """`s3://bucket/a/b` -> ("s3", "bucket", "a/b"). Raises BadRequest."""
    found = _URL.fullmatch(url)
    scheme, rest = (found[1].lower(), found[2]) if found else ("", "")
    bucket, _, key = rest.partition("/")
    if scheme not in SCHEMES:
        raise BadRequest(
            f"{url} is not a supported bucket URL; expected s3://, gs:// or abfss://. Copy it to one of these, or to a "
            "folder."
        )
    shape = r"[^@/]+@[^@/.]+\.\S+" if scheme == "abfss" else r"[^@/]+"
    if not re.fullmatch(shape, bucket):
        form = "abfss://container@account.dfs.core.windows.net/key" if scheme == "abfss" else f"{scheme}://bucket/key"
        raise BadRequest(f"{url} has no bucket name; expected {form}. Write it in that form.")
    return scheme, bucket, key.strip("/")


@lru_cache(maxsize=32)
def _make(scheme: str, host: str, environment: tuple[str, ...]) -> FileSystem:
    try:
        from pyarrow import fs
    except ImportError as error:
        raise MissingExtra("reading and writing buckets", "cluster") from error
    setting = dict(zip(VARIABLES[scheme], environment, strict=True))
    return {"s3": _s3, "gs": _google, "abfss": _azure}[scheme](fs, host, setting)


def _s3(fs: Any, bucket: str, setting: dict[str, str]) -> FileSystem:
    endpoint = setting["AWS_ENDPOINT_URL_S3"] or setting["AWS_ENDPOINT_URL"]
    region = setting["AWS_REGION"] or setting["AWS_DEFAULT_REGION"] or None
    options: dict[str, Any] = {}
    if endpoint:
        options["scheme"], options["endpoint_override"] = _endpoint(endpoint, "AWS_ENDPOINT_URL")
        region = region or "us-east-1"
    elif region is None:
        try:
            region = fs.resolve_s3_region(bucket)
        except OSError:
            region = None  # the first request then reports the error
    return fs.S3FileSystem(
        region=region,
        anonymous=setting["AWS_NO_SIGN_REQUEST"].lower() in ("yes", "true", "1"),
        retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=3),
        connect_timeout=5,
        request_timeout=30,
        background_writes=False,
        allow_delayed_open=True,  # a small file is written in one request, which is atomic
        **options,
    )


def _google(fs: Any, _: str, setting: dict[str, str]) -> FileSystem:
    emulator = setting["STORAGE_EMULATOR_HOST"]
    options: dict[str, Any] = {}
    if emulator:
        scheme, host = _endpoint(emulator if "://" in emulator else f"http://{emulator}", "STORAGE_EMULATOR_HOST")
        options = {"anonymous": True, "scheme": scheme, "endpoint_override": host}
    return fs.GcsFileSystem(retry_time_limit=timedelta(seconds=15), **options)


def _azure(fs: Any, host: str, setting: dict[str, str]) -> FileSystem:
    account, _, domain = host.partition(".")
    options: dict[str, Any] = {}
    if setting["AZURE_STORAGE_SERVICE_ENDPOINT"]:
        scheme, authority = _endpoint(setting["AZURE_STORAGE_SERVICE_ENDPOINT"], "AZURE_STORAGE_SERVICE_ENDPOINT")
        options = {f"{kind}_storage_authority": authority for kind in ("blob", "dfs")}
        options |= {f"{kind}_storage_scheme": scheme for kind in ("blob", "dfs")}
    elif domain != "dfs.core.windows.net":  # a national cloud
        suffix = domain.partition(".")[2]
        options = {"blob_storage_authority": f".blob.{suffix}", "dfs_storage_authority": f".dfs.{suffix}"}
    if setting["AZURE_STORAGE_KEY"]:
        options["account_key"] = setting["AZURE_STORAGE_KEY"]
    elif setting["AZURE_STORAGE_SAS_TOKEN"]:
        options["sas_token"] = setting["AZURE_STORAGE_SAS_TOKEN"]
    return fs.AzureFileSystem(account, **options)


def _endpoint(url: str, variable: str) -> tuple[str, str]:
    """`http://127.0.0.1:9000/` -> ("http", "127.0.0.1:9000")."""
    found = re.fullmatch(r"(https?)://([^/]+)/*", url)
    if found is None:
        raise BadRequest(f"{variable} is {url!r}; expected http://host:port or https://host. Set it in that form.")
    return found[1], found[2]
