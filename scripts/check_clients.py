"""Generate clients from the running service's OpenAPI document, and read a picture with each (`make check-clients`).

The programs that use the clients, in `scripts/clients/`, are also examples for users.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAMS = ROOT / "scripts" / "clients"
PICTURE = ROOT / "benchmarks" / "drawing.png"
TOOLS = ROOT / ".venv-clients"
PACKAGE = "generated_client"
# The generators run only for seconds, so Java's optimizing compiler costs more time than it saves.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
TYPESCRIPT = ("--strict", "--target", "es2022", "--lib", "es2022,dom", "--module", "commonjs", "--outDir", "built")
TIMEOUT_S = 300  # for one command
EXPECTED = {
    "openapi_generator.py": "7\nTrue\n['cnn']\n400 EmptyPicture\n",
    "openapi_python_client.py": "7\nTrue\n['7', '7']\n['cnn']\nEmptyPicture\n",
    "typescript_fetch.ts": "7\ntrue\n[ 'cnn' ]\n400 EmptyPicture\n",
}


def ran(*command: str | Path, cwd: Path) -> str:
    """The standard output of a command. Exits with the command's output if it fails."""
    environment = {**os.environ, "JAVA_TOOL_OPTIONS": JAVA_OPTIONS, "PATH": f"{TOOLS / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed: {(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


@contextmanager
def serving() -> Iterator[str]:
    """Run the service from this clone; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = (sys.executable, "-m", "inkling", "serve", "--port", port, "--workers", "1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def generate(document: Path, folder: Path) -> None:
    """Create a folder for each program in `folder`, with the program and its client."""
    for program in EXPECTED:
        home = folder / Path(program).stem
        home.mkdir()
        shutil.copy(PROGRAMS / program, home)
    openapi_generator = {"inputSpec": str(document), "globalProperties": {"apiDocs": False, "modelDocs": False}}
    for name, generator, output, properties in (
        ("python", "python", "openapi_generator", {"packageName": PACKAGE}),
        ("typescript", "typescript-fetch", f"typescript_fetch/{PACKAGE}", {}),
    ):
        settings = {
            **openapi_generator, "generatorName": generator, "outputDir": str(folder / output),
            "additionalProperties": properties,
        }  # fmt: skip
        (folder / f"{name}.json").write_text(json.dumps(settings))
    ran("openapi-generator-cli", "batch", "--fail-fast", "--threads", "1", "python.json", "typescript.json", cwd=folder)
    (folder / "names.json").write_text(json.dumps({"package_name_override": PACKAGE}))
    ran(
        "openapi-python-client", "generate", "--path", document, "--config", "names.json", "--meta", "none",
        "--output-path", folder / "openapi_python_client" / PACKAGE, cwd=folder,
    )  # fmt: skip


def output_of(program: str, folder: Path, address: str) -> str:
    """The output of a program that uses its generated client."""
    home = folder / Path(program).stem
    if program.endswith(".py"):
        return ran("python", program, address, PICTURE, cwd=home)
    ran(TOOLS / "node_modules" / ".bin" / "tsc", *TYPESCRIPT, program, cwd=home)
    data_url = "data:image/png;base64," + base64.b64encode(PICTURE.read_bytes()).decode()
    return ran("node", Path("built", program).with_suffix(".js"), address, data_url, cwd=home)


def main() -> int:
    """Check all clients. Returns the exit status: 1 if the output of a client is wrong."""
    failed = 0
    with tempfile.TemporaryDirectory() as name, serving() as address:
        folder = Path(name)
        document = folder / "openapi.json"
        with urllib.request.urlopen(f"{address}/openapi.json", timeout=20) as response:
            document.write_bytes(response.read())
        generate(document, folder)
        for program, expected in EXPECTED.items():
            output = output_of(program, folder, address)
            right = output == expected
            print(f"{'ok' if right else 'no'}  {program}", *([] if right else [output]), sep="\n    ", flush=True)
            failed += not right
    print(f"{len(EXPECTED) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
