import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Issue, type RunConfig, SediError } from '@sedi/spec'
import { afterAll, describe, expect, it } from 'vitest'
import { changedKeys, fingerprintOf } from './fingerprint.ts'
import { loadConfig } from './load-config.ts'
import { parseConfig, type RawConfig } from './parse-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const origin = join(folder, 'sedi.config.yaml')

const minimal: RawConfig = { seeds: 'seeds.jsonl', generator: 'simulated', trainer: 'none', target: { calls: 2 } }
const parse = (change: RawConfig = {}): RunConfig => parseConfig({ ...minimal, ...change }, origin)

function issuesOf(change: RawConfig): readonly Issue[] {
  try {
    parse(change)
    return []
  } catch (error) {
    if (!SediError.is(error, 'invalid-config')) throw error
    return error.issues
  }
}
const messages = (change: RawConfig): string[] => issuesOf(change).map(({ path, message }) => `${path}: ${message}`)

const program = (capabilities: object = {}) => ({ id: 'command', command: ['train'], capabilities })

describe('parseConfig', () => {
  it('fills in schema, recipe and what the user wrote, in this order of strength', () => {
    expect(parse().filter.threshold).toBe(0.85)
    expect(parse({ recipe: 'alpaca' })).toMatchObject({ filter: { threshold: 0.7 }, batches: { composer: 'random', size: 128 }, seedPolicy: { rule: 'fixed' } })
    expect(parse({ recipe: 'alpaca', filter: { threshold: 0.8 } }).filter).toMatchObject({ threshold: 0.8, heuristics: 'alpaca' })
    expect(parse({ filter: { threshold: 0 } }).filter.threshold).toBe(0)
  })

  it('takes a bare adapter name, and an adapter’s own options beside the shared ones', () => {
    expect(parse().generator).toMatchObject({ id: 'simulated', worldSeed: 1, temperature: 1, maxOutputTokens: 3072 })
    expect(parse({ generator: { id: 'openai', model: 'm', maxTokensField: 'max_tokens', temperature: 0 } }).generator).toMatchObject({
      maxTokensField: 'max_tokens',
      temperature: 0,
    })
    expect(parse({ trainer: { id: 'embedded', layers: 3 } }).trainer).toMatchObject({ id: 'embedded', layers: 3, width: 64 })
  })

  it('makes file names absolute, relative to the configuration file', () => {
    const config = parse({ trainer: { id: 'embedded', baseModel: './base.safetensors' }, evaluation: { heldOut: '../test.jsonl' } })
    expect(config.seeds).toBe(join(folder, 'seeds.jsonl'))
    expect(config.store).toBe(join(folder, 'runs'))
    expect(config.evaluation.heldOut).toBe(join(folder, '../test.jsonl'))
    expect(config.trainer.baseModel).toBe(join(folder, 'base.safetensors'))
  })

  it('names every unknown key and the nearest known one, at any depth', () => {
    expect(messages({ tresh: 1, filter: { treshold: 0.7 }, generator: { id: 'simulated', worldSed: 2, zzzzzzzz: 1 } })).toEqual(
      expect.arrayContaining([
        'tresh: unknown key',
        'filter.treshold: unknown key; did you mean “threshold”?',
        'generator.worldSed: unknown key; did you mean “worldSeed”?',
        'generator.zzzzzzzz: unknown key',
      ]),
    )
    expect(messages({ genrator: 'simulated' })).toEqual(['genrator: unknown key; did you mean “generator”?'])
  })

  it.each([
    [{ recipe: 'sedy' }, /^recipe: expected one of .*sedi.*got "sedy"/],
    [{ generator: 'opnai' }, /^generator.*: expected one of .*openai, .*simulated; got "opnai"/],
    [{ trainer: { id: 'gpu' } }, /^trainer.*: expected one of .*embedded.*none; got "gpu"/],
    [{ filter: { threshold: 1.5 } }, /^filter.threshold: expected number to be <=1; got 1.5/],
    [{ filter: { threshold: '0.7' } }, /^filter.threshold: expected number; got "0.7"/],
    [{ target: {} }, /^target: expected at least one of calls, kept, costUsd/],
    [{ target: { calls: 0 } }, /^target.calls: /],
    [{ target: { calls: 1.5 } }, /^target.calls: /],
    [{ training: { epochsPerRound: 1, stepsPerRound: 2 } }, /^training: expected epochsPerRound or stepsPerRound, not both/],
    [{ seeds: undefined }, /^seeds: expected string; got nothing/],
    [{ batches: { composer: 'shuffled' } }, /^batches.composer: expected one of .*got "shuffled"/],
  ])('explains %j', (change, wanted) => {
    expect(messages(change)).toEqual([expect.stringMatching(wanted)])
  })

  it.each([
    [{ generator: 'openai' }, /^generator.model: the provider “openai” needs the name of a model/],
    [
      { budget: { maxCostUsd: 1 } },
      /^budget.maxCostUsd: a budget in dollars cannot be held at an unknown price; set generator.price, or budget.maxTokens instead/,
    ],
    [{ target: { costUsd: 1 } }, /^target.costUsd: cost cannot be counted/],
    [{ store: 'mongodb://user:secret@host/db' }, /^store: “mongodb:\/\/…” is not supported; expected a folder, or an address/],
    [{ evaluation: { evaluators: ['exact-match'], heldOut: 't.jsonl' } }, /^evaluation.evaluators: without a trainer/],
    [{ trainer: 'embedded', evaluation: { evaluators: ['exact-match'] } }, /^evaluation.heldOut: evaluators need a test set/],
    [{ trainer: program(), seedPolicy: { rule: 'bandit' } }, /^seedPolicy.rule: “bandit” needs the losses of examples, which the trainer “command” does not/],
    [
      { trainer: program({ perStepLoss: true }), feedback: { signal: 'el2n' } },
      /^feedback.signal: the trainer “command” tells not what “el2n” needs; set feedback.signal: auto .*, or seedPolicy.rule: fixed/,
    ],
    [{ trainer: program({ perStepLoss: true }), feedback: { signal: 'probe-progress' } }, /^feedback.signal: .* tells not what “probe-progress” needs/],
    [{ trainer: program() }, /^feedback.signal: the trainer “command” tells nothing of its steps; set feedback.scorer/],
    [
      { trainer: program({ perStepLoss: true, fixedBatches: true, masks: true }), training: { mask: 'gap', maskClusterShare: 0.5 } },
      /^training.maskClusterShare: below 1 needs the gaps of examples/,
    ],
  ])('refuses what does not fit together: %j', (change, wanted) => {
    expect(messages(change)).toEqual([expect.stringMatching(wanted)])
  })
})

