"""A job whose folder is in a repository on the Hugging Face hub: for machines whose disk goes when they do.

The job is fetched, done by a process of its own, and what it leaves is pushed every so many seconds and at the end: steps, the newest whole
checkpoint, the model. Each push is one commit, so whoever reads the repository sees a state that was. The last one says what became of the job; a
machine that vanishes before it has said nothing, and another one goes on from the last push.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Callable

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError
from huggingface_hub.hf_api import RepoFile

from .files import replace_json
from .job import JobError

#: Seconds between attempts of what must arrive; about ten minutes in all, then the machine gives up.
PAUSES = (1, 2, 5, 10, 20, 30, 60, 60, 120, 120, 180)
MANIFEST = "manifest.json"
#: The trainer's mark that a checkpoint is whole. Empty, so it is not sent.
COMPLETE = "complete"
NEWLINE = b"\n"


class Superseded(Exception):
    """Another machine has this job now."""


class JobRepository:
    """The job's folder in the repository. A push is refused to a machine that no longer has the job."""

    def __init__(self, repository: str, at: str, attempt: str, pauses: tuple[float, ...] = PAUSES):
        self.api = HfApi()
        self.repository = repository
        self.at = at
        self.attempt = attempt
        self.machine = os.environ.get("JOB_ID") or uuid.uuid4().hex
        self.pauses = pauses
        #: The newest commit known to leave the job ours.
        self._head: str | None = None

    def persist(self, what: str, action: Callable[[], Any]) -> Any:
        """Tries again what fails for now. Raises what cannot be mended by waiting, and the last failure."""
        for pause in (*self.pauses, None):
            try:
                return action()
            except (JobError, Superseded):
                raise
            except Exception as error:  # noqa: BLE001 - networks fail in many ways
                status = error.response.status_code if isinstance(error, HfHubHTTPError) and error.response is not None else None
                final = status is not None and status < 500 and status not in (408, 409, 412, 429)
                if final or pause is None:
                    raise
                print(f"sedi: {what}: {_first_line(error)}; trying again in {pause} s", flush=True)
                time.sleep(pause)

    def read(self, path: str, revision: str) -> bytes | None:
        """A small file of the job's; None where there is none."""
        try:
            # Not through the cache of whoever runs this.
            folder = Path(".sedi-read")
            local = self.api.hf_hub_download(self.repository, f"{self.at}/{path}", revision=revision, local_dir=folder)
            content = Path(local).read_bytes()
            shutil.rmtree(folder, ignore_errors=True)
            return content
        except EntryNotFoundError:
            return None

    def assert_ours(self) -> str:
        """The newest commit. Raises Superseded when at it the job is another's."""
        head = self.api.repo_info(self.repository).sha
        if head != self._head:
            status = json.loads(self.read("status.json", head) or b"{}")
            if status.get("attempt") != self.attempt or status.get("machine") not in (None, self.machine):
                raise Superseded(f"{self.at} is at work elsewhere: attempt {status.get('attempt')}, machine {status.get('machine')}")
            self._head = head
        return head

    def push(self, message: str, files: dict[str, bytes | Path], gone: list[str] | None = None) -> None:
        """One commit of all files, and without the folders in `gone`."""

        def attempt() -> None:
            head = self.assert_ours()
            # An attempt whose answer was lost may have removed them already.
            there = [f"{self.at}/{folder}" for folder in gone or [] if self.list_files(f"{self.at}/{folder}", head)]
            operations: list[Any] = [CommitOperationDelete(f"{folder}/", is_folder=True) for folder in there]
            operations += [CommitOperationAdd(f"{self.at}/{name}", str(content) if isinstance(content, Path) else content) for name, content in files.items()]
            # The parent makes sure that nobody has taken the job since.
            self._head = self.api.create_commit(self.repository, operations, commit_message=message, parent_commit=head).oid

        self.persist(message, attempt)

    def list_files(self, folder: str, revision: str) -> list[str]:
        try:
            entries = list(self.api.list_repo_tree(self.repository, folder, recursive=True, revision=revision))
        except EntryNotFoundError:
            return []
        return [one.path for one in entries if isinstance(one, RepoFile)]

    def pull(self, folder: str, into: Path, revision: str = "main") -> None:
        """A folder of the repository, as it was at one commit."""
        paths = self.persist(f"look into {folder}", lambda: self.list_files(folder, revision))
        beside = into.with_name(into.name + ".pulled")
        for path in paths:
            self.persist(f"fetch {path}", lambda path=path: self.api.hf_hub_download(self.repository, path, revision=revision, local_dir=beside))
        if paths:
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(into, ignore_errors=True)
            os.replace(beside / folder, into)
        shutil.rmtree(beside, ignore_errors=True)


