import { setTimeout as wait } from 'node:timers/promises'
import { createWorld } from '@sedi/simulation'
import { SediError, type TextGenerator } from '@sedi/spec'
import * as z from 'zod'
import { defineProvider } from '../define-provider.ts'

const provider = 'simulated'
const onlyModel = 'simulated-teacher'

const options = z.strictObject({
  worldSeed: z.int().min(0).max(0xffffffff).default(1).meta({ description: 'Which simulated world: its tasks, answers and mistakes.' }),
  latencyMs: z.number().min(0).default(0).meta({ description: 'How long each answer takes.', unit: 'ms', affects: 'speed' }),
})

/** A teacher inside this process: no key, no network, and the same answer for the same messages and seed, always. */
export default defineProvider({
  id: provider,
  title: 'A simulated teacher in a simulated world; needs nothing',
  options,
  credentials: [],
  dependencies: {},
  needsModel: false,
  createTextGenerator: async (modelId, { worldSeed, latencyMs }) => createGenerator(modelId, worldSeed, latencyMs),
  async createVerifier({ worldSeed }) {
    const world = createWorld({ worldSeed })
    return { specVersion: 1, id: provider, verify: async (task) => world.check(task) }
  },
})

function createGenerator(modelId: string, worldSeed: number, latencyMs: number): TextGenerator {
  // The provider's id stands for a config without `generator.model`.
  if (modelId !== provider && modelId !== onlyModel) {
    throw new SediError('not-found', `${provider}: there is one model, ${onlyModel}, got ${modelId}. Leave generator.model out.`)
  }
  const world = createWorld({ worldSeed })
  return {
    specVersion: 1,
    provider,
    modelId: onlyModel,
    async generate({ messages, maxOutputTokens, seed = 0, temperature, topP, stop }, { signal } = {}) {
      await waitOrAbort(latencyMs, signal)
      const answer = world.teach({ messages, maxOutputTokens, seed, temperature, stop })
      const warnings = topP === undefined ? [] : ['topP: the simulated teacher does not know it']
      return { ...answer, modelId: onlyModel, warnings, raw: answer }
    },
  }
}

async function waitOrAbort(latencyMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    signal?.throwIfAborted()
    if (latencyMs > 0) await wait(latencyMs, undefined, { signal })
  } catch (cause) {
    throw new SediError('aborted', `${provider}: the call was aborted`, { details: { charged: 'none' }, cause })
  }
}
