import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { BatchedInstructions } from './batch-instructions.ts'
import { type ExportOptions, exportBatches, exporterNames } from './export-batches.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-export-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const figures = { diversity: 0.9, conflictsPerBatch: 0 }
const ids = Array.from({ length: 10 }, (_, i) => `e${i}`)
/** Two epochs of ten rows in batches of four: each ends with one of two. */
const order = [
  [3, 1, 4, 0],
  [5, 9, 2, 6],
  [8, 7],
  [7, 0, 9, 3],
  [2, 8, 4, 1],
  [6, 5],
]
const batched: BatchedInstructions = {
  rows: ids.map((id, i) => ({
    id,
    instruction: `Do ${i}.`,
    task: { instruction: `Do ${i}.`, input: i === 3 ? 'With “this”.' : '', output: `Done ${i}\u2028.` },
  })),
  batches: order.map((indices, i) => ({ indices, ids: indices.map((at) => ids[at]!), epoch: i < 3 ? 1 : 2, diversity: 0.9, conflicts: 0 })),
  settings: { size: 4, composer: 'round-robin', variant: 'epoch-exact', conflictThreshold: 0.7 },
  composed: figures,
  random: figures,
  conflictWitness: undefined,
  issues: [],
}

async function exported(trainer: string, options: Partial<ExportOptions> = {}) {
  const folder = join(root, `${trainer}-${Object.values(options).join('-')}`)
  const result = await exportBatches(batched, { trainer, folder, ...options })
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const lines = (name: string) =>
    read(name)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  return { ...result, read, lines, idsIn: (name: string): string[] => lines(name).map(({ id }) => id) }
}

const inOrder = (...batches: number[]): string[] => batches.flatMap((at) => order[at]!.map((row) => ids[row]!))

describe.each(exporterNames)('for %s', (trainer) => {
  it('says in its README what to type, what is kept by what, and what is not', async () => {
    const { command, keeps, cannotKeep, checked, files, read } = await exported(trainer)
    const readme = read('README.md')
    for (const sentence of [command, ...keeps, ...cannotKeep, checked]) expect(readme).toContain(sentence)
    expect([keeps.length > 0, cannotKeep.length > 0]).toEqual([true, true])
    for (const name of files) expect(read(name)).not.toBe('')
  })
})

it('trl: rows once, prompt and answer as conversations; every batch by id; passes × rows per device is the batch', async () => {
  const { lines, idsIn, read, leftOut, rowsPerDevice } = await exported('trl', { rowsPerDevice: 2 })
  expect(idsIn('train.jsonl')).toEqual(ids)
  expect(lines('train.jsonl')[3]).toEqual({
    id: 'e3',
    prompt: [{ role: 'user', content: 'Do 3.\n\nWith “this”.' }],
    completion: [{ role: 'assistant', content: 'Done 3\u2028.' }],
  })
  expect(lines('batches.jsonl').map((line) => line.ids)).toEqual(order.map((batch) => batch.map((at) => ids[at])))
  expect(leftOut).toEqual({ batches: 0, rows: 0 })
  expect([rowsPerDevice, JSON.parse(read('sft_config.json'))]).toEqual([
    2,
    expect.objectContaining({ per_device_train_batch_size: 2, gradient_accumulation_steps: 2, packing: false, padding_free: false, logging_steps: 1 }),
  ])
})

it('trl: a batch with fewer rows than passes is left out and counted', async () => {
  const { lines, leftOut } = await exported('trl', { rowsPerDevice: 1 })
  expect([lines('batches.jsonl').length, leftOut]).toEqual([4, { batches: 2, rows: 4 }])
})

