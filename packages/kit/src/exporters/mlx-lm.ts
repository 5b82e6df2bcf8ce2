import { asMessages, type BatchExporter, batchesToCut, type ExportInput, rowsInOrder, settingsFile } from './exporter.ts'

/** mlx-lm makes its own batches, whatever it is given. */
export default {
  id: 'mlx-lm',
  title: 'mlx-lm (mlx_lm.lora)',
  export(input) {
    const batches = batchesToCut(input, { shortLast: false })
    return {
      files: [
        { name: 'train.jsonl', rows: rowsInOrder(input, batches) },
        { name: 'valid.jsonl', rows: (batches[0] ?? []).map((at) => asMessages(input.rows[at]!)) },
        { name: 'lora.yaml', text: settingsFile(own(input), fixed(input, batches.length)) },
      ],
      command: 'mlx_lm.lora --config lora.yaml',
      batches,
      keepsBatches: false,
      keeps: ['The rows, each as often as the batches have it, the batch size, the number of steps (`iters`) and the loss on the answer only (`mask_prompt`).'],
      cannotKeep: [
        'The batches. mlx-lm sorts rows by length, cuts batches from that order and visits them in a random one; no setting turns this off. Take diversity within batches as lost: if it matters, use another trainer.',
        'In the version we read, the length it sorts by is the number of fields of a row, the same for all, so that rows of a batch stay together and only batches change places. Nothing promises that.',
        'The rest: mlx-lm drops rows that do not fill a batch, so shorter batches are left out here.',
        'Accumulation over several passes is not set: the whole batch is in memory at once. A smaller --size needs less.',
        'mlx-lm demands a validation file: valid.jsonl repeats the first batch, so its validation loss is no measure of anything. Put rows of your own there, at least one batch of them.',
        'Gradient norms and losses of single rows; loss is reported per step.',
      ],
      tried: false,
      checked:
        'Settings were checked against mlx-lm’s source and its example configuration; the files were not tried with the program itself, which needs Apple hardware.',
    }
  },
} satisfies BatchExporter

const own = ({ baseModel }: ExportInput): object => ({
  model: baseModel,
  fine_tune_type: 'lora',
  learning_rate: 0.0001,
  max_seq_length: 2048,
  adapter_path: 'adapters',
})

const fixed = ({ batchSize }: ExportInput, steps: number): object => ({
  train: true,
  data: '.',
  batch_size: batchSize,
  iters: steps,
  mask_prompt: true,
  steps_per_report: 1,
  steps_per_eval: steps,
  val_batches: 1,
})
