import { setTimeout as wait } from 'node:timers/promises'
import { SediError, type TextGenerator } from '@sedi/spec'
import * as z from 'zod'
import { defineProvider, type ProviderContext } from '../define-provider.ts'
import { recordedAnswers } from '../replay/recorded-answers.ts'

const provider = 'replay'

const options = z.strictObject({
  run: z.string().min(1).meta({ description: 'A recorded run: its folder, or a file that `sedi ledger export` wrote.', path: true }),
  charge: z
    .enum(['none', 'recorded'])
    .default('none')
    .meta({ description: '`none`: answers cost nothing now. `recorded`: each counts what it cost then, to see what a budget would have bought.' }),
  latencyMs: z.number().min(0).default(0).meta({ description: 'How long each answer takes.', unit: 'ms', affects: 'speed' }),
})

/**
 * The answers of a recorded run, asked again: the same data at another threshold, with other checks, another composer or trainer, without
 * buying anything. What is asked must be what was asked.
 */
export default defineProvider({
  id: provider,
  title: 'A recorded run: its answers again, for other filters, batches or training',
  options,
  credentials: [],
  dependencies: {},
  // With one, only that model's answers are used.
  needsModel: false,
  listPrice: (_, { charge }) =>
    charge === 'recorded'
      ? undefined
      : { inputPerMTokUsd: 0, outputPerMTokUsd: 0, source: 'a replay buys nothing', asOf: new Date().toISOString().slice(0, 10) },
  createTextGenerator: createGenerator,
})

async function createGenerator(modelId: string, { run, charge, latencyMs }: z.output<typeof options>, { readCalls }: ProviderContext): Promise<TextGenerator> {
  if (readCalls === undefined) throw new SediError('unsupported', `${provider}: needs a reader of recorded runs (context.readCalls); the kit gives one.`)
  const read = () => readCalls(run)
  await requireAnswers(read(), run)
  const answers = recordedAnswers(read, modelId === provider ? undefined : modelId, run)

  return {
    specVersion: 1,
    provider,
    modelId,
    async generate(request, { signal, key } = {}) {
      await waitOrAbort(latencyMs, signal)
      const { callId, costNanoUsd, ...answer } = await answers.take(request, key)
      const cost = charge === 'none' ? 0 : (costNanoUsd ?? undefined)
      return { ...answer, costNanoUsd: cost, raw: { replayed: callId } }
    },
  }
}

/** Shows a wrong path before anything begins. */
async function requireAnswers(calls: AsyncIterable<unknown>, run: string): Promise<void> {
  for await (const _ of calls) return
  throw new SediError('invalid-input', `${provider}: ${run} holds no recorded answers.`)
}

async function waitOrAbort(latencyMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    signal?.throwIfAborted()
    if (latencyMs > 0) await wait(latencyMs, undefined, { signal })
  } catch (cause) {
    throw new SediError('aborted', `${provider}: the call was aborted`, { details: { charged: 'none' }, cause })
  }
}