describe('checks', () => {
  it('each have their own default; what is written wins', () => {
    const checks = {
      contamination: 'drop',
      garbled: 'flag',
      moderation: 'off',
      pii: 'flag',
      placeholder: 'flag',
      'prompt-leak': 'flag',
      refusal: 'flag',
      script: 'flag',
    }
    expect(parse().filter.checks).toEqual(checks)
    expect(parse({ recipe: 'alpaca', filter: { checks: { pii: 'drop' } } }).filter.checks).toEqual({ ...checks, pii: 'drop' })
    expect(messages({ filter: { checks: { pi: 'drop' } } })).toEqual(['filter.checks.pi: unknown key; did you mean “pii”?'])
    expect(messages({ filter: { checks: { pii: 'delete' } } })).toEqual([expect.stringContaining('filter.checks.pii: expected one of "off"|"flag"|"drop"')])
  })

  it('need what they need', () => {
    const moderation = { checks: { moderation: 'drop' } }
    expect(messages({ filter: moderation })).toEqual([expect.stringContaining('moderator: the check “moderation” needs a moderation model')])
    expect(parse({ filter: moderation, moderator: 'openai' }).moderator).toMatchObject({ id: 'openai', model: 'omni-moderation-latest', timeoutMs: 60_000 })
    expect(messages({ moderator: 'nobody' })).toEqual(['moderator.id: expected one of openai; got "nobody"'])
    expect(messages({ filter: { benchmarks: ['b.jsonl'], checks: { contamination: 'off' } } })).toEqual([
      expect.stringContaining('filter.checks.contamination'),
    ])
  })

  it('look for benchmarks beside the configuration file', () => {
    const [one, two] = parse({ filter: { benchmarks: ['b.jsonl', { file: 'c.jsonl', field: 'ctx' }] } }).filter.benchmarks
    expect([one, two]).toEqual([join(folder, 'b.jsonl'), { file: join(folder, 'c.jsonl'), field: 'ctx' }])
    expect(messages({ filter: { benchmarks: [7] } })).toEqual(['filter.benchmarks.0: expected string; got 7'])
  })
})

describe('built-in seeds', () => {
  it('are a name, not a file', () => {
    expect(parse({ seeds: 'sedi:general' }).seeds).toBe('sedi:general')
    expect(messages({ seeds: 'sedi:nothing' })).toEqual(['seeds: expected sedi:general, or a file; got sedi:nothing'])
  })
})

