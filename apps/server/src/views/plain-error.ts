import { issuesError, SediError, toSediError } from '@sedi/spec'
import type { PlainError } from './view-messages.ts'

export function plainError(thrown: unknown): PlainError {
  const { code, message, issues } = toSediError(thrown)
  return { code, message, issues: [...issues] }
}

export function errorOf({ code, message, issues }: PlainError): SediError {
  if (issues.length > 0 && (code === 'invalid-input' || code === 'invalid-config')) return issuesError(code, message.split('\n')[0]!, issues)
  return new SediError(code, message)
}
