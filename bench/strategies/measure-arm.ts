import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchSimilarity, createRng, drawSubsamples, lexicalEmbeddings, vendiScoreOfRows } from '@sedi/core'
import { createRun, parseConfig } from '@sedi/kit'
import { createWorld, type World } from '@sedi/simulation'
import type { CallFact, Ledger, TextGenerator } from '@sedi/spec'
import type { Arm } from './arms.ts'
import { type CacheModel, createPrefixCache } from './prefix-cache.ts'
import { strategySettings } from './settings.ts'

export type PriceName = keyof typeof strategySettings.prices
export type TeacherName = keyof typeof strategySettings.teachers

export type Tokens = { readonly input: number; readonly cached: number; readonly output: number }

/** One run of one arm. */
export type Measured = {
  readonly calls: number
  readonly followUps: number
  readonly raw: number
  readonly kept: number
  readonly rejected: Readonly<Record<string, number>>
  readonly tokens: { readonly [Name in PriceName]: Tokens }
  /** Dollars per kept instruction, by price. */
  readonly costPerKept: { readonly [Name in PriceName]: number }
  /** Right answers among those kept that the world can judge. */
  readonly correct: number
  /** Kept tasks of no known kind. */
  readonly unknown: number
  readonly pairwise: number
  readonly vendi: number
}

export type Setting = { readonly teacher: TeacherName; readonly worldSeed: number; readonly threshold: number; readonly kept?: number | undefined }

/** Buys with an arm until enough is kept, and measures what it cost and what came of it. */
export async function measureArm({ prompt }: Arm, { teacher, worldSeed, threshold, kept = strategySettings.kept }: Setting): Promise<Measured> {
  const world = createWorld({ worldSeed, ...strategySettings.teachers[teacher] })
  const folder = mkdtempSync(join(tmpdir(), 'sedi-strategies-'))
  try {
    writeFileSync(join(folder, 'seeds.json'), JSON.stringify(world.seedTasks))
    const config = parseConfig(
      {
        recipe: 'alpaca',
        ...{ seeds: 'seeds.json', store: 'runs', trainer: 'none', generator: { id: 'simulated' } },
        ...{ prompt, filter: { threshold }, target: { kept }, rounds: strategySettings.rounds, randomSeed: strategySettings.randomSeed },
      },
      join(folder, 'sedi.config.yaml'),
    )
    const run = await createRun(config, 'run', { adapters: { generator: teacherOf(world) } })
    try {
      const { state, error } = await run.execute({ stop: new AbortController().signal })
      if (state !== 'done') throw error ?? new Error(`the run ended as ${state}`)
      return await readMeasures(run.ledger, world, kept)
    } finally {
      await run.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function teacherOf(world: World): TextGenerator {
  return {
    specVersion: 1,
    provider: 'simulated',
    modelId: 'simulated-teacher',
    async generate({ messages, maxOutputTokens, seed = 0, temperature, stop }) {
      const answer = world.teach({ messages, maxOutputTokens, seed, temperature, stop })
      return { ...answer, modelId: 'simulated-teacher', warnings: [], raw: null }
    },
  }
}

async function readMeasures(ledger: Ledger, world: World, wanted: number): Promise<Measured> {
  const filtered = new Set((await ledger.find('yield')).map(({ callId }) => callId))
  // Calls ahead of the target are no part of what was needed.
  const calls = (await ledger.find('call')).filter(({ callId, parentId }) => filtered.has(parentId === null ? callId : parentId.split('-i')[0]!))
  const candidates = await ledger.find('candidate')
  const kept = candidates.filter(({ verdict }) => verdict === 'kept')
  const verdicts = kept.map((task) => world.check(task).verdict)
  const count = (verdict: string): number => verdicts.filter((one) => one === verdict).length
  const tokens = mapPrices(({ cache }) => tokensOf(calls, cache))
  const rejected = Object.groupBy(candidates, ({ reason }) => reason ?? 'kept')
  return {
    calls: calls.filter(({ parentId }) => parentId === null).length,
    followUps: calls.filter(({ parentId }) => parentId !== null).length,
    raw: candidates.length,
    kept: kept.length,
    rejected: Object.fromEntries(Object.entries(rejected).map(([reason, list]) => [reason, list!.length])),
    tokens,
    costPerKept: mapPrices((price, name) => costOf(tokens[name], price) / kept.length),
    correct: count('right') / (count('right') + count('wrong')),
    unknown: count('unknown') / kept.length,
    ...diversityOf(kept.slice(0, wanted).map(({ instruction }) => instruction)),
  }
}

type Price = (typeof strategySettings.prices)[PriceName]

function mapPrices<T>(value: (price: Price, name: PriceName) => T): { readonly [Name in PriceName]: T } {
  return Object.fromEntries(Object.entries(strategySettings.prices).map(([name, price]) => [name, value(price, name as PriceName)])) as Record<PriceName, T>
}

function tokensOf(calls: readonly CallFact[], model: CacheModel): Tokens {
  const cache = createPrefixCache(model)
  const sum = { input: 0, cached: 0, output: 0 }
  for (const { request, usage } of calls) {
    sum.input += usage.inputTokens!
    sum.output += usage.outputTokens!
    sum.cached += cache.read(request.messages.map(({ content }) => content).join('\n'), usage.inputTokens!)
  }
  return sum
}

/** Dollars. */
function costOf({ input, cached, output }: Tokens, price: Price): number {
  return ((input - cached) * price.inputPerMTokUsd + cached * price.cachedInputPerMTokUsd + output * price.outputPerMTokUsd) / 1e6
}

function diversityOf(instructions: readonly string[]): { readonly pairwise: number; readonly vendi: number } {
  const { samples, size, embeddingDimensions: dimensions } = strategySettings.diversity
  const drawn = drawSubsamples(instructions.length, { size, repetitions: samples, rng: createRng(1, 'diversity') })
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const texts = drawn.map((rows) => Array.from(rows, (row) => instructions[row]!))
  return {
    pairwise: mean(texts.map((each) => batchSimilarity(each, 1).diversity!)),
    vendi: mean(texts.map((each) => vendiScoreOfRows(lexicalEmbeddings(each, { dimensions })))),
  }
}
