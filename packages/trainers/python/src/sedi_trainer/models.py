"""Loading and saving: the base model, or one that an earlier job made of it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, PeftConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer

from .errors import explain
from .job import Job, JobError


def load_tokenizer(job: Job):
    """The base model's. Raises JobError `base-model` when there is none."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(job.base_model, local_files_only=not job.may_download)
    except (OSError, ValueError) as error:
        raise _no_model(job.base_model, job, error, "tokenizer") from error
    tokenizer.padding_side = "right"
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token_id is None:
            raise JobError("base-model", f"the tokenizer of {job.base_model} has neither a padding nor an end-of-text token; answers would have no end")
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _no_model(name: str, job: Job, error: Exception, what: str = "model") -> JobError:
    said = next(iter(str(error).strip().splitlines()), type(error).__name__)
    if not Path(name).is_dir():
        why = explain(error)
        # Of what is fetched, it may be the way and not the model.
        if job.may_download and why["code"] in ("download", "disk-full"):
            return JobError(why["code"], why["message"])
        where = "on the hub or as a folder" if job.may_download else "as a folder (set trainer.mayDownload to look on the hub)"
        return JobError("base-model", f"there is no {what} {name} {where}: {said}")
    if "for this kind of AutoModel" in said:
        return JobError("base-model", f"{name} is no model that writes text from left to right: {said}. Set trainer.baseModel to a causal language model.")
    return JobError("base-model", f"the {what} in {name} cannot be loaded: {said}. A file is missing or was cut short: copy or download it again.")


def load_model(job: Job, tokenizer):
    """Ready to be trained: all of it, or an adapter on it."""
    if job.method == "full":
        return _base(job, job.continue_from or job.base_model)
    base = _base(job, job.base_model)
    if job.method == "qlora":
        base = prepare_model_for_kbit_training(base, use_gradient_checkpointing=job.gradient_checkpointing)
    elif job.gradient_checkpointing:
        base.enable_input_require_grads()
    if job.continue_from is not None:
        _assert_fits(job)
        return _with_adapter(base, job.continue_from)
    lora = job.lora
    config = LoraConfig(
        task_type="CAUSAL_LM", r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=lora.target_modules
    )
    return get_peft_model(base, config)


def _base(job: Job, name: str):
    options = {"local_files_only": not job.may_download, "dtype": _dtype(job)}
    if job.method == "qlora":
        options["quantization_config"] = _four_bits()
    try:
        model, report = AutoModelForCausalLM.from_pretrained(name, output_loading_info=True, **options)
    except (OSError, ValueError, SafetensorError) as error:
        raise _no_model(name, job, error) from error
    except RuntimeError as error:
        if "mismatched" not in str(error):
            raise
        raise JobError("base-model", f"the weights in {name} have other shapes than its config.json says. They belong to another model: copy or download it again.") from error
    # transformers would go on with random numbers in their place.
    missing = sorted(report["missing_keys"])
    if missing:
        raise JobError("base-model", f"{len(missing)} weights of {name} are missing, the first is {missing[0]}. The files are incomplete, or belong to another kind of model than config.json says.")
    model.config.use_cache = False
    return model


def _dtype(job: Job) -> torch.dtype:
    """Frozen weights may be in bfloat16; weights that are trained whole stay in float32, where small updates are not lost."""
    halved = job.precision == "bf16" or (job.precision == "auto" and torch.cuda.is_available() and torch.cuda.is_bf16_supported())
    return torch.bfloat16 if halved and job.method != "full" else torch.float32


def _four_bits():
    from transformers import BitsAndBytesConfig

    if not torch.cuda.is_available():
        raise JobError("unsupported", "qlora needs a CUDA device. Set trainer.method to lora.")
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.bfloat16)


def _assert_fits(job: Job) -> None:
    """An adapter says which model it was trained on."""
    try:
        base = PeftConfig.from_pretrained(job.continue_from).base_model_name_or_path
    except (OSError, ValueError) as error:
        raise JobError("adapter", f"{job.continue_from} holds no adapter: {error}") from error
    if base is not None and base != job.base_model:
        raise JobError("adapter", f"the adapter {job.continue_from} was trained on {base}, not on {job.base_model}")


def _with_adapter(base, adapter: str):
    try:
        return PeftModel.from_pretrained(base, adapter, is_trainable=True)
    except (OSError, ValueError, SafetensorError) as error:
        raise JobError("adapter", f"the adapter {adapter} cannot be loaded: {str(error).splitlines()[0]}") from error
    except RuntimeError as error:
        if "size mismatch" not in str(error):
            raise
        raise JobError("adapter", f"the adapter {adapter} has other shapes than the base model: what is there now is not what it was trained on.") from error


def save_model(trainer, job: Job, tokenizer, folder: Path) -> dict[str, str]:
    """Puts the whole model, or the adapter, in its place at once; returns where it is and its digest."""
    from .run import digest_of, sync

    beside = folder.with_name(folder.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    model = trainer.accelerator.unwrap_model(trainer.model)
    model.config.use_cache = True
    model.save_pretrained(beside, safe_serialization=True)
    tokenizer.save_pretrained(beside)
    if job.keep_optimiser:
        torch.save(trainer.optimizer.state_dict(), beside / "optimizer.pt")
    reference = {"path": str(folder), "digest": digest_of(beside), "baseModel": job.base_model, "method": job.method}
    (beside / "sedi-model.json").write_text(json.dumps(reference), encoding="utf-8")
    for path in beside.iterdir():
        if path.is_file():
            sync(path)
    os.replace(beside, folder)
    sync(folder.parent)
    return reference
