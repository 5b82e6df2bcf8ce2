import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeJsonLines } from './fixtures/test-folder.ts'

// `npm run test:full` makes the environment first.
const python = join(process.env.SEDI_PYTHON_ENV ?? '', 'bin', 'python')
const trainerFolder = fileURLToPath(new URL('../../../packages/trainers/python', import.meta.url))

/** Runs a script with TRL's trainer watched: what is collated, pass by pass, goes to a file. */
const watch = `
import json, runpy, sys
import torch, trl

torch.set_num_threads(1)
seen = []

class Watched(trl.SFTTrainer):
    def __init__(self, *positional, **named):
        super().__init__(*positional, **named)
        collate = self.data_collator
        self.data_collator = lambda features: (seen.append([one["id"] for one in features]), collate(features))[1]

    def train(self, *positional, **named):
        result = super().train(*positional, **named)
        with open(sys.argv[0] + ".seen.json", "w") as file:
            json.dump({"passes": seen, "steps": self.state.global_step}, file)
        return result

trl.SFTTrainer = Watched
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
`

/** Rows read one after another by transformers' own loader, as trainers do that are told not to shuffle. */
const sequential = `
import json, sys
from datasets import Dataset
from trl import SFTConfig, SFTTrainer

with open(sys.argv[2], encoding="utf-8") as lines:
    rows = [json.loads(line) for line in lines]
settings = SFTConfig(output_dir=sys.argv[3], use_cpu=True, bf16=False, save_strategy="no", report_to="none", num_train_epochs=1,
    per_device_train_batch_size=int(sys.argv[4]), gradient_accumulation_steps=int(sys.argv[5]), train_sampling_strategy="sequential",
    remove_unused_columns=False)
SFTTrainer(model=sys.argv[1], args=settings, train_dataset=Dataset.from_list(rows)).train()
`

let folder: string
let composed: string[][]
const at = (...names: string[]): string => join(folder, ...names)
const watched = (script: string, ...args: string[]): { passes: string[][]; steps: number } => {
  execFileSync(python, [at('watch.py'), script, ...args], {
    cwd: folder,
    env: { ...process.env, PYTHONPATH: join(trainerFolder, 'src'), TOKENIZERS_PARALLELISM: 'false', HF_HUB_OFFLINE: '1' },
    stdio: 'pipe',
  })
  return JSON.parse(readFileSync(`${script}.seen.json`, 'utf8'))
}
const stepsOf = (passes: string[][], perStep: number): string[][] =>
  Array.from({ length: Math.ceil(passes.length / perStep) }, (_, i) => passes.slice(i * perStep, (i + 1) * perStep).flat())

beforeAll(async () => {
  folder = testFolder()
  writeFileSync(at('watch.py'), watch)
  writeFileSync(at('sequential.py'), sequential)
  const program = 'import sys, pathlib; sys.path.insert(0, sys.argv[1]); from tiny import make_model; make_model(pathlib.Path(sys.argv[2]))'
  execFileSync(python, ['-c', program, join(trainerFolder, 'tests'), at('base')], { stdio: 'pipe' })
  // 22 rows: each of two epochs ends with a batch of six.
  writeJsonLines(
    at('rows.jsonl'),
    Array.from({ length: 22 }, (_, i) => ({ id: `row-${i}`, instruction: `Say ${'word '.repeat(i % 5)}${i}.`, output: `${i}` })),
  )
  const { code } = await sedi(['batch', 'rows.jsonl', '--size', '8', '--epochs', '2', '--out', 'batches.jsonl'], { cwd: folder })
  expect(code).toBe(0)
  composed = readFileSync(at('batches.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).ids)
  expect(composed.map(({ length }) => length)).toEqual([8, 8, 6, 8, 8, 6])
}, 600_000)

const exportFor = (trainer: string) =>
  sedi(['batch', 'rows.jsonl', '--size', '8', '--epochs', '2', '--for', trainer, '--out', trainer, '--rows-per-device', '4'], { cwd: folder })

it('trl: its script in TRL sees exactly the composed batches, shorter ones included', { timeout: 600_000 }, async () => {
  expect((await exportFor('trl')).code).toBe(0)
  const settings = JSON.parse(readFileSync(at('trl/sft_config.json'), 'utf8'))
  writeFileSync(at('trl/sft_config.json'), JSON.stringify({ ...settings, use_cpu: true, bf16: false, save_strategy: 'no' }))
  const { passes, steps } = watched(at('trl/train.py'), at('base'))
  expect([steps, stepsOf(passes, 2)]).toEqual([6, composed])
  const signals = readFileSync(at('trl/signals.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(signals.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6])
  for (const { gradNorm } of signals) expect(gradNorm).toBeGreaterThan(0)
})

it.each([
  ['llama-factory', 'per_device_train_batch_size'],
  ['axolotl', 'micro_batch_size'],
])(
  '%s: rows read one after another with its numbers are the composed batches, without the shorter one in the middle',
  { timeout: 600_000 },
  async (trainer, perDevice) => {
    expect((await exportFor(trainer)).code).toBe(0)
    const yaml = readFileSync(at(trainer, 'train.yaml'), 'utf8')
    const setting = (name: string): string => new RegExp(`^${name}: (\\d+)$`, 'm').exec(yaml)![1]!
    const accumulation = Number(setting('gradient_accumulation_steps'))
    const { passes, steps } = watched(at('sequential.py'), at('base'), at(trainer, 'train.jsonl'), at('out'), setting(perDevice), String(accumulation))
    expect([steps, stepsOf(passes, accumulation)]).toEqual([5, composed.filter((_, i) => i !== 2)])
  },
)
