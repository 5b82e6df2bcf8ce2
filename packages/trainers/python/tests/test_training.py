import json
import math
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
import torch.nn.functional as F
from tiny import LAUNCH_TWO, make_model, write_job
from transformers import AutoModelForCausalLM, AutoTokenizer

from sedi_trainer.files import read_lines
from sedi_trainer.run import train


def do(folder, base, **changes):
    job = write_job(folder, base, **changes)
    code = train(folder)
    return job, list(read_lines(folder / "steps.jsonl")), json.loads((folder / "status.json").read_text()), code


def independent(job, base, steps=None):
    """The same training in plain PyTorch, written without a look at the trainer: loss, row losses and gradient norm of every step."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).train()
    examples = {one["id"]: one for one in job["examples"]}
    optimiser = torch.optim.AdamW(model.parameters(), lr=job["optimiser"]["learningRate"], weight_decay=job["optimiser"]["weightDecay"])
    for batch in job["batches"][:steps]:
        row_losses, row_gaps, row_errors, sums, counts = [], [], [], [], []
        for one in batch:
            prompt = tokenizer(f"<|user|>{examples[one]['prompt']}<|assistant|>", add_special_tokens=False)["input_ids"]
            answer = tokenizer(examples[one]["completion"], add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
            logits = model(torch.tensor([prompt + answer])).logits[0].float()
            wanted = torch.tensor(answer)
            nll = F.cross_entropy(logits[len(prompt) - 1 : -1], wanted, reduction="sum")
            sums.append(nll)
            counts.append(len(answer))
            row_losses.append(nll.item() / len(answer))
            probabilities = logits[len(prompt) - 1 : -1].log_softmax(-1)
            row_gaps.append((probabilities.max(-1).values - probabilities[range(len(answer)), answer]).mean().item())
            row_errors.append(torch.linalg.vector_norm(probabilities.exp() - F.one_hot(wanted, logits.shape[-1]), dim=-1).mean().item())
        loss = sum(sums) / sum(counts)
        optimiser.zero_grad()
        loss.backward()
        norm = torch.sqrt(sum((p.grad.double() ** 2).sum() for p in model.parameters() if p.grad is not None)).item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), job["optimiser"]["maxGradNorm"])
        optimiser.step()
        yield loss.item(), row_losses, row_gaps, norm, row_errors


@pytest.mark.parametrize("rows_per_device", [4, 2, 1])
def test_losses_and_norms_equal_plain_pytorch_however_the_batch_is_accumulated(tmp_path, base, rows_per_device):
    job, steps, status, code = do(tmp_path / "job", base, rowsPerDevice=rows_per_device)
    assert code == 0, json.dumps(status)
    assert [step["exampleIds"] for step in steps] == job["batches"]
    for step, (loss, row_losses, row_gaps, norm, _) in zip(steps, independent(job, base), strict=True):
        assert step["loss"] == pytest.approx(loss, rel=2e-5)
        assert step["exampleLosses"] == pytest.approx(row_losses, rel=2e-4)
        assert step["gradNorm"] == pytest.approx(norm, rel=2e-4)
        assert step["exampleGaps"] == pytest.approx(row_gaps, rel=2e-4, abs=2e-5) and "masked" not in step


@pytest.mark.parametrize("rows_per_device", [4, 1])
def test_errors_equal_plain_pytorch_and_change_nothing_else(tmp_path, base, rows_per_device):
    _, untold, *_ = do(tmp_path / "untold", base, rowsPerDevice=rows_per_device)
    job, steps, status, _ = do(tmp_path / "told", base, rowsPerDevice=rows_per_device, measures=["error"])
    assert status["state"] == "succeeded", json.dumps(status)
    for step, other, (*_, row_errors) in zip(steps, untold, independent(job, base), strict=True):
        assert step["exampleErrors"] == pytest.approx(row_errors, rel=2e-4)
        assert "exampleErrors" not in other and step["loss"] == other["loss"] and step["gradNorm"] == other["gradNorm"]


def test_an_unknown_measure_is_refused(tmp_path, base):
    _, _, status, code = do(tmp_path / "job", base, measures=["error", "entropy"])
    assert code == 1 and status["error"]["code"] == "unsupported" and "entropy" in status["error"]["message"]


@pytest.mark.parametrize("mask", [{"rule": "gap", "threshold": 1e-9}, {"rule": "trim", "share": 0.9}])
@pytest.mark.parametrize("rows_per_device", [4, 1])
def test_exempt_rows_are_never_left_out(tmp_path, base, mask, rows_per_device):
    job = write_job(tmp_path / "plain", base)
    exempt = [job["batches"][0][1], job["batches"][1][3]]
    _, steps, status, _ = do(tmp_path / "job", base, rowsPerDevice=rows_per_device, batches=job["batches"][:2], mask={**mask, "exempt": exempt})
    assert status["state"] == "succeeded", json.dumps(status)
    for step in steps:
        kept = {one for one, out in zip(step["exampleIds"], step["masked"]) if not out}
        assert kept >= set(exempt) & set(step["exampleIds"])
        assert len(kept) == 1 if mask["rule"] == "gap" else len(kept) <= 2


@pytest.mark.parametrize("method", ["full", "lora"])
def test_bfloat16_gives_the_figures_to_its_own_precision(tmp_path, base, method):
    job, steps, status, _ = do(tmp_path / "job", base, precision="bf16", method=method, lora={"rank": 4, "alpha": 8}, batches=[["e00", "e01", "e02", "e03"]])
    assert status["state"] == "succeeded", json.dumps(status)
    [(loss, row_losses, row_gaps, norm, _)] = list(independent(job, base))
    assert steps[0]["loss"] == pytest.approx(loss, rel=5e-3)
    assert steps[0]["exampleLosses"] == pytest.approx(row_losses, rel=1e-2)
    assert steps[0]["exampleGaps"] == pytest.approx(row_gaps, rel=5e-2, abs=2e-2)
    if method == "full":
        assert steps[0]["gradNorm"] == pytest.approx(norm, rel=2e-2)


def test_a_second_job_goes_on_with_weights_and_moments(tmp_path, base):
    job, steps, *_ = do(tmp_path / "whole", base)
    write_job(tmp_path / "a", base, batches=job["batches"][:3])
    write_job(tmp_path / "b", base, batches=job["batches"][3:], firstStep=4, continueFrom=str(tmp_path / "a" / "model"))
    assert train(tmp_path / "a") == 0 and train(tmp_path / "b") == 0
    halves = [*read_lines(tmp_path / "a" / "steps.jsonl"), *read_lines(tmp_path / "b" / "steps.jsonl")]
    assert [step["step"] for step in halves] == [1, 2, 3, 4, 5, 6]
    assert [step["loss"] for step in halves] == pytest.approx([step["loss"] for step in steps], rel=1e-5)
    assert [step["gradNorm"] for step in halves] == pytest.approx([step["gradNorm"] for step in steps], rel=1e-4)


def test_warm_up_counts_global_steps(tmp_path, base):
    optimiser = {"learningRate": 0.01, "warmupSteps": 4, "maxGradNorm": 1.0, "weightDecay": 0.0}
    _, steps, *_ = do(tmp_path / "job", base, firstStep=2, optimiser=optimiser)
    assert [step["learningRate"] for step in steps] == pytest.approx([0.005, 0.0075, 0.01, 0.01, 0.01, 0.01])


def test_lora_trains_the_adapter_only_and_goes_on_with_it(tmp_path, base):
    _, steps, status, _ = do(tmp_path / "a", base, method="lora", lora={"rank": 4, "alpha": 8})
    assert status["state"] == "succeeded", json.dumps(status)
    assert steps[-1]["loss"] < steps[0]["loss"]
    assert (tmp_path / "a" / "model" / "adapter_model.safetensors").exists()
    _, more, status, _ = do(tmp_path / "b", base, method="lora", firstStep=7, continueFrom=str(tmp_path / "a" / "model"))
    assert status["state"] == "succeeded", json.dumps(status)
    assert more[0]["loss"] < steps[0]["loss"]
    other = make_model(tmp_path / "other", seed=1)
    _, _, status, code = do(tmp_path / "c", other, method="lora", continueFrom=str(tmp_path / "a" / "model"))
    assert code == 1 and status["error"]["code"] == "adapter"


@pytest.mark.parametrize("rows_per_device", [4, 1])
def test_the_gap_mask_leaves_rows_out_of_the_gradient(tmp_path, base, rows_per_device):
    plain = write_job(tmp_path / "plain", base)
    # Threshold between the gaps of the first batch, so that some of it is masked.
    _, steps, *_ = do(tmp_path / "look", base, batches=plain["batches"][:1])
    gaps = sorted(steps[0]["exampleGaps"])
    threshold = (gaps[1] + gaps[2]) / 2
    job, masked, status, _ = do(
        tmp_path / f"masked{rows_per_device}", base, batches=plain["batches"][:2], rowsPerDevice=rows_per_device, mask={"rule": "gap", "threshold": threshold}
    )
    assert status["state"] == "succeeded", json.dumps(status)
    assert masked[0]["masked"] == [gap > threshold for gap in steps[0]["exampleGaps"]]
    kept = [one for one, out in zip(job["batches"][0], masked[0]["masked"]) if not out]
    [(*_, norm, _)] = list(independent({**job, "batches": [kept]}, base))
    assert masked[0]["gradNorm"] == pytest.approx(norm, rel=2e-4)
    assert masked[0]["loss"] == pytest.approx(steps[0]["loss"], rel=1e-5)


@pytest.mark.parametrize("rows_per_device", [4, 2])
def test_the_trim_mask_leaves_out_the_highest_losses_of_the_whole_batch(tmp_path, base, rows_per_device):
    _, steps, status, _ = do(tmp_path / "job", base, rowsPerDevice=rows_per_device, mask={"rule": "trim", "share": 0.25, "warmSteps": 1})
    assert status["state"] == "succeeded", json.dumps(status)
    assert not any(steps[0]["masked"])
    for step in steps[1:]:
        worst = max(range(len(step["exampleIds"])), key=lambda row: step["exampleLosses"][row])
        assert step["masked"] == [row == worst and len(step["masked"]) == 4 for row in range(len(step["masked"]))]


def test_two_processes_see_the_same_batches_and_give_the_same_figures(tmp_path, base):
    job, steps, *_ = do(tmp_path / "one", base)
    write_job(tmp_path / "two", base, rowsPerDevice=1)
    done = subprocess.run([*LAUNCH_TWO, str(tmp_path / "two")], env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=300)
    status = json.loads((tmp_path / "two" / "status.json").read_text())
    assert (status["state"], status["processes"]) == ("succeeded", 2), (json.dumps(status), done.stderr[-2000:])
    spread = list(read_lines(tmp_path / "two" / "steps.jsonl"))
    assert [step["exampleIds"] for step in spread] == job["batches"]
    for ours, theirs in zip(spread, steps, strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-4)
        assert ours["gradNorm"] == pytest.approx(theirs["gradNorm"], rel=1e-3)
        assert ours["exampleLosses"] == pytest.approx(theirs["exampleLosses"], rel=1e-3)


def test_killed_in_the_middle_it_goes_on_with_the_figures_of_the_undisturbed_job(tmp_path, base):
    batches = [[f"e{(4 * n + i) % 12:02}" for i in range(4)] for n in range(12)]
    _, undisturbed, status, _ = do(tmp_path / "calm", base, batches=batches)
    write_job(tmp_path / "storm", base, batches=batches)
    log = tmp_path / "storm" / "steps.jsonl"
    for least in (3, 8):
        running = subprocess.Popen([sys.executable, "-m", "sedi_trainer", "train", str(tmp_path / "storm")], stderr=subprocess.DEVNULL)
        while running.poll() is None and len(list(read_lines(log))) < least:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert train(tmp_path / "storm") == 0
    steps = list(read_lines(log))
    assert [step["step"] for step in steps] == list(range(1, 13))
    assert [step["loss"] for step in steps] == [step["loss"] for step in undisturbed]
    assert [step["gradNorm"] for step in steps] == [step["gradNorm"] for step in undisturbed]
    after = json.loads((tmp_path / "storm" / "status.json").read_text())
    assert after["model"]["digest"] == status["model"]["digest"] and after["warnings"] == []
    assert train(tmp_path / "storm") == 0  # a finished job is not done again


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"baseModel": "/nowhere"}, "base-model", "mayDownload"),
        ({"protocol": 99}, "unsupported", "protocol 99"),
        ({"batches": [["e00", "e99"]]}, "invalid-input", "e99"),
        ({"batches": []}, "invalid-input", "no batches"),
        ({"maxLengthTokens": 24, "tooLong": "refuse"}, "too-long", "of 12 examples are longer than 24 tokens"),
        ({"method": "qlora"}, "preflight", "CUDA"),
        ({"optimiser": {"learningRate": 1e30, "warmupSteps": 0, "maxGradNorm": 1e30, "weightDecay": 0.0}}, "nan-loss", "learningRate"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path, base, changes, code, words):
    _, _, status, exit_code = do(tmp_path / "job", base, **changes)
    assert exit_code == 1
    assert (status["state"], status["error"]["code"]) == ("failed", code), status
    assert words in status["error"]["message"]


def test_a_missing_template_is_named_and_plain_is_the_way_out(tmp_path):
    bare = make_model(tmp_path / "bare", template=False)
    _, _, status, _ = do(tmp_path / "auto", bare)
    assert status["error"]["code"] == "template" and "chatTemplate" in status["error"]["message"]
    _, steps, status, _ = do(tmp_path / "plain", bare, chatTemplate="plain", batches=[["e00", "e01"]])
    assert status["state"] == "succeeded" and math.isfinite(steps[0]["loss"])


def test_long_examples_are_cut_and_counted(tmp_path, base):
    _, _, status, _ = do(tmp_path / "job", base, maxLengthTokens=24, batches=[["e00", "e01"]])
    assert status["state"] == "succeeded", json.dumps(status)
    assert any("were cut at 24 tokens" in warning for warning in status["warnings"])
