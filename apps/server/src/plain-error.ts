import { type ErrorCode, type Issue, issuesError, SediError, toSediError } from '@sedi/spec'

/** An error as it goes from one thread or process to another. */
export type PlainError = { readonly code: ErrorCode; readonly message: string; readonly issues: readonly Issue[] }

export function plainError(thrown: unknown): PlainError {
  const { code, message, issues } = toSediError(thrown)
  return { code, message, issues: [...issues] }
}

export function errorOf({ code, message, issues }: PlainError): SediError {
  if (issues.length > 0 && (code === 'invalid-input' || code === 'invalid-config')) return issuesError(code, message.split('\n')[0]!, issues)
  return new SediError(code, message)
}
