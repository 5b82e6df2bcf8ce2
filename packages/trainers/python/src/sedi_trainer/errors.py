"""What ended a job, in a word for programs and a sentence for people."""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

from .job import JobError

#: How the writers of weights and moments say that a file could not be written, when it is not as an OSError.
_unwritten = ("os error 28", "os error 27", "os error 122", "inline_container.cc", "pytorchstreamwriter")
#: How PyTorch's CPU allocator and CUDA say that memory has run out.
_no_memory = ("out of memory", "can't allocate memory", "cannot allocate memory")
#: How a collective operation says that another process of the job is gone.
_no_peer = ("connection closed by peer", "connection reset by peer", "connection refused", "nccl", "gloo", "socket timeout")
#: How a download says that it broke off.
_no_hub = ("HfHubHTTPError", "LocalEntryNotFoundError", "ConnectError", "ReadError", "ReadTimeout", "RemoteProtocolError", "ConnectionError", "ChunkedEncodingError")


def explain(error: BaseException) -> dict[str, str]:
    """A code of those at JobError, and what to do. The causes of an error count as well."""
    for one in _causes(error):
        said = _explain(one)
        if said is not None:
            return said
    where = traceback.extract_tb(error.__traceback__)[-1]
    return {"code": "internal", "message": f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"}


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in found:
        found.append(following)
        following = following.__cause__ or following.__context__
    return found


def _explain(error: BaseException) -> dict[str, str] | None:
    text = str(error).lower()
    if isinstance(error, JobError):
        return {"code": error.code, "message": str(error)}
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if full or any(sign in text for sign in _unwritten):
        return {"code": "disk-full", "message": f"the disk is full, or a file on it may not grow: {_first_line(error)}. Finished steps and the last whole checkpoint are kept; make room and resume."}
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or any(sign in text for sign in _no_memory):
        return {
            "code": "out-of-memory",
            "message": f"{_first_line(error)}. Finished steps are kept. Lower trainer.rowsPerDevice (the batch stays the same), or set trainer.gradientCheckpointing, and resume.",
        }
    if isinstance(error, RuntimeError) and any(sign in text for sign in _no_peer):
        return {"code": "worker-lost", "message": f"a process that shares the batches is gone: {_first_line(error)}. Finished steps are kept; resume goes on from the last checkpoint."}
    if type(error).__name__ in _no_hub:
        return {"code": "download", "message": f"a download broke off: {_first_line(error)}. What has arrived is kept; resume goes on with it."}
    return None


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
