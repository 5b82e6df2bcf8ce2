"""What there is of what a job needs, before anything is downloaded or paid for."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
from pathlib import Path
from typing import Any

from . import __version__
from .job import PROTOCOL, Job, JobError, read_job

needed = ("torch", "transformers", "trl", "peft", "accelerate", "safetensors")


def look(folder: Path | None) -> dict[str, Any]:
    """`problems` would end a job; `warnings` would not. Never raises for what it finds."""
    problems: list[str] = []
    warnings: list[str] = []
    packages = {name: _version(name) for name in needed}
    problems += [f"the package {name} is not installed; run: sedi trainer setup python" for name, version in packages.items() if version is None]
    report: dict[str, Any] = {
        "protocol": PROTOCOL,
        "version": __version__,
        "python": platform.python_version(),
        "packages": packages,
        "devices": _devices() if packages["torch"] else [],
        "memoryBytes": _memory(),
        "problems": problems,
        "warnings": warnings,
    }
    if folder is None or problems:
        return report
    try:
        job = read_job(folder)
    except JobError as error:
        problems.append(str(error))
        return report
    if job.method == "qlora" and not report["devices"]:
        problems.append("qlora needs a CUDA device. Set trainer.method to lora.")
    if job.method == "qlora" and _version("bitsandbytes") is None:
        problems.append("qlora needs the package bitsandbytes; run: sedi trainer setup python --qlora")
    _estimate(job, folder, report)
    return report


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _devices() -> list[dict[str, Any]]:
    import torch

    devices = []
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        free, total = torch.cuda.mem_get_info(index)
        devices.append({"name": torch.cuda.get_device_name(index), "freeBytes": free, "totalBytes": total})
    return devices


def _memory() -> int | None:
    """What programs can still have, caches that give way included; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


def _estimate(job: Job, folder: Path, report: dict[str, Any]) -> None:
    """From the model's configuration alone: its weights are not read."""
    parameters = _parameters(job)
    if parameters is None:
        if job.may_download and not Path(job.base_model).is_dir():
            report["warnings"].append(f"{job.base_model} is not here yet, so memory and disk cannot be estimated")
        return
    trained = parameters if job.method == "full" else _lora_parameters(job)
    weight_bytes = {"full": 4, "lora": 2 if report["devices"] else 4, "qlora": 0.6}[job.method]
    # Weights, and for each trained one its float32 copy of the gradient and the two moments of Adam.
    states = parameters * weight_bytes + trained * (4 + 8 + (0 if job.method == "full" else 4))
    checkpoint = (parameters if job.method == "full" else trained) * 4 * 3
    report |= {"parameters": parameters, "trainedParameters": trained, "stateBytes": int(states), "checkpointBytes": int(checkpoint)}
    room = min((device["freeBytes"] for device in report["devices"]), default=report["memoryBytes"])
    where = "the smallest device" if report["devices"] else "memory"
    if room is None:
        report["warnings"].append("this system does not say how much memory is free")
    elif states > room:
        report["problems"].append(
            f"weights and optimiser take about {states / 2**30:.1f} GiB, {where} has {room / 2**30:.1f} GiB free. Train a smaller model, or set trainer.method to lora or qlora."
        )
    elif states > 0.8 * room:
        report["warnings"].append(f"weights and optimiser take {states / room:.0%} of {where}; what is left for activations may be too little")
    free = shutil.disk_usage(folder).free
    # Two checkpoints and the model they become.
    if 3 * checkpoint > free:
        report["problems"].append(f"checkpoints take up to {3 * checkpoint / 2**30:.1f} GiB, the disk of {folder} has {free / 2**30:.1f} GiB free.")


def _configuration(job: Job) -> dict[str, Any] | None:
    path = Path(job.base_model) / "config.json"
    try:
        shape = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # loading it says what is wrong
    return shape if isinstance(shape, dict) else None


def _parameters(job: Job) -> int | None:
    """Of a Llama-shaped model; others are near enough."""
    shape = _configuration(job)
    if shape is None or not {"hidden_size", "num_hidden_layers", "vocab_size"} <= shape.keys():
        return None
    hidden, layers, vocabulary = shape["hidden_size"], shape["num_hidden_layers"], shape["vocab_size"]
    heads = shape.get("num_attention_heads", 1)
    head = shape.get("head_dim") or hidden // heads
    attention = hidden * head * (2 * heads + 2 * shape.get("num_key_value_heads", heads))
    feed_forward = 3 * hidden * shape.get("intermediate_size", 4 * hidden)
    embeddings = vocabulary * hidden * (1 if shape.get("tie_word_embeddings") else 2)
    return layers * (attention + feed_forward + 2 * hidden) + embeddings + hidden


def _lora_parameters(job: Job) -> int:
    shape = _configuration(job) or {}
    hidden, layers = shape.get("hidden_size", 0), shape.get("num_hidden_layers", 0)
    # Seven matrices a layer, each with a row and a column factor.
    return job.lora.rank * layers * (4 * 2 * hidden + 3 * (hidden + shape.get("intermediate_size", 4 * hidden)))
