import { type BatchExporter, batchesToCut, type ExportInput, rowsInOrder, settingsFile, severalProcesses } from './exporter.ts'

const dataset = 'sedi_batches'

/** LLaMA-Factory reads rows one after another when told not to shuffle. */
export default {
  id: 'llama-factory',
  title: 'LLaMA-Factory (llamafactory-cli train)',
  export(input) {
    const batches = batchesToCut(input, { shortLast: true })
    return {
      files: [
        { name: 'train.jsonl', rows: rowsInOrder(input, batches) },
        { name: 'dataset_info.json', text: `${JSON.stringify({ [dataset]: description }, null, 2)}\n` },
        { name: 'train.yaml', text: settingsFile(own(input), fixed(input)) },
      ],
      command: 'llamafactory-cli train train.yaml',
      batches,
      keepsBatches: true,
      keeps: [
        'Rows stand in train.jsonl in the order of training, every epoch written out, so `num_train_epochs` stays 1. `disable_shuffling: true` reads them one after another; a step takes `per_device_train_batch_size` × `gradient_accumulation_steps` of them.',
        '`packing`, `neat_packing` and `streaming` are off and `val_size` is 0, because each of them rearranges rows. Leave `max_samples` unset.',
        severalProcesses('`per_device_train_batch_size`', '`gradient_accumulation_steps`'),
      ],
      cannotKeep: [
        'A shorter batch before the last one: it is left out here, because every later row would move.',
        'With several processes the last, shorter batch is filled up with rows from the beginning (by accelerate).',
        'A row that LLaMA-Factory refuses is dropped with a warning, and every later row moves: look for “Dropped invalid example”. Longer rows than `cutoff_len` are cut.',
        'Signals of batches: trainer_log.jsonl has loss and learning rate; gradient norms are in trainer_state.json, of a single batch only with `logging_steps: 1`. Losses of single rows are nowhere.',
        'Ids of rows: the column is dropped before training.',
      ],
      tried: false,
      checked: 'Settings were checked against LLaMA-Factory’s source and its data/README.md; the files were not tried with the program itself.',
    }
  },
} satisfies BatchExporter

const description = {
  file_name: 'train.jsonl',
  formatting: 'sharegpt',
  columns: { messages: 'messages' },
  tags: { role_tag: 'role', content_tag: 'content', user_tag: 'user', assistant_tag: 'assistant', system_tag: 'system' },
}

/** Without a template, LLaMA-Factory reads the tokenizer's own. */
const own = ({ baseModel }: ExportInput): object => ({
  model_name_or_path: baseModel,
  finetuning_type: 'lora',
  lora_target: 'all',
  cutoff_len: 2048,
  output_dir: 'model',
  learning_rate: 0.0001,
  lr_scheduler_type: 'constant',
  logging_steps: 1,
  report_to: 'none',
})

const fixed = ({ batchSize, rowsPerDevice }: ExportInput): object => ({
  stage: 'sft',
  do_train: true,
  dataset_dir: '.',
  dataset,
  overwrite_cache: true,
  disable_shuffling: true,
  packing: false,
  neat_packing: false,
  streaming: false,
  val_size: 0,
  num_train_epochs: 1,
  per_device_train_batch_size: rowsPerDevice,
  gradient_accumulation_steps: batchSize / rowsPerDevice,
  dataloader_drop_last: false,
})
