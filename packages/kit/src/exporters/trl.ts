import type { BatchExporter, ExportInput, TrainerExport } from './exporter.ts'
import { severalProcesses } from './exporter.ts'

/** TRL's SFTTrainer with our batch sampler: each row once in the data, the batches by id beside it. */
export default {
  id: 'trl',
  title: 'TRL (SFTTrainer), with the package sedi-trainer',
  export(input): TrainerExport {
    const passes = input.batchSize / input.rowsPerDevice
    const batches = input.batches.filter(({ length }) => length >= passes)
    return {
      files: [
        { name: 'train.jsonl', rows: input.rows.map(conversation) },
        { name: 'batches.jsonl', rows: batches.map((batch, i) => ({ step: i + 1, ids: batch.map((at) => input.rows[at]!.id) })) },
        { name: 'sft_config.json', text: `${JSON.stringify(settings(input, passes), null, 2)}\n` },
        { name: 'train.py', text: script },
      ],
      command: `python train.py ${input.baseModel}`,
      batches,
      keepsBatches: true,
      keeps: [
        'Every batch, every row in it and their order, shorter batches included: `keep_batches` replaces the data loader and sets `max_steps`.',
        'Rows are conversations, so the model needs a chat template (`chat_template_path` in sft_config.json gives it one). The loss is on the answer only (`completion_only_loss`).',
        'signals.jsonl gets loss and gradient norm of every step (`logging_steps: 1`).',
        severalProcesses('`per_device_train_batch_size`', '`gradient_accumulation_steps`'),
      ],
      cannotKeep: [
        `A batch with fewer rows than a step has passes (${passes}) cannot be dealt out and is left out here; more rows per device make fewer passes.`,
        'Losses of single rows, which TRL does not log: `sedi run` with `trainer: python` does.',
        'Packing and padding-free batches mix rows and must stay off. Rows longer than `max_length` tokens are cut without being counted.',
        'Going on from a checkpoint of this script has not been tried.',
      ],
      tried: true,
      checked: 'Tried with TRL itself: ids seen by the trainer equal the composed batches (SeDi’s own tests, TRL 1.16, one process on a CPU).',
    }
  },
} satisfies BatchExporter

const conversation = ({ id, prompt, completion }: ExportInput['rows'][number]): object => ({
  id,
  prompt: [{ role: 'user', content: prompt }],
  completion: [{ role: 'assistant', content: completion }],
})

function settings({ rowsPerDevice }: ExportInput, passes: number): object {
  return {
    output_dir: 'model',
    per_device_train_batch_size: rowsPerDevice,
    gradient_accumulation_steps: passes,
    packing: false,
    padding_free: false,
    shuffle_dataset: false,
    completion_only_loss: true,
    logging_steps: 1,
    dataloader_num_workers: 0,
    report_to: 'none',
  }
}

const script = `"""Trains on the composed batches, one per optimiser step: python train.py <model>. See README.md before changing settings."""

import json
import sys
from pathlib import Path

from datasets import Dataset
from sedi_trainer import ComposedBatches, SignalLog, keep_batches
from trl import SFTConfig, SFTTrainer


def main() -> None:
    here = Path(__file__).resolve().parent
    settings = json.loads((here / "sft_config.json").read_text(encoding="utf-8"))
    settings["output_dir"] = str(here / settings["output_dir"])
    with (here / "train.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    trainer = SFTTrainer(
        model=sys.argv[1],
        args=SFTConfig(**settings),
        train_dataset=Dataset.from_list(rows),
        callbacks=[SignalLog(here / "signals.jsonl")],
    )
    keep_batches(trainer, ComposedBatches.read(here / "batches.jsonl"))
    trainer.train()
    trainer.save_model()


if __name__ == "__main__":
    main()
`