describe('fingerprintOf', () => {
  it('takes the content of benchmarks and built-in seeds, not their names', () => {
    writeFileSync(join(folder, 'seeds.jsonl'), '')
    const at = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content)
      return fingerprintOf(parse({ filter: { benchmarks: [name] } }))
    }
    expect(at('a.jsonl', '{}')).toBe(at('b.jsonl', '{}'))
    expect(at('a.jsonl', '{}')).not.toBe(at('a.jsonl', '[]'))
    expect(fingerprintOf(parse({ seeds: 'sedi:general' }))).toMatch(/^[0-9a-f]{64}$/)
    rmSync(join(folder, 'seeds.jsonl'))
  })

  const seeds = (text: string): void => writeFileSync(join(folder, 'seeds.jsonl'), text)

  it('changes with what changes results, the content of the seeds included, and not with what changes speed', () => {
    seeds('one')
    const base = fingerprintOf(parse())
    expect(fingerprintOf(parse({ limits: { concurrency: 2 }, store: 'elsewhere', budget: {} }))).toBe(base)
    expect(fingerprintOf(parse({ generator: { id: 'simulated', timeoutMs: 5 } }))).toBe(base)
    for (const change of [
      { filter: { threshold: 0.8 } },
      { generator: { id: 'simulated', worldSeed: 2 } },
      { generator: { id: 'simulated', temperature: 0.5 } },
      { randomSeed: 2 },
      { target: { calls: 3 } },
    ]) {
      expect(fingerprintOf(parse(change))).not.toBe(base)
    }
    seeds('two')
    expect(fingerprintOf(parse())).not.toBe(base)
    rmSync(join(folder, 'seeds.jsonl'))
    expect(() => fingerprintOf(parse())).toThrow(/Cannot read .*seeds.jsonl/)
  })

  it('depends on the base URL of a provider', () => {
    seeds('one')
    const at = (baseUrl: string): string => fingerprintOf(parse({ generator: { id: 'openai', model: 'm', baseUrl } }))
    expect(at('http://127.0.0.1:1/v1')).not.toBe(at('http://127.0.0.1:2/v1'))
  })

  it('names the keys that differ', () => {
    expect(changedKeys(parse(), parse({ limits: { concurrency: 3 } }))).toEqual([])
    expect(changedKeys(parse(), parse({ filter: { threshold: 0.8 }, seeds: 'other.jsonl' }))).toEqual(['seeds', 'filter.threshold'])
  })
})

describe('loadConfig', () => {
  it('reads YAML and JSON, finds the default names, and lets --set, --max-cost and --out win', () => {
    writeFileSync(
      origin,
      'seeds: seeds.jsonl\ngenerator: { id: simulated, price: { inputPerMTokUsd: 1, outputPerMTokUsd: 1 } }\ntrainer: none\ntarget: { calls: 2 }\n',
    )
    const { config, path } = loadConfig({
      cwd: folder,
      set: ['filter.threshold=0.5', 'evaluation.evaluators=[]', 'generator.worldSeed=7'],
      maxCostUsd: 3,
      store: 'my runs',
    })
    expect(path).toBe(origin)
    expect(config).toMatchObject({ filter: { threshold: 0.5 }, generator: { worldSeed: 7 }, budget: { maxCostUsd: 3 }, store: join(folder, 'my runs') })
    writeFileSync(join(folder, 'other.json'), JSON.stringify(minimal))
    expect(loadConfig({ cwd: folder, file: 'other.json' }).config.target).toEqual({ calls: 2 })
  })

  it('says where YAML is broken, what is missing, and what --set should look like', () => {
    writeFileSync(join(folder, 'broken.yaml'), 'seeds: a\n  trainer: [\n')
    expect(() => loadConfig({ cwd: folder, file: 'broken.yaml' })).toThrow(/broken.yaml:1:8: /)
    writeFileSync(join(folder, 'empty.yaml'), '')
    expect(() => loadConfig({ cwd: folder, file: 'empty.yaml' })).toThrow(/an empty file/)
    expect(() => loadConfig({ cwd: folder, file: 'missing.yaml' })).toThrow(/no configuration file/)
    expect(() => loadConfig({ cwd: join(folder, 'nowhere') })).toThrow(/There is no sedi.config.yaml/)
    expect(() => loadConfig({ cwd: folder, set: ['threshold'] })).toThrow(/expected path=value/)
  })
})
