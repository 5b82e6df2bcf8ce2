import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyVariables } from '@sedi/kit'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { sediInside } from './fixtures/sedi-inside.ts'

// What people type, and what must help them. Everything here is exit 2: nothing was bought.

const folder = mkdtempSync(join(tmpdir(), 'sedi-mistakes-'))
beforeAll(() => {
  for (const name of keyVariables()) vi.stubEnv(name, undefined)
  mkdirSync(join(folder, 'runs/2026-11-22-041710-sedi'), { recursive: true })
  writeFileSync(join(folder, 'runs/2026-11-22-041710-sedi/ledger.db'), '')
  writeFileSync(join(folder, 'data.jsonl'), '{"instruction":"Name a river.","output":"Ebro"}\n')
  writeFileSync(join(folder, 'broken.yaml'), 'recipe: [sedi\n')
  writeFileSync(
    join(folder, 'my.yaml'),
    'seeds: sedi:general\ngenerator: { id: openai, model: gpt-5-mini }\ntarget: { kept: 10 }\ntrainer: none\nbudget: { maxCostUsd: 1 }\n',
  )
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

it.each<[line: string, helps: RegExp]>([
  // Commands and options
  ['', /First steps:[\s\S]*sedi init/],
  ['exprot x', /unknown command 'exprot'[\s\S]*Did you mean export\?/],
  ['generate', /unknown command 'generate'[\s\S]*Did you mean run\?/],
  ['upload x', /Did you mean push\?/],
  ['my.yaml', /A configuration is run with: sedi run my\.yaml/],
  ['run --dryrun', /unknown option '--dryrun'[\s\S]*Did you mean --dry-run\?[\s\S]*sedi run --help shows/],
  ['status', /missing required argument 'run'[\s\S]*“sedi runs” lists the runs/],
  ['import data.jsonl', /required option '--as <use>'/],
  ['import data.jsonl --as seeds --out x.jsonl --format sharegtp', /Allowed choices are .*[\s\S]*Did you mean sharegpt\?/],
  ['batch data.jsonl --composer rond-robin', /Did you mean round-robin\?/],
  ['run --max-cost free', /expected a number above 0, got “free”/],
  ['trainer setup pyton', /there are .*python/],
  ['resume x --concurrency 0.5', /expected a whole number above 0, got “0\.5”/],
  ['worker postgres://host/sedi --concurrency 0.5', /expected a whole number above 0, got “0\.5”/],
  ['worker postgres://host/sedi --log-format jsn', /Allowed choices are text, json[\s\S]*Did you mean json\?/],
  // Files and runs
  ['run', /no sedi\.config\.yaml in .*“sedi init” makes one/],
  ['doctor', /no sedi\.config\.yaml in .*“sedi init” makes one/],
  ['run my.yml', /no configuration file .*my\.yml[\s\S]*Did you mean my\.yaml\?/],
  ['run data.jsonl', /data\.jsonl is a data file[\s\S]*sedi init --seeds data\.jsonl/],
  ['run broken.yaml', /broken\.yaml:\d+:\d+: /],
  ['filter dat.jsonl', /no file .*dat\.jsonl[\s\S]*Did you mean data\.jsonl\?/],
  ['metrics data.json', /no file .*data\.json, and no run of that name[\s\S]*Did you mean data\.jsonl\?/],
  ['filter data.jsonl --rejects data.jsonl', /--rejects and the input are the same file, .*data\.jsonl/],
  ['batch data.jsonl --out data.jsonl', /--out and the input are the same file, .*data\.jsonl/],
  ['import data.jsonl --as seeds --out ./data.jsonl', /--out and the input are the same file, .*data\.jsonl/],
  ['export 2026-11-22-041711-sedi', /There is no run “2026-11-22-041711-sedi”[\s\S]*Did you mean 2026-11-22-041710-sedi\?/],
  ['explain 2026-11-22 seed-001', /Did you mean 2026-11-22-041710-sedi\?/],
  // Keys
  ['run my.yaml', /OPENAI_API_KEY[\s\S]*apiKey[\s\S]*\.env/],
  // Configuration
  ['run my.yaml --set filter.treshold=0.8', /filter\.treshold: unknown key; did you mean “threshold”\?/],
  ['run my.yaml --set generator.id=opnai', /got "opnai"; did you mean “openai”\?/],
  ['run my.yaml --set prompt.strategy=stagged', /got "stagged"; did you mean “staged”\?/],
  ['run my.yaml --set filter.threshold', /expected path=value, as in --set filter\.threshold=0\.8/],
  ['run my.yaml --set generator.model=gpt-9', /budget in dollars cannot be held at an unknown price; set generator\.price, or budget\.maxTokens/],
  ['run my.yaml --set seeds=mine.jsonl', /There is no file .*mine\.jsonl/],
])('sedi %s', async (line, helps) => {
  const words = line.split(' ').filter((word) => word !== '')
  expect(await sediInside(words, { cwd: folder })).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(helps) })
})
