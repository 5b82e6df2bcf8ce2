"""Step time of SeDi's Python trainer with all its signals on, against plain TRL and plain transformers on the same batches.

Needs what the trainer needs (packages/trainers/python/requirements.lock), no network and no model: weights are random, made here. Runs of the
contenders take turns in one process, each with a model and an optimiser of its own. Writes one JSON document; `npm run bench -- trainers --from`
makes the report of it.

    python bench/trainers/measure.py --size 8b --out 8b.json
"""

from __future__ import annotations

import argparse
import ctypes
import datetime
import gc
import importlib.metadata
import inspect
import json
import os
import platform
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

repository = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(repository / "packages" / "trainers" / "python" / part) for part in ("src", "tests")]
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch  # noqa: E402
import transformers  # noqa: E402
from datasets import Dataset  # noqa: E402
from peft import LoraConfig, get_peft_model  # noqa: E402
from tiny import make_model  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PrinterCallback, Trainer, TrainerCallback  # noqa: E402
from trl import SFTConfig, SFTTrainer  # noqa: E402

from sedi_trainer.batches import StepSampler  # noqa: E402
from sedi_trainer.encode import IGNORED, Row  # noqa: E402
from sedi_trainer.job import Job, Optimiser  # noqa: E402
from sedi_trainer.run import StepLog, Status, training_arguments  # noqa: E402
from sedi_trainer.trainer import ComposedTrainer, Places, RowCollator  # noqa: E402


@dataclass(frozen=True)
class Size:
    hidden: int
    feed_forward: int
    layers: int
    heads: int
    key_value_heads: int
    vocabulary: int
    method: str
    rows: int
    rows_per_device: int
    prompt_tokens: tuple[int, int]
    answer_tokens: tuple[int, int]


sizes = {
    "tiny": Size(256, 704, 6, 4, 2, 16_000, "full", 8, 4, (32, 96), (32, 96)),
    "small": Size(1024, 2816, 16, 16, 8, 32_000, "full", 16, 8, (64, 256), (64, 256)),
    # The shape of Llama 3.1 8B.
    "8b": Size(4096, 14_336, 32, 32, 8, 128_256, "lora", 16, 4, (64, 512), (64, 512)),
}

told = {
    "sedi": "SeDi's trainer, all signals, a synced line for every step",
    "trl-nll": "SFTTrainer, loss_type nll",
    "trl-default": "SFTTrainer, its default loss_type",
    "transformers": "transformers' Trainer: the loss of the model itself, over all logits",
}


class Timer(TrainerCallback):
    """Seconds of the steps after the first `warm`, taken together; a step begins when what the one before it logged is written."""

    def __init__(self, warm: int):
        self.warm = warm
        self.begun = 0

    def _now(self) -> tuple[float, float]:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter(), time.process_time()

    def on_step_begin(self, args, state, control, **_):
        if state.global_step == self.warm:
            self.first = self._now()
        self.begun += 1

    def on_train_end(self, args, state, control, **_):
        self.last = self._now()

    def per_step(self) -> tuple[float, float]:
        """By the clock, and in processor time."""
        clock, processor = ((last - first) / (self.begun - self.warm) for first, last in zip(self.first, self.last))
        return clock, processor


class Resident:
    """Highest resident memory above what it was, looked at 100 times a second; on a CPU there is no better account."""

    def __enter__(self):
        self.before = self.highest = self._now()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def _now(self) -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if Path("/proc/self/statm").exists() else 0

    def _watch(self) -> None:
        while not self.stop.wait(0.01):
            self.highest = max(self.highest, self._now())

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def make_rows(size: Size, steps: int) -> tuple[list[Row], list[list[int]]]:
    """Random tokens: what they say does not matter to the time."""
    rng = random.Random(1)
    rows = []
    for number in range(size.rows * steps):
        prompt = [rng.randrange(4, size.vocabulary) for _ in range(rng.randint(*size.prompt_tokens))]
        answer = [rng.randrange(4, size.vocabulary) for _ in range(rng.randint(*size.answer_tokens))]
        rows.append(Row(f"e{number:04}", prompt + answer, [IGNORED] * len(prompt) + answer, False))
    return rows, [list(range(size.rows * step, size.rows * (step + 1))) for step in range(steps)]


def make_weights(size: Size, device: str):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.hidden,
        intermediate_size=size.feed_forward,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.key_value_heads,
        max_position_embeddings=4096,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=1,
        tie_word_embeddings=False,
    )
    # A frozen base is held in bfloat16 on a GPU, as the trainer does.
    dtype = torch.bfloat16 if size.method == "lora" and device == "cuda" else torch.float32
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            model = LlamaForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    model.config.use_cache = False
    if size.method == "lora":
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=16, lora_alpha=32, target_modules="all-linear"))
    return model.train()


def contenders() -> list[str]:
    """TRL's `nll` and its default are one and the same in some versions."""
    same = SFTConfig.__dataclass_fields__["loss_type"].default == "nll"
    return ["sedi", "trl-nll", *([] if same else ["trl-default"]), "transformers"]


def plain(parent: type):
    """A trainer that takes the same passes and does nothing else."""

    class Plain(parent):
        def take(self, sampler: StepSampler, length: int):
            self.sampler = sampler
            self.places = Places(length)
            return self

        def get_train_dataloader(self) -> DataLoader:
            return DataLoader(self.places, batch_sampler=self.sampler, collate_fn=self.data_collator, pin_memory=torch.cuda.is_available())

    return Plain