def train_and_push(folder: Path, repository: str, at: str, attempt: str, every_seconds: float = 60.0, processes: int = 1) -> int:
    """Does the job at `at`. Returns 0 when its end, success or failure, is in the repository; 1 when it could not be said there."""
    job = JobRepository(repository, at, attempt)
    folder = folder.absolute()
    try:
        job.push("begin", {"status.json": _status(job, {"state": "running", "stepsDone": 0, "warnings": []})})
        try:
            fetch(job, folder)
        except JobError as error:
            job.push("failed", {"status.json": _status(job, {"state": "failed", "stepsDone": 0, "error": {"code": error.code, "message": str(error)}})})
            return 0
        Work(job, folder, every_seconds, processes).carry_out()
        return 0
    except Superseded as reason:
        print(f"sedi: {reason}; nothing is done here", flush=True)
        return 0
    except Exception as error:  # noqa: BLE001 - the machine's log is all that is left to tell
        print(f"sedi: the repository cannot be reached: {_first_line(error)}", flush=True)
        return 1


def fetch(job: JobRepository, folder: Path) -> None:
    """The job, and what an earlier machine pushed of it. Raises JobError `digest` when something is not what was pushed."""
    revision = job.persist("look at the repository", job.assert_ours)
    job.pull(job.at, folder, revision)
    (folder / "status.json").unlink(missing_ok=True)
    manifest = _read_json(folder / MANIFEST) or {"files": {}}
    wrong = [name for name, known in manifest["files"].items() if not (folder / name).is_file() or _sha256(folder / name) != known["sha256"]]
    if wrong:
        raise JobError("digest", f"{wrong[0]} in {job.repository}/{job.at} is not what was pushed: another SHA-256 than in {MANIFEST}, or gone")
    for checkpoint in (folder / "checkpoints").glob("checkpoint-*"):
        # Compared with the manifest, so it is whole.
        (checkpoint / COMPLETE).write_text("", encoding="utf-8")
    document = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    if document.get("continueFrom"):
        document["continueFrom"] = str(_fetch_model(job, document["continueFrom"], document.get("continueFromDigest"), folder))
        replace_json(folder / "job.json", document)


def _fetch_model(job: JobRepository, address: str, digest: str | None, folder: Path) -> Path:
    from .run import digest_of

    prefix = f"hf://{job.repository}/"
    if not address.startswith(prefix):
        raise JobError("invalid-input", f"the job continues from {address}, expected a model in {prefix}")
    into = folder.with_name("continue-from").absolute()
    job.pull(address.removeprefix(prefix), into)
    if not into.exists():
        raise JobError("base-model", f"there is no {address}; the model this job continues from was removed")
    found = digest_of(into)
    if digest is not None and found != digest:
        raise JobError("digest", f"{address} has digest {found}, expected {digest}: it is not the model this job continues from")
    return into


