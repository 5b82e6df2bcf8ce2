"""The first program of a rented machine: fetches the trainer, looks whether it is the one that was meant, installs its locked packages, starts it.

Needs Python 3.10 and nothing else; its text is the machine's command. What it should do comes in the environment: SEDI_HUB, SEDI_REPOSITORY,
SEDI_PACKAGE (a file there), SEDI_PACKAGE_SHA256, SEDI_INSTALL (`locked`, `locked+qlora`, or `none` where the image has the packages), SEDI_TRAIN
(the words after `python -m sedi_trainer train`, as JSON), and HF_TOKEN, a secret.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


class KeepKeyAtHome(urllib.request.HTTPRedirectHandler):
    """Large files are at another host, by signed addresses: the key is not for it."""

    def redirect_request(self, request, *rest):
        redirected = super().redirect_request(request, *rest)
        if redirected is not None and urllib.parse.urlsplit(redirected.full_url).netloc != urllib.parse.urlsplit(request.full_url).netloc:
            redirected.headers.pop("Authorization", None)
        return redirected


def fetch(url: str, pauses=(1, 2, 5, 10, 30)) -> bytes:
    for pause in (*pauses, None):
        try:
            request = urllib.request.Request(url, headers={"Authorization": f"Bearer {os.environ['HF_TOKEN']}"})
            with urllib.request.build_opener(KeepKeyAtHome).open(request, timeout=60) as answer:
                return answer.read()
        except OSError as error:
            refused = isinstance(error, urllib.error.HTTPError) and error.code < 500 and error.code != 429
            if refused or pause is None:
                raise SystemExit(f"sedi: {url} cannot be fetched: {error}") from None
            time.sleep(pause)
    raise AssertionError


def unpack(bundle: bytes, folder: Path) -> None:
    for name, text in json.loads(bundle)["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def install(package: Path, environment: Path, what: str) -> str:
    """Returns the interpreter that has everything."""
    if what == "none":
        return sys.executable
    python = str(environment / "bin" / "python")
    extra = ["bitsandbytes>=0.45"] if what == "locked+qlora" else []
    if shutil.which("uv"):
        run("uv", "venv", "--python", sys.executable, str(environment))
        add = ["uv", "pip", "install", "--python", python]
    else:
        run(sys.executable, "-m", "venv", str(environment))
        add = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    run(*add, "--require-hashes", "-r", str(package / "requirements.lock"))
    if extra:
        run(*add, *extra)
    return python


def run(*command: str) -> None:
    # What is installed needs no key.
    environment = {name: value for name, value in os.environ.items() if name != "HF_TOKEN"}
    if subprocess.run(command, env=environment).returncode != 0:
        raise SystemExit(f"sedi: this failed: {' '.join(command)}")


def main() -> None:
    given = os.environ
    bundle = fetch(f"{given['SEDI_HUB']}/{given['SEDI_REPOSITORY']}/resolve/main/{given['SEDI_PACKAGE']}")
    digest = hashlib.sha256(bundle).hexdigest()
    if digest != given["SEDI_PACKAGE_SHA256"]:
        raise SystemExit(f"sedi: {given['SEDI_PACKAGE']} is not the trainer that was meant: SHA-256 {digest}, expected {given['SEDI_PACKAGE_SHA256']}")
    folder = Path.cwd() / "sedi"
    unpack(bundle, folder / "package")
    python = install(folder / "package", folder / "environment", given["SEDI_INSTALL"])
    paths = [str(folder / "package" / "src"), given.get("PYTHONPATH", "")]
    environment = {**given, "PYTHONPATH": os.pathsep.join(path for path in paths if path), "PYTHONUNBUFFERED": "1", "TOKENIZERS_PARALLELISM": "false"}
    words = [python, "-m", "sedi_trainer", "train", str(folder / "job"), *json.loads(given["SEDI_TRAIN"])]
    sys.stdout.flush()
    os.execve(python, words, environment)


if __name__ == "__main__":
    main()
