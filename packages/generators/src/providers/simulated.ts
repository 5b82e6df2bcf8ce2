import { setTimeout as wait } from 'node:timers/promises'
import { createWorld, defaultTeacherSettings, type TeacherSettings, type UniverseId, universes, type World } from '@sedi/simulation'
import { SediError, type TextGenerator, toSediError } from '@sedi/spec'
import * as z from 'zod'
import { defineProvider } from '../define-provider.ts'

const provider = 'simulated'
const onlyModel = 'simulated-teacher'

const settingNames = Object.keys(defaultTeacherSettings) as [keyof TeacherSettings, ...(keyof TeacherSettings)[]]

const options = z.strictObject({
  universe: z
    .enum(Object.keys(universes) as [UniverseId, ...UniverseId[]])
    .default('everyday')
    .meta({ description: 'What there is to ask: questions of everyday life, or puzzles with rows of digits.' }),
  worldSeed: z.int().min(0).max(0xffffffff).default(1).meta({ description: 'Which simulated world: its tasks, answers and mistakes.' }),
  teacher: z
    .partialRecord(z.enum(settingNames), z.number().min(0))
    .default({})
    .meta({ description: 'How the teacher behaves, by name of a setting in `@sedi/simulation`: shares of wrong or inherited answers, favourites, copying.' }),
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
  createTextGenerator: async (modelId, { latencyMs, ...world }) => createGenerator(modelId, worldOf(world), latencyMs),
  async createVerifier(settings) {
    const world = worldOf(settings)
    return { specVersion: 1, id: provider, verify: async (task) => world.check(task) }
  },
})

function worldOf({ universe, worldSeed, teacher }: Pick<z.output<typeof options>, 'universe' | 'worldSeed' | 'teacher'>): World {
  try {
    return createWorld({ universe, worldSeed, ...teacher })
  } catch (cause) {
    throw new SediError('invalid-config', `generator.teacher: ${toSediError(cause).message}`, { cause })
  }
}

function createGenerator(modelId: string, world: World, latencyMs: number): TextGenerator {
  // The provider's id stands for a config without `generator.model`.
  if (modelId !== provider && modelId !== onlyModel) {
    throw new SediError('not-found', `${provider}: there is one model, ${onlyModel}, got ${modelId}. Leave generator.model out.`)
  }
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
