"""A Llama-shaped model and a tokenizer of its own, made in a second: nothing is downloaded."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def make_model(folder: Path, *, hidden: int = 32, layers: int = 2, seed: int = 0, template: bool = True) -> Path:
    specials = ["<pad>", "</s>", "<|user|>", "<|assistant|>"]
    vocabulary = {token: number for number, token in enumerate([*specials, *sorted(pre_tokenizers.ByteLevel.alphabet())])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>", pad_token="<pad>", additional_special_tokens=specials[2:])
    if template:
        fast.chat_template = CHAT_TEMPLATE
    torch.manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(vocabulary),
            hidden_size=hidden,
            intermediate_size=2 * hidden,
            num_hidden_layers=layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=512,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=None,
            tie_word_embeddings=False,
        )
    )
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def write_job(folder: Path, base: Path, **changes) -> dict:
    examples = [{"id": f"e{n:02}", "prompt": f"Say {word} twice.", "completion": f"{word} {word}"} for n, word in enumerate(WORDS)]
    ids = [one["id"] for one in examples]
    job = {
        "protocol": 1,
        "jobName": "r01",
        "examples": examples,
        "batches": [ids[0:4], ids[4:8], ids[8:12], [ids[3], ids[0], ids[11]], ids[2:6], ids[6:10]],
        "batchSize": 4,
        "firstStep": 1,
        "baseModel": str(base),
        "continueFrom": None,
        "method": "full",
        "optimiser": {"learningRate": 0.01, "warmupSteps": 0, "maxGradNorm": 1.0, "weightDecay": 0.0},
        "maxLengthTokens": 128,
        "tooLong": "truncate",
        "rowsPerDevice": 4,
        "precision": "fp32",
        "gradientCheckpointing": False,
        "checkpointEverySteps": 2,
        "randomSeed": 7,
        "mayDownload": False,
        "chatTemplate": "auto",
        "keepOptimiser": True,
    } | changes
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return job


WORDS = ["sun", "rain", "river", "stone", "cloud", "field", "house", "night", "bread", "glass", "paper", "wheel"]

#: Two processes that share each batch, on a CPU too (`accelerate launch` starts a single one there and does not say so).
LAUNCH_TWO = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "sedi_trainer", "train"]