// Names and values as the trainers document them: LLaMA-Factory's data/README.md and hparams, axolotl's config reference, mlx-lm's lora_config.yaml.
it('llama-factory: an OpenAI-messages data set and settings that read it one row after another', async () => {
  const { idsIn, lines, read, leftOut } = await exported('llama-factory', { rowsPerDevice: 2, baseModel: 'acme/model' })
  expect(idsIn('train.jsonl')).toEqual(inOrder(0, 1, 3, 4, 5))
  expect(leftOut).toEqual({ batches: 1, rows: 2 })
  expect(lines('train.jsonl')[0].messages.map(({ role }: { role: string }) => role)).toEqual(['user', 'assistant'])
  const settings = parse(read('train.yaml'))
  expect(settings).toMatchObject({
    model_name_or_path: 'acme/model',
    stage: 'sft',
    do_train: true,
    disable_shuffling: true,
    packing: false,
    neat_packing: false,
    streaming: false,
    val_size: 0,
    num_train_epochs: 1,
    per_device_train_batch_size: 2,
    gradient_accumulation_steps: 2,
  })
  expect(JSON.parse(read('dataset_info.json'))[settings.dataset]).toEqual({
    file_name: 'train.jsonl',
    formatting: 'sharegpt',
    columns: { messages: 'messages' },
    tags: { role_tag: 'role', content_tag: 'content', user_tag: 'user', assistant_tag: 'assistant', system_tag: 'system' },
  })
})

it('axolotl: messages for chat_template, sequential, nothing packed, dropped or split off', async () => {
  const { idsIn, read, leftOut } = await exported('axolotl')
  expect(idsIn('train.jsonl')).toEqual(inOrder(0, 1, 3, 4, 5))
  expect(leftOut).toEqual({ batches: 1, rows: 2 })
  expect(parse(read('train.yaml'))).toMatchObject({
    datasets: [{ path: 'train.jsonl', ds_type: 'json', type: 'chat_template', field_messages: 'messages', roles_to_train: ['assistant'] }],
    curriculum_sampling: true,
    shuffle_merged_datasets: false,
    sample_packing: false,
    dataset_exact_deduplication: false,
    excess_length_strategy: 'truncate',
    val_set_size: 0,
    num_epochs: 1,
    micro_batch_size: 4,
    gradient_accumulation_steps: 1,
  })
})

it('mlx-lm: says that it does not keep batches; whole batches only, and a validation file of one batch', async () => {
  const { idsIn, read, keepsBatches, leftOut } = await exported('mlx-lm')
  expect(keepsBatches).toBe(false)
  expect(read('README.md')).toContain('**This trainer does not keep the batches.**')
  expect([idsIn('train.jsonl'), idsIn('valid.jsonl')]).toEqual([inOrder(0, 1, 3, 4), inOrder(0)])
  expect(leftOut).toEqual({ batches: 2, rows: 4 })
  expect(parse(read('lora.yaml'))).toMatchObject({ train: true, data: '.', batch_size: 4, iters: 4, mask_prompt: true })
})

it('refuses what cannot be exported, before anything is written', async () => {
  await expect(exported('unsloth')).rejects.toMatchObject({ code: 'invalid-config', message: expect.stringContaining('axolotl, llama-factory, mlx-lm, trl') })
  await expect(exported('trl', { rowsPerDevice: 3 })).rejects.toMatchObject({
    code: 'invalid-config',
    message: expect.stringContaining('divides the batch size of 4'),
  })
  const folder = join(root, 'none')
  const short = { ...batched, batches: batched.batches.slice(2, 3) }
  await expect(exportBatches(short, { trainer: 'mlx-lm', folder })).rejects.toMatchObject({ code: 'invalid-input' })
  const unanswered = { ...batched, rows: batched.rows.map((row) => ({ ...row, task: undefined })) }
  await expect(exportBatches(unanswered, { trainer: 'trl', folder })).rejects.toMatchObject({ code: 'invalid-input' })
  expect(() => readFileSync(join(folder, 'README.md'))).toThrow()
})

it('a folder that cannot be made is a storage error', async () => {
  writeFileSync(join(root, 'file'), '')
  await expect(exportBatches(batched, { trainer: 'trl', folder: join(root, 'file') })).rejects.toMatchObject({ code: 'storage' })
})
