import type { ErrorCode } from '@sedi/spec'

/** HTTP status of each error code. */
export const httpStatusOf: Readonly<Record<ErrorCode, number>> = {
  'invalid-config': 400,
  'invalid-input': 400,
  unsupported: 400,
  'missing-credential': 400,
  'invalid-credential': 400,
  // Another adapter can be asked for.
  'missing-dependency': 400,
  'not-found': 404,
  conflict: 409,
  aborted: 409,
  'budget-exhausted': 402,
  'rate-limited': 503,
  'quota-exhausted': 503,
  'provider-response': 502,
  'context-length': 502,
  'output-truncated': 502,
  'content-refused': 502,
  timeout: 504,
  storage: 507,
  internal: 500,
}
