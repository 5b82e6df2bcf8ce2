import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type FakeHub, startFakeHub } from '@sedi/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeConfig } from './fixtures/test-folder.ts'

// Pushed by the real client to the hub's imitation, read back by the Python libraries `datasets`, `huggingface_hub` and `pyarrow`, as the trainer's
// environment has them (packages/trainers/python/requirements.lock).
const python = join(process.env.SEDI_PYTHON_ENV ?? '', 'bin', 'python')
const token = 'hf_0123456789abcdefSECRET'
const folder = testFolder()
let hub: FakeHub
let run = ''

/** Rules of the hub's documentation on dataset cards, looked for in the text: nothing here shares code with what writes cards. */
function cardProblems(content: string): string[] {
  const head = /^---\n([\s\S]*?)\n---\n/.exec(content)?.[1]
  if (head === undefined) return ['no metadata']
  const one = (key: string): string => new RegExp(`^${key}: (.+)$`, 'm').exec(head)?.[1] ?? ''
  return [
    ...(/^(cc-by-4\.0|mit|apache-2\.0)$/.test(one('license')) ? [] : ['"license" must be one of the known licences']),
    ...(/^size_categories:\n *- (n<1K|1K<n<10K)$/m.test(head) ? [] : ['"size_categories" must be one of the known ones']),
    ...(/^configs:\n *- config_name: default\n *data_files:\n *- split: train\n *path: data\/train/m.test(head) ? [] : ['"configs" must name data files']),
    ...(head.includes('\t') ? ['tabs'] : []),
  ]
}

beforeAll(async () => {
  hub = await startFakeHub({ token, cardProblems })
  writeConfig(folder, { generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } } })
  run = JSON.parse((await sedi(['run', '--json'], { cwd: folder })).stdout).run
}, 600_000)
afterAll(() => hub.close())

const ask = (...args: string[]) => sedi(args, { cwd: folder, env: { HF_TOKEN: token, HF_ENDPOINT: hub.url } })

/** What a Python program prints, as JSON. */
async function readBack(program: string, key: string | undefined = token): Promise<Record<string, never>> {
  writeFileSync(join(folder, 'read.py'), program)
  const env = {
    ...process.env,
    HF_ENDPOINT: hub.url,
    HF_HOME: join(folder, `hf-${Math.random()}`),
    HF_HUB_DISABLE_XET: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
    HF_TOKEN: key,
  }
  const { stdout } = await promisify(execFile)(python, [join(folder, 'read.py')], { env, maxBuffer: 2 ** 26 })
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

const load = (options = ''): string => `
import json
from datasets import load_dataset
data = load_dataset("tester/poems"${options})
print(json.dumps({name: {"rows": list(split), "features": {key: repr(value) for key, value in split.features.items()}} for name, split in data.items()}))
`

const messagesType = "List({'role': Value('string'), 'content': Value('string')})"

it('load_dataset gives the same rows in the right types, split into train and test', { timeout: 600_000 }, async () => {
  expect(await ask('push', run, '--repo', 'tester/poems', '--license', 'cc-by-4.0', '--private', '--test-share', '0.2')).toMatchObject({ code: 0 })
  const columns = ['--format', 'messages', '--with', 'id,round,seeds']
  expect(await ask('export', run, ...columns, '--test-share', '0.2', '--out', 'local.jsonl')).toMatchObject({ code: 0 })
  const { train, test } = (await readBack(load())) as Record<string, { rows: object[]; features: object }>
  const local = (name: string): object[] => {
    return readFileSync(join(folder, `local.${name}.jsonl`), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)) // prettier-ignore
  }
  expect([train!.rows, test!.rows]).toEqual([local('train'), local('test')])
  const features = { messages: messagesType, id: "Value('string')", round: "Value('int64')", seeds: "List(Value('string'))" }
  expect([train!.features, test!.features]).toEqual([features, features])
})

it('a private data set is not for everybody; a public one is; a pull request and a branch can be read under their names', { timeout: 600_000 }, async () => {
  await expect(readBack(load(), '')).rejects.toThrow(/401 Unauthorized/)
  await ask('push', run, '--repo', 'tester/poems', '--create-pr')
  const proposed = (await readBack(load(', revision="refs/pr/1"'))) as Record<string, { rows: object[] }>
  expect(Object.keys(proposed)).toEqual(['train'])
  await ask('push', run, '--repo', 'tester/poems', '--branch', 'alpaca', '--format', 'alpaca', '--with', '')
  const branch = (await readBack(load(', revision="alpaca"'))) as Record<string, { rows: object[]; features: object }>
  expect(branch.train!.features).toEqual({ instruction: "Value('string')", input: "Value('string')", output: "Value('string')" })
  expect(branch.train!.rows).toHaveLength(proposed.train!.rows.length)
  await ask('push', run, '--repo', 'tester/open', '--license', 'mit', '--format', 'sharegpt')
  const open = (await readBack(load().replace('tester/poems', 'tester/open'), '')) as Record<string, { rows: object[]; features: Record<string, string> }>
  expect(open.train!.features.conversations).toBe("List({'from': Value('string'), 'value': Value('string')})")
})

it('the card is valid, and its figures are those of the data', { timeout: 600_000 }, async () => {
  const card = await readBack(`
import json, io
import yaml
import pyarrow.parquet as parquet
from datasets import load_dataset_builder
from huggingface_hub import DatasetCard, HfApi, hf_hub_download
card = DatasetCard.load("tester/poems")
card.validate()
broken = DatasetCard(str(card).replace("license: cc-by-4.0", "license: whatever"))
try:
    broken.validate()
    refused = False
except ValueError:
    refused = True
api = HfApi()
files = api.list_repo_files("tester/poems", repo_type="dataset")
info = card.data.to_dict()["dataset_info"]
tables = {}
for split in card.data.to_dict()["configs"][0]["data_files"]:
    table = parquet.read_table(hf_hub_download("tester/poems", split["path"], repo_type="dataset"))
    tables[split["split"]] = {"rows": table.num_rows, "type": str(table.schema.field("messages").type)}
builder = load_dataset_builder("tester/poems")
print(json.dumps({"refused": refused, "files": files, "license": card.data.license, "sizes": card.data.size_categories, "info": info, "tables": tables, "images": [p for p in files if p.startswith("plots/") and p in card.text]}))
`)
  const { refused, files, license, sizes, info, tables, images } = card as unknown as {
    refused: boolean
    files: string[]
    license: string
    sizes: string[]
    tables: object
    images: string[]
    info: { splits: { name: string; num_examples: number }[] }
  }
  expect({ refused, license, sizes }).toEqual({ refused: true, license: 'cc-by-4.0', sizes: ['n<1K'] })
  expect(tables).toEqual(
    Object.fromEntries(
      info.splits.map(({ name, num_examples }) => [name, { rows: num_examples, type: 'list<element: struct<role: string, content: string>>' }]),
    ),
  )
  expect(images.toSorted()).toEqual(files.filter((path) => path.startsWith('plots/')).toSorted())
  expect(files).toEqual(expect.arrayContaining(['README.md', 'sedi/lineage.jsonl', 'sedi/manifest.json']))
})
