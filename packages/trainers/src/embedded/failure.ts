import { SediError, toSediError } from '@sedi/spec'

/** How a failed job or a dead worker is told: for people, and for programs. */
export type Failure = { readonly error: string; readonly errorCode: string }

export const outOfMemory = 'it ran out of memory; try a smaller batchSize, maxLengthTokens, width or number of layers'

/**
 * `nan-loss`, `disk-full`, `out-of-memory`, `base-model` (of the configuration) and `continue-from` (of an earlier job): a model that is missing, broken, another
 * than recorded or not this trainer's; for anything else the SediError's own code.
 */
export function failureOf(thrown: unknown): Failure {
  const error = toSediError(thrown)
  return { error: error.message, errorCode: errorCodeOf(error) }
}

function errorCodeOf({ code, details }: SediError): string {
  if (typeof details.errorCode === 'string') return details.errorCode
  if (code === 'storage' && diskFull.has(String(details.systemCode))) return 'disk-full'
  return code
}

/** No space, and no quota. */
const diskFull = new Set(['ENOSPC', 'EDQUOT'])

/** Runs something whose SediErrors are to be told under a code of ours. */
export function failingAs<T>(errorCode: string, act: () => T): T {
  try {
    return act()
  } catch (thrown) {
    const { code, message, details } = toSediError(thrown)
    throw new SediError(code, message, { details: { ...details, errorCode }, cause: thrown })
  }
}