def measure(who: str, job: Job, size: Size, rows: list[Row], steps: list[list[int]], tokenizer, warm: int, device: str) -> dict:
    model = make_weights(size, device)
    accumulation = -(-size.rows // size.rows_per_device)
    timer = Timer(warm)
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as folder, Resident() as resident:
        settings = training_arguments(job, Path(folder), size.rows_per_device, accumulation)
        collator = RowCollator(rows, 0)
        common = {"model": model, "processing_class": tokenizer, "callbacks": [timer]}
        if who == "sedi":
            (Path(folder) / "log").mkdir()
            status = Status(Path(folder))
            log = StepLog(Path(folder) / "steps.jsonl", status)
            trainer = ComposedTrainer(job, rows, steps, log.write, args=settings, data_collator=collator, **common)
        else:
            only_tensors = lambda places: {name: value for name, value in collator(places).items() if name in ("input_ids", "attention_mask", "labels")}  # noqa: E731
            # As a user has it who did not ask for signals.
            settings = replace(settings, logging_steps=10, save_strategy="no", lr_scheduler_type="constant")
            sampler = StepSampler(steps, size.rows_per_device, accumulation)
            if who == "transformers":
                known = inspect.signature(transformers.TrainingArguments).parameters
                general = {name: getattr(settings, name) for name in passed if name in known}
                parent = plain(Trainer)
                trainer = parent(train_dataset=Places(len(rows)), args=transformers.TrainingArguments(**general), data_collator=only_tensors, **common)
            else:
                if who == "trl-default":
                    settings = replace(settings, loss_type=SFTConfig.__dataclass_fields__["loss_type"].default)
                begin = Dataset.from_dict({"input_ids": [rows[0].tokens], "labels": [rows[0].labels]})
                trainer = plain(SFTTrainer)(train_dataset=begin, args=settings, data_collator=only_tensors, **common)
            trainer.take(sampler, len(rows))
        trainer.remove_callback(PrinterCallback)
        output = trainer.train()
        if who == "sedi":
            log.close()
            status.close()
    memory = torch.cuda.max_memory_allocated() if device == "cuda" else resident.highest - resident.before
    clock, processor = timer.per_step()
    result = {"who": who, "secondsPerStep": clock, "processorSecondsPerStep": processor, "memoryBytes": memory, "loss": output.training_loss}
    del trainer, model
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
    elif sys.platform == "linux":
        # What was freed goes back to the system, so that the next contender's rise is its own.
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    return result


#: What the three kinds of settings have in common and must be the same.
passed = (
    "output_dir lr_scheduler_type max_steps per_device_train_batch_size gradient_accumulation_steps learning_rate weight_decay max_grad_norm optim bf16 use_cpu "
    "gradient_checkpointing logging_steps logging_nan_inf_filter save_strategy report_to disable_tqdm remove_unused_columns dataloader_num_workers seed"
).split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sizes, default="tiny")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10, help="measured steps of a run")
    parser.add_argument("--warm", type=int, default=2, help="steps before them")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch, on a CPU")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if options.size == "8b" and device == "cpu":
        sys.exit("8b needs a CUDA device with 40 GiB: on a CPU a step would take an hour.")
    torch.set_num_threads(options.threads)
    transformers.logging.set_verbosity_error()
    size = sizes[options.size]
    steps_of_a_run = options.warm + options.steps
    rows, steps = make_rows(size, steps_of_a_run)
    job = Job(
        job_name="bench",
        examples=[],
        batches=[[rows[row].id for row in step] for step in steps],
        batch_size=size.rows,
        first_step=1,
        base_model="",
        continue_from=None,
        method=size.method,
        optimiser=Optimiser(1e-4, 0, 1.0, 0.0),
        max_length=4096,
        too_long="truncate",
        rows_per_device=size.rows_per_device,
        precision="auto",
        gradient_checkpointing=False,
        checkpoint_every_steps=1_000_000,
        random_seed=1,
        may_download=False,
        chat_template="plain",
        keep_optimiser=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = AutoTokenizer.from_pretrained(make_model(Path(folder) / "tokenizer"))
    results = []
    names = contenders()
    for run in range(options.runs):
        for turn in range(len(names)):
            who = names[(turn + run) % len(names)]
            result = {"run": run, **measure(who, job, size, rows, steps, tokenizer, options.warm, device)}
            results.append(result)
            print(f"run {run + 1}, {who}: {result['secondsPerStep']:.4f} s a step ({result['processorSecondsPerStep']:.4f} s of processor), {result['memoryBytes'] / 2**30:.2f} GiB, loss {result['loss']:.4f}", file=sys.stderr, flush=True)
    tokens = sum(len(row.tokens) for row in rows) / steps_of_a_run
    document = {
        "date": datetime.date.today().isoformat(),
        "device": torch.cuda.get_device_name() if device == "cuda" else f"{_processor()}, {torch.get_num_threads()} thread(s)",
        "cuda": device == "cuda",
        "versions": {
            "Python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in ("torch", "transformers", "trl", "peft", "accelerate")},
        },
        "trlDefault": SFTConfig.__dataclass_fields__["loss_type"].default,
        "size": options.size,
        "parameters": sum(one.numel() for one in make_weights(size, "meta").parameters()),
        "method": size.method,
        "precision": "bfloat16" if training_arguments(job, Path("/"), 1, 1).bf16 else "float32",
        "rows": size.rows,
        "rowsPerPass": size.rows_per_device,
        "tokensPerStep": round(tokens),
        "targetTokensPerStep": round(sum(row.targets for row in rows) / steps_of_a_run),
        "vocabulary": size.vocabulary,
        "steps": options.steps,
        "warm": options.warm,
        "told": {name: told[name] for name in names},
        "results": results,
    }
    text = json.dumps(document, indent=1)
    print(text)
    if options.out is not None:
        options.out.write_text(text + "\n", encoding="utf-8")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


if __name__ == "__main__":
    main()
