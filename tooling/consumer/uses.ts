// Compiled against the tarballs (tooling/check-packs.ts): what people write, and that wrong use is an error. Every line with @ts-expect-error
// fails the check when the types have become too loose to see the mistake.
import { createNoveltyIndex, createRng, rougeL } from '@sedi/core'
import { filterInParallel } from '@sedi/core/node'
import { drawPlot, linePlot } from '@sedi/evaluation'
import { defineProvider, providers } from '@sedi/generators'
import { createRun, parseConfig, reportRun } from '@sedi/kit'
import type { startServer } from '@sedi/server'
import { type ErrorCode, type GenerateRequest, type RunConfig, SediError, type TextGenerator, type Trainer } from '@sedi/spec'
import type { Overview } from '@sedi/spec/api'
import { trainers } from '@sedi/trainers'
import * as z from 'zod'

const score: number = rougeL('a b', 'a c')
const index = createNoveltyIndex({ threshold: 0.7 })
const novel: boolean = index.judge('a text', 0.7).novel
const random: number = createRng(1).next()
// @ts-expect-error: a threshold is a number
createNoveltyIndex({ threshold: '0.7' })
// @ts-expect-error: no such option
filterInParallel(['a'], { treshold: 0.7 })

const provider = defineProvider({
  id: 'mine',
  title: 'Mine',
  options: z.strictObject({ words: z.int().default(3) }),
  credentials: [],
  dependencies: {},
  needsModel: false,
  createTextGenerator: async (modelId, { words }): Promise<TextGenerator> => ({
    specVersion: 1,
    provider: 'mine',
    modelId,
    generate: async ({ messages }: GenerateRequest) => {
      const text: string = messages.map(({ content }) => content.slice(0, words)).join(' ')
      return { text, finishReason: 'stop', usage: { inputTokens: undefined, outputTokens: undefined }, modelId, warnings: [], raw: undefined }
    },
  }),
})
// @ts-expect-error: the id is a text, not a number
const wrong: number = provider.id

const config: RunConfig = parseConfig({ seeds: 'seeds.json', generator: 'simulated' }, 'sedi.config.yaml')
const run = await createRun(config, 'first')
const kept: number = (await reportRun(run.ledger)).kept
// @ts-expect-error: a run stops by a signal
run.execute({ stop: true })

const svg: string = await drawPlot(linePlot({ title: 'Kept', x: { title: 'call' }, y: { title: 'kept' }, series: [] }))
const trainerIds: string[] = Object.keys(trainers)
const providerIds: string[] = Object.keys(providers)

function codeOf(error: unknown): ErrorCode {
  if (SediError.is(error, 'missing-dependency')) return error.code
  // @ts-expect-error: not one of the codes
  return 'no-such-code'
}

export type Uses = [Overview, Trainer, typeof startServer]
export { codeOf, kept, novel, providerIds, random, score, svg, trainerIds, wrong }