class Work:
    """The training process, and what is pushed of it."""

    def __init__(self, job: JobRepository, folder: Path, every_seconds: float, processes: int):
        self.job = job
        self.folder = folder
        self.every_seconds = every_seconds
        self.processes = processes
        self._asked_to_end = False
        self._pushed_checkpoint: str | None = None
        self._pushed_steps = b""

    def carry_out(self) -> None:
        signal.signal(signal.SIGTERM, self._end)
        known = _newest_checkpoint(self.folder)
        self._pushed_checkpoint = None if known is None else known.name
        own = ["-m", "sedi_trainer", "train", str(self.folder)]
        launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(self.processes), *own]
        # The process that trains reads the base model, perhaps with the key, and pushes nothing.
        # In the job's folder, because a chat template may lie there.
        child = subprocess.Popen([sys.executable, *(own if self.processes == 1 else launch)], cwd=self.folder)
        try:
            self._watch(child)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()

    def _end(self, *_: Any) -> None:
        self._asked_to_end = True

    def _watch(self, child: subprocess.Popen) -> None:
        pushed = time.monotonic()
        while child.poll() is None and not self._asked_to_end:
            time.sleep(0.2)
            if time.monotonic() - pushed >= self.every_seconds:
                try:
                    self._push_progress()
                except Superseded:
                    raise
                except Exception as error:  # noqa: BLE001 - training need not stop for it
                    print(f"sedi: not pushed: {_first_line(error)}; training goes on", flush=True)
                pushed = time.monotonic()
        if self._asked_to_end:
            child.terminate()
            child.wait()
            self._push_progress()
            return
        self._push_end(child.returncode)

    def _push_progress(self) -> None:
        """Nothing where nothing is new."""
        # The checkpoint first: the log then has all of its steps.
        held = self._hold_checkpoint()
        steps = _whole_lines(self.folder / "steps.jsonl")
        name = None if held is None else held.name
        if steps == self._pushed_steps and name == self._pushed_checkpoint:
            return
        status = {**(_read_json(self.folder / "status.json") or {"warnings": []}), "state": "running"}
        self._push_all(f"{steps.count(NEWLINE)} steps", status, {"steps.jsonl": steps, **_checkpoint_files(held)}, name)
        self._pushed_steps = steps

    def _push_all(self, message: str, status: dict[str, Any], files: dict[str, bytes | Path], checkpoint: str | None) -> None:
        """One commit of files, their manifest and the status, after which the repository has this checkpoint and no other."""
        before = self._pushed_checkpoint
        gone = [] if before in (None, checkpoint) else [f"checkpoints/{before}"]
        self.job.push(message, {**files, MANIFEST: _manifest(files), "status.json": _status(self.job, status)}, gone)
        self._pushed_checkpoint = checkpoint

    def _hold_checkpoint(self) -> Path | None:
        """The newest one under another name: the trainer removes old ones, perhaps while they are sent."""
        outbox = self.folder / "outbox"
        for _ in range(3):
            newest = _newest_checkpoint(self.folder)
            if newest is None:
                return None
            held = outbox / newest.name
            if held.exists():
                return held
            shutil.rmtree(outbox, ignore_errors=True)
            try:
                shutil.copytree(newest, held, copy_function=os.link)
                return held
            except (OSError, shutil.Error):
                continue  # it went meanwhile; there is a newer one
        return None

    def _push_end(self, code: int) -> None:
        status = _read_json(self.folder / "status.json") or {"warnings": []}
        if status.get("state") not in ("succeeded", "failed"):
            ending = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            advice = " Most likely memory ran out: lower trainer.rowsPerDevice, or take a larger trainer.flavor." if code == -signal.SIGKILL else ""
            status |= {"state": "failed", "error": {"code": "killed", "message": f"the training process {ending} without a word.{advice}"}}
        succeeded = status["state"] == "succeeded"
        held = None if succeeded else self._hold_checkpoint()
        model = {f"model/{path.name}": path for path in (self.folder / "model").iterdir() if path.is_file()} if succeeded else {}
        files = {"steps.jsonl": _whole_lines(self.folder / "steps.jsonl"), **model, **_checkpoint_files(held)}
        self._push_all(status["state"], status, files, None if held is None else held.name)
        print(f"sedi: {status['state']}, pushed to {self.job.repository}/{self.job.at}", flush=True)


def _status(job: JobRepository, status: dict[str, Any]) -> bytes:
    own = {"protocol": 1, **status, "attempt": job.attempt, "machine": job.machine}
    return json.dumps(own, ensure_ascii=False).encode()


def _checkpoint_files(checkpoint: Path | None) -> dict[str, bytes | Path]:
    """Without the mark that it is whole: what arrives of it is compared with the manifest instead."""
    if checkpoint is None:
        return {}
    return {f"checkpoints/{checkpoint.name}/{path.name}": path for path in checkpoint.iterdir() if path.is_file() and path.name != COMPLETE}


def _manifest(files: dict[str, bytes | Path]) -> bytes:
    size = lambda content: len(content) if isinstance(content, bytes) else content.stat().st_size  # noqa: E731
    return json.dumps({"files": {name: {"sha256": _sha256(one), "bytes": size(one)} for name, one in files.items()}}, indent=1).encode()


def _newest_checkpoint(folder: Path) -> Path | None:
    whole = [path for path in (folder / "checkpoints").glob("checkpoint-*") if (path / COMPLETE).exists()]
    return max(whole, key=lambda path: int(path.name.rsplit("-", 1)[1]), default=None)


def _whole_lines(path: Path) -> bytes:
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(NEWLINE) + 1]


def _sha256(content: bytes | Path) -> str:
    digest = hashlib.sha256()
    if isinstance(content, bytes):
        digest.update(content)
        return digest.hexdigest()
    with open(content, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
