import { type Preset, presets, providers } from '@sedi/generators'
import { SediError } from '@sedi/spec'
import { findCredentials, keysFound } from '../credentials.ts'

/** Somebody who could be the teacher. */
export type Teacher = {
  /** The preset, or `simulated`. */
  readonly id: string
  readonly title: string
  /** A server on this machine, or a key for one elsewhere. */
  readonly kind: 'local' | 'key' | 'simulated'
  /** The variable its key comes from. */
  readonly keyVariable?: string | undefined
  readonly baseUrl?: string | undefined
  /** What it lists; undefined when it was not asked, does not say, or does not answer. */
  readonly models?: readonly string[] | undefined
}

export type DetectOptions = {
  /** Whether servers are asked: those of this machine whether they are there, those elsewhere for their models (free; sends the key). @default true */
  readonly ask?: boolean | undefined
  /** Longest wait for a server of this machine. @default 800 */
  readonly localTimeoutMs?: number | undefined
  /** Longest wait for one elsewhere. @default 5000 */
  readonly timeoutMs?: number | undefined
  /** Addresses instead of the presets’ own, by preset. */
  readonly addresses?: Readonly<Record<string, string>> | undefined
}

/** The presets a teacher can be chosen from; `compatible` is whatever has an address and no preset. */
const all: readonly Preset[] = Object.values(presets)

const isLocal = ({ baseUrl }: Pick<Preset, 'baseUrl'>): boolean => baseUrl !== undefined && /^https?:\/\/(127\.|localhost)/.test(baseUrl)

/** Without any key or server: everything can be tried with it. */
export const simulatedTeacher: Teacher = { id: 'simulated', title: providers.simulated.title, kind: 'simulated' }

/**
 * Who could teach here, best first: whoever has a key in the environment, then servers of this machine that answer, then the simulated teacher.
 * Keys are found by name, their values are never shown or kept. Nothing is bought.
 */
export async function detectTeachers({ ask = true, localTimeoutMs = 800, timeoutMs = 5000, addresses = {} }: DetectOptions = {}): Promise<readonly Teacher[]> {
  const found = new Set(keysFound(all.map(({ key }) => key.env)))
  const keyed = all.filter(({ id, key, baseUrl }) => key.required && found.has(key.env) && (baseUrl !== undefined || id in addresses)).sort(knownPricesFirst)
  const local = ask ? all.filter(isLocal) : []
  const teacherOf = async (preset: Preset, kind: 'local' | 'key', wait: number): Promise<Teacher> => {
    const baseUrl = addresses[preset.id]
    const models = ask ? await listModels(preset.id, { baseUrl, timeoutMs: wait }) : undefined
    return {
      id: preset.id,
      title: preset.title,
      kind,
      keyVariable: preset.key.env,
      baseUrl: baseUrl ?? (kind === 'local' ? preset.baseUrl : undefined),
      models,
    }
  }
  const [withKey, here] = await Promise.all([
    Promise.all(keyed.map((preset) => teacherOf(preset, 'key', timeoutMs))),
    Promise.all(local.map((preset) => teacherOf(preset, 'local', localTimeoutMs))),
  ])
  return [...withKey, ...here.filter(({ models = [] }) => models.length > 0), simulatedTeacher]
}

/** Where a price is known, a budget in dollars can be held. */
const knownPricesFirst = (a: Preset, b: Preset): number => Number(b.prices !== undefined) - Number(a.prices !== undefined)

/** The models that a server lists; undefined when it lists none, is not there, or refuses. Buys nothing. */
export async function listModels(
  preset: string,
  { baseUrl, timeoutMs }: { readonly baseUrl?: string | undefined; readonly timeoutMs: number },
): Promise<readonly string[] | undefined> {
  const options = providers.openai.options.parse({ preset, ...(baseUrl === undefined ? {} : { baseUrl }) })
  try {
    const credentials = findCredentials('openai', providers.openai.credentialsFor?.(options) ?? [])
    const generator = await providers.openai.createTextGenerator('?', options, { credentials, timeoutMs })
    const { listed, otherModels } = await generator.inspect!()
    return listed === undefined ? undefined : otherModels
  } catch {
    return undefined
  }
}

/** What a teacher can be called: a preset, or the simulated one. */
export const teacherNames: readonly string[] = [...all.map(({ id }) => id), simulatedTeacher.id]

/** A teacher by its name, whether or not it was found here, with the models to propose and whether the price of one is known. */
export function wellKnownTeacher(id: string): {
  readonly teacher: Teacher
  readonly needsKey: boolean
  readonly needsBaseUrl: boolean
  readonly models: readonly string[]
  knowsPrice(model: string, baseUrl: string | undefined): boolean
} {
  const preset = all.find((one) => one.id === id)
  if (preset === undefined) {
    if (id !== simulatedTeacher.id) throw new SediError('invalid-config', `There is no teacher “${id}”; there are ${teacherNames.join(', ')}.`)
    return { teacher: simulatedTeacher, needsKey: false, needsBaseUrl: false, models: [], knowsPrice: () => true }
  }
  const { title, key, baseUrl, wellKnownModels = [] } = preset
  return {
    teacher: { id, title, kind: isLocal(preset) ? 'local' : 'key', keyVariable: key.env },
    needsKey: key.required,
    needsBaseUrl: baseUrl === undefined,
    models: wellKnownModels,
    knowsPrice: (model, at) =>
      providers.openai.listPrice?.(model, providers.openai.options.parse({ preset: id, ...(at === undefined ? {} : { baseUrl: at }) })) !== undefined,
  }
}
