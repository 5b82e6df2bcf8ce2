import { softwareVersion } from '@sedi/kit'
import { type ErrorCode, type RunStore, type SediError, toSediError } from '@sedi/spec'
import * as z from 'zod'

export const aliveSchema = z.object({ status: z.literal('ok'), version: z.string() })

export const readySchema = z.object({ status: z.literal('ready'), version: z.string() })

export const notReadySchema = z.object({
  status: z.literal('not-ready'),
  version: z.string(),
  because: z
    .string()
    .meta({ description: 'stopping, or the code of the error that the store gave. What exactly is in the log: whoever asks need not be known.' }),
})

/** What probes are answered; the same of a server and of a worker. */
export type Health = {
  /** The process is there and takes questions. */
  alive(): z.output<typeof aliveSchema>
  /** It can do its work: the store answers and is one that this version knows, and the process is not stopping. */
  ready(): Promise<z.output<typeof readySchema> | z.output<typeof notReadySchema>>
}

export type HealthOptions = {
  readonly store: Pick<RunStore, 'ready'>
  readonly stopping: AbortSignal
  /** Told when the store stops being ready, once; its reason is in no answer. */
  readonly onError?: ((error: SediError) => void) | undefined
  /** Anyone may ask, as often as they like: the store is asked once in so many milliseconds. @default 1000 */
  readonly keptMs?: number | undefined
}

export function createHealth({ store, stopping, onError = () => {}, keptMs = 1000 }: HealthOptions): Health {
  let asked: { readonly at: number; readonly why: Promise<ErrorCode | undefined> } | undefined
  let told: ErrorCode | undefined

  async function ask(): Promise<ErrorCode | undefined> {
    try {
      await store.ready()
      told = undefined
    } catch (thrown) {
      const error = toSediError(thrown)
      if (told !== error.code) onError(error)
      told = error.code
    }
    return told
  }

  return {
    alive: () => ({ status: 'ok', version: softwareVersion }),
    async ready() {
      const now = performance.now()
      if (asked === undefined || now - asked.at >= keptMs) asked = { at: now, why: ask() }
      const why = stopping.aborted ? 'stopping' : await asked.why
      return why === undefined ? { status: 'ready', version: softwareVersion } : { status: 'not-ready', version: softwareVersion, because: why }
    },
  }
}
