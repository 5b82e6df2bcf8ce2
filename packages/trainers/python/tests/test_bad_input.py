"""What ends a job is a state with a code; what was finished is kept; the same job can be started again."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from tiny import LAUNCH_TWO, make_model, write_job

from sedi_trainer.files import read_lines
from sedi_trainer.run import train
from sedi_trainer.trainer import ComposedTrainer


def do(folder, base, **changes):
    job = write_job(folder, base, **changes)
    code = train(folder)
    return job, steps_of(folder), status_of(folder), code


def steps_of(folder):
    return list(read_lines(folder / "steps.jsonl"))


def status_of(folder):
    return json.loads((folder / "status.json").read_text())


def figures(steps):
    return [(step["step"], step["loss"], step["gradNorm"], step["exampleIds"]) for step in steps]


def configure(**changes):
    def change(folder):
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


def cut(name, length):
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:length])


def remove(*names):
    return lambda folder: [(folder / name).unlink() for name in names]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (configure(model_type="t5"), "Set trainer.baseModel to a causal language model"),
        (configure(model_type="no-such-kind"), "no-such-kind"),
        (configure(num_hidden_layers=4), "weights of .* are missing, the first is model.layers.2"),
        (configure(intermediate_size=48), "other shapes than its config.json"),
        (remove("config.json"), "config.json"),
        (remove("model.safetensors"), "no file named model.safetensors"),
        (remove("tokenizer.json", "tokenizer_config.json"), "tokenizer in .* cannot be loaded"),
        (cut("model.safetensors", 20_000), "cut short: copy or download it again"),
        (cut("tokenizer.json", 500), "tokenizer in .* cannot be loaded"),
    ],
)
def test_a_base_model_that_is_none_or_not_whole(tmp_path, base, change, words):
    shutil.copytree(base, tmp_path / "base")
    change(tmp_path / "base")
    _, steps, status, code = do(tmp_path / "job", tmp_path / "base")
    assert (code, status["state"], status["error"]["code"], steps) == (1, "failed", "base-model", []), status
    assert re.search(words, status["error"]["message"]), status
    # Whole again, the same job is done.
    shutil.rmtree(tmp_path / "base")
    shutil.copytree(base, tmp_path / "base")
    assert train(tmp_path / "job") == 0


def test_an_adapter_that_does_not_fit_the_base_model(tmp_path, base):
    shutil.copytree(base, tmp_path / "base")
    do(tmp_path / "a", tmp_path / "base", method="lora", lora={"rank": 4, "alpha": 8}, batches=[["e00"]])
    on = {"method": "lora", "batches": [["e00"]], "continueFrom": str(tmp_path / "a" / "model")}
    # Another model under the same name.
    shutil.rmtree(tmp_path / "base")
    make_model(tmp_path / "base", hidden=64)
    _, _, status, _ = do(tmp_path / "b", tmp_path / "base", **on)
    assert status["error"]["code"] == "adapter" and "other shapes" in status["error"]["message"], status
    (tmp_path / "a" / "model" / "adapter_model.safetensors").unlink()
    _, _, status, _ = do(tmp_path / "c", tmp_path / "base", **on)
    assert status["error"]["code"] == "adapter", status


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{% for message in messages %}{{ message['content'] }", "line 1"),
        ("{{ raise_exception('only for tools') }}", "only for tools"),
        # Counts the messages first, so that the prompt changes when an answer follows.
        ("{{ messages | length }}{% for message in messages %}{{ message['content'] }}{% endfor %}", "writes the prompt of example e00 differently"),
    ],
)
def test_a_template_that_cannot_be_used(tmp_path, base, template, words):
    (tmp_path / "template.jinja").write_text(template)
    _, steps, status, code = do(tmp_path / "job", base, chatTemplate=str(tmp_path / "template.jinja"))
    assert (code, status["error"]["code"], steps) == (1, "template", [])
    assert words in status["error"]["message"]


def test_a_template_that_is_not_there(tmp_path, base):
    _, _, status, _ = do(tmp_path / "job", base, chatTemplate=str(tmp_path / "none.jinja"))
    assert status["error"]["code"] == "template" and "none.jinja" in status["error"]["message"]


def test_a_loss_that_is_no_number_ends_the_job_and_keeps_the_steps_before(tmp_path, base, monkeypatch):
    forward = ComposedTrainer._forward

    def broken(self, model, inputs):
        signals = forward(self, model, inputs)
        if self._global_step == 3:
            signals.nll = signals.nll * float("nan")
        return signals

    monkeypatch.setattr(ComposedTrainer, "_forward", broken)
    _, steps, status, code = do(tmp_path / "job", base, checkpointEverySteps=1)
    assert (code, status["error"]["code"], [step["step"] for step in steps]) == (1, "nan-loss", [1, 2])
    # A checkpoint of the weights that the step has ruined would end every further try.
    assert_goes_on(tmp_path / "job", steps, monkeypatch, forward)


@pytest.mark.parametrize("exhaust", ["device", "memory"])
def test_memory_that_runs_out_ends_the_job_and_a_smaller_pass_does_it(tmp_path, base, monkeypatch, exhaust):
    forward = ComposedTrainer._forward

    def too_much(self, model, inputs):
        if self._global_step == 4 and len(inputs["rows"]) > 1:
            if exhaust == "device":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
            torch.empty(1 << 50)
        return forward(self, model, inputs)

    monkeypatch.setattr(ComposedTrainer, "_forward", too_much)
    _, steps, status, code = do(tmp_path / "job", base)
    assert (code, status["error"]["code"], [step["step"] for step in steps]) == (1, "out-of-memory", [1, 2, 3]), status
    assert "rowsPerDevice" in status["error"]["message"]
    _, more, status, code = do(tmp_path / "job", base, rowsPerDevice=1)
    assert (code, status["state"], more[:3], len(more)) == (0, "succeeded", steps, 6), status


def assert_goes_on(folder, before, monkeypatch, forward):
    monkeypatch.setattr(ComposedTrainer, "_forward", forward)
    assert train(folder) == 0, status_of(folder)
    steps = steps_of(folder)
    assert steps[: len(before)] == before and [step["step"] for step in steps] == [1, 2, 3, 4, 5, 6]


SMALL = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))\n"
RUN = "from pathlib import Path; from sedi_trainer.run import train; sys.exit(train(Path(sys.argv[1])))"


@pytest.mark.parametrize("largest", [20_000, 100_000])
def test_a_disk_that_takes_no_checkpoint_ends_the_job_with_its_steps_kept(tmp_path, base, largest):
    """The smaller limit refuses the weights (60 kB), the larger one Adam's moments (120 kB)."""
    _, calm, *_ = do(tmp_path / "calm", base)
    write_job(tmp_path / "job", base)
    done = subprocess.run([sys.executable, "-c", SMALL + RUN, str(tmp_path / "job"), str(largest)], capture_output=True, text=True, timeout=300)
    status = status_of(tmp_path / "job")
    assert (done.returncode, status["state"], status["error"]["code"]) == (1, "failed", "disk-full"), (status, done.stderr[-2000:])
    assert figures(steps_of(tmp_path / "job")) == figures(calm[:2])
    assert not list((tmp_path / "job" / "checkpoints").glob("checkpoint-*"))
    assert train(tmp_path / "job") == 0
    assert figures(steps_of(tmp_path / "job")) == figures(calm)
    assert status_of(tmp_path / "job")["model"]["digest"] == status_of(tmp_path / "calm")["model"]["digest"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds the processes of a job in /proc")
def test_one_of_two_processes_killed_ends_the_job_with_its_steps_kept(tmp_path, base):
    batches = [[f"e{(4 * n + i) % 12:02}" for i in range(4)] for n in range(2000)]
    write_job(tmp_path / "job", base, batches=batches, rowsPerDevice=1)
    launcher = subprocess.Popen([*LAUNCH_TWO, str(tmp_path / "job")], env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL)
    log = tmp_path / "job" / "steps.jsonl"
    deadline = time.monotonic() + 200
    while launcher.poll() is None and len(list(read_lines(log))) < 3 and time.monotonic() < deadline:
        time.sleep(0.1)
    first = status_of(tmp_path / "job")["pid"]
    others = [pid for pid in children_of(launcher.pid) if pid != first]
    for other in others:
        os.kill(other, signal.SIGKILL)
    launcher.wait(timeout=120)
    assert len(others) == 1
    kept = steps_of(tmp_path / "job")
    status = status_of(tmp_path / "job")
    # The first process has time to say what it saw, or is ended by the launcher before: then nothing renews its sign of life.
    assert status["state"] == "running" or status["error"]["code"] == "worker-lost", status
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    write_job(tmp_path / "job", base, batches=batches[: len(kept) + 2], rowsPerDevice=1)
    assert train(tmp_path / "job") == 0
    assert steps_of(tmp_path / "job")[: len(kept)] == kept


def children_of(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if int(path.read_text().rsplit(")", 1)[1].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def test_a_log_with_a_gap_is_trained_from_the_gap_on(tmp_path, base):
    _, calm, *_ = do(tmp_path / "calm", base)
    write_job(tmp_path / "job", base)
    train(tmp_path / "job")
    log = tmp_path / "job" / "steps.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    # Step 3 lost, step 5 twice, step 6 cut in the middle.
    log.write_text("".join([*lines[:2], lines[3], lines[4], lines[4], lines[5][:40]]))
    assert train(tmp_path / "job") == 0
    assert sorted(figures(steps_of(tmp_path / "job"))) == sorted([*figures(calm), figures(calm)[4]])
    assert status_of(tmp_path / "job")["warnings"] == []


def test_what_is_too_large_for_this_machine_is_said_before_it_is_loaded(tmp_path, base):
    shutil.copytree(base, tmp_path / "base")
    configure(hidden_size=1 << 20, vocab_size=1 << 24)(tmp_path / "base")
    _, _, status, _ = do(tmp_path / "job", tmp_path / "base")
    assert status["error"]["code"] == "preflight" and "GiB free" in status["error"]["message"], status
    told = subprocess.run([sys.executable, "-m", "sedi_trainer", "preflight", str(tmp_path / "job")], capture_output=True, text=True, timeout=120)
    [problem, *_] = json.loads(told.stdout)["problems"]
    assert problem.startswith("weights and optimiser take about"), told.stdout


class Hub(BaseHTTPRequestHandler):
    """The two addresses of the hub from which a file is fetched; ends the first transfer of the weights in the middle."""

    protocol_version = "HTTP/1.1"
    folder: Path
    cuts: list[int]
    asked: list[str]

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, with_body):
        name = self.path.split("?")[0].removeprefix("/acme/tiny/resolve/main/")
        path = self.folder / name
        if not path.is_file() or "/" in name:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = path.read_bytes()
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").split("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{name}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if not with_body:
            return
        if name == "model.safetensors":
            self.asked.append(f"{start}")
            if self.cuts:
                self.cuts.pop()
                self.wfile.write(data[start : start + 10_000])
                self.close_connection = True
                return
        self.wfile.write(data[start:])

    def log_message(self, *_):
        pass


def test_a_download_that_breaks_off_can_be_taken_up_again(tmp_path, base):
    handler = type("OneHub", (Hub,), {"folder": base, "cuts": [1] * 50, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        **{"HF_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}", "HF_HOME": str(tmp_path / "hub"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"},
    }
    write_job(tmp_path / "job", Path("acme/tiny"), mayDownload=True, batches=[["e00", "e01"]])

    def start():
        return subprocess.run([sys.executable, "-m", "sedi_trainer", "train", str(tmp_path / "job")], env=environment, capture_output=True, text=True, timeout=300)

    done = start()
    status = status_of(tmp_path / "job")
    assert (done.returncode, status["state"], status["error"]["code"]) == (1, "failed", "download"), (status, done.stderr[-3000:])
    handler.cuts.clear()
    done = start()
    assert status_of(tmp_path / "job")["state"] == "succeeded", (status_of(tmp_path / "job"), done.stderr[-3000:])
    server.shutdown()
