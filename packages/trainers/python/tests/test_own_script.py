import json

from datasets import Dataset
from tiny import write_job
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

from sedi_trainer import ComposedBatches, SignalLog, keep_batches
from sedi_trainer.batches import micro_batches
from sedi_trainer.files import read_lines


def test_a_script_of_ones_own_keeps_the_batches_and_logs_their_signals(tmp_path, base):
    job = write_job(tmp_path / "job", base)
    batches = [batch for batch in job["batches"] if len(batch) == 4]
    (tmp_path / "batches.jsonl").write_text("".join(json.dumps({"ids": batch}) + "\n" for batch in batches), encoding="utf-8")
    rows = [{"id": one["id"], "prompt": one["prompt"], "completion": one["completion"]} for one in job["examples"]]
    seen: list[list[int]] = []
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(base),
        processing_class=AutoTokenizer.from_pretrained(base),
        train_dataset=Dataset.from_list(rows),
        args=SFTConfig(
            output_dir=str(tmp_path / "out"), per_device_train_batch_size=2, gradient_accumulation_steps=2, logging_steps=1,
            report_to="none", use_cpu=True, bf16=False, save_strategy="no", learning_rate=0.01,
        ),
        callbacks=[SignalLog(tmp_path / "signals.jsonl")],
    )
    collate = trainer.data_collator
    trainer.data_collator = lambda features: (seen.append([tuple(one["input_ids"]) for one in features]), collate(features))[1]
    keep_batches(trainer, ComposedBatches.read(tmp_path / "batches.jsonl"))
    trainer.train()
    tokens = {row["id"]: tuple(row["input_ids"]) for row in trainer.train_dataset}
    assert [one for passed in seen for one in passed] == [tokens[one] for batch in batches for one in batch]
    signals = list(read_lines(tmp_path / "signals.jsonl"))
    assert [signal["step"] for signal in signals] == list(range(1, len(batches) + 1))
    assert all(signal["gradNorm"] > 0 for signal in signals)


def test_every_row_of_a_batch_comes_once_whatever_its_size_and_the_number_of_processes():
    for size in range(1, 33):
        for per_device, accumulation, processes in [(8, 4, 1), (2, 4, 4), (1, 8, 4), (32, 1, 1), (3, 6, 2)]:
            rows = list(range(size))
            parts = [micro_batches(rows, per_device, accumulation, processes, rank) for rank in range(processes)]
            assert all(len(part) == accumulation and all(0 < len(one) <= per_device for one in part) for part in parts)
            dealt = [row for number in range(accumulation) for part in parts for row in part[number] if row >= 0]
            assert dealt == rows
