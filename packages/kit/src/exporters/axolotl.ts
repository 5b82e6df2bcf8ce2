import { type BatchExporter, batchesToCut, type ExportInput, rowsInOrder, settingsFile, severalProcesses } from './exporter.ts'

/** Axolotl reads rows one after another with `curriculum_sampling`. */
export default {
  id: 'axolotl',
  title: 'axolotl (axolotl train)',
  export(input) {
    const batches = batchesToCut(input, { shortLast: true })
    return {
      files: [
        { name: 'train.jsonl', rows: rowsInOrder(input, batches) },
        { name: 'train.yaml', text: settingsFile(own(input), fixed(input)) },
      ],
      command: 'axolotl train train.yaml',
      batches,
      keepsBatches: true,
      keeps: [
        'Rows stand in train.jsonl in the order of training, every epoch written out, so `num_epochs` stays 1. `curriculum_sampling: true` reads them one after another and `shuffle_merged_datasets: false` leaves the file as it is (newer versions shuffle even a single data set); a step takes `micro_batch_size` × `gradient_accumulation_steps` rows.',
        '`sample_packing` and `dataset_exact_deduplication` are off and `val_set_size` is 0, because each of them rearranges or removes rows. Leave `group_by_length` unset.',
        '`excess_length_strategy: truncate` cuts rows longer than `sequence_len`. Its default drops them, and every later row would move.',
        severalProcesses('`micro_batch_size`', '`gradient_accumulation_steps`'),
      ],
      cannotKeep: [
        'A shorter batch before the last one: it is left out here, because every later row would move.',
        'With several processes the last, shorter batch is filled up with rows from the beginning (by accelerate).',
        'Prepared data is cached in `dataset_prepared_path` under the name of the file, in the versions we read not under its content: delete that folder after a new export.',
        'Rows that the chat template refuses, or that have no tokens to learn, are dropped while preparing, and every later row moves: compare the number of rows that axolotl reports.',
        'Losses of single rows. Loss and gradient norm of each step are in trainer_state.json.',
        'Ids of rows: the column is dropped before training.',
      ],
      tried: false,
      checked:
        'Settings were checked against axolotl’s source and documentation; the files were not tried with the program itself. `excess_length_strategy` is of newer versions: an older one refuses or ignores it.',
    }
  },
} satisfies BatchExporter

const own = ({ baseModel }: ExportInput): object => ({
  base_model: baseModel,
  adapter: 'lora',
  lora_r: 16,
  lora_alpha: 32,
  lora_target_linear: true,
  sequence_len: 2048,
  output_dir: './model',
  optimizer: 'adamw_torch',
  learning_rate: 0.0001,
  lr_scheduler: 'constant',
  logging_steps: 1,
  chat_template: 'tokenizer_default',
})

const fixed = ({ batchSize, rowsPerDevice }: ExportInput): object => ({
  datasets: [
    {
      path: 'train.jsonl',
      ds_type: 'json',
      type: 'chat_template',
      field_messages: 'messages',
      message_property_mappings: { role: 'role', content: 'content' },
      roles_to_train: ['assistant'],
      train_on_eos: 'turn',
    },
  ],
  dataset_prepared_path: './prepared',
  shuffle_merged_datasets: false,
  curriculum_sampling: true,
  sample_packing: false,
  dataset_exact_deduplication: false,
  excess_length_strategy: 'truncate',
  val_set_size: 0,
  num_epochs: 1,
  micro_batch_size: rowsPerDevice,
  gradient_accumulation_steps: batchSize / rowsPerDevice,
})
