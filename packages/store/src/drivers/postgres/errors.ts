import { SediError } from '@sedi/spec'

/**
 * Whether the connection, not the work, failed: the same may be done again over another one. What a COMMIT did when this happened is not
 * known. (SQLSTATE class 08; 57P: the server stops, crashed, or starts; 25P03: our transaction stood still for too long; 53300: it has no
 * connection left, which passes when somebody leaves.)
 */
export function isLost(error: unknown): boolean {
  return SediError.is(error) && error.details.lost === true
}

/** Whether the database refused what a statement wants to write: constraints, types, limits, our own triggers. */
export const isRefusal = (error: unknown): boolean => SediError.is(error, 'internal') && error.details.sqlState !== undefined

/** Two transactions stood in each other's way; the same may be done again at once. */
export const isCollision = (error: unknown): boolean => SediError.is(error) && ['40001', '40P01'].includes(String(error.details.sqlState))

const lostStates = /^(08|57P0|25P0[34]|53300)/
const lostCodes: readonly string[] = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ECONNABORTED']
const lostTexts = /connection terminated|connection error|client was closed|query read timeout|timeout expired|timeout exceeded when trying to connect/i

/** Wraps what node-postgres threw, in words. `details.sqlState` is the server's code, `details.lost` says that the connection is gone. */
export function postgresError(error: unknown, server: string): SediError {
  if (SediError.is(error)) return error
  const { code: given, message: text } = error instanceof Error ? (error as Error & { readonly code?: unknown }) : { code: undefined, message: String(error) }
  const code = typeof given === 'string' ? given : ''
  const sqlState = /^[0-9A-Z]{5}$/.test(code) ? code : undefined
  const details = { server, ...(sqlState === undefined ? {} : { sqlState }) }
  if (lostCodes.includes(code) || lostStates.test(code) || (sqlState === undefined && lostTexts.test(text))) {
    const why = meanings[code] ?? text
    return new SediError('storage', `The database ${server} cannot be reached: ${why}. Nothing recorded before is affected; resume when it is back.`, {
      cause: error,
      details: { ...details, lost: true },
    })
  }
  if (sqlState === undefined) return new SediError('storage', `Cannot use the database ${server}: ${text}.`, { cause: error, details })
  if (sqlState.startsWith('28')) {
    return new SediError('invalid-credential', `The database ${server} refused the user or the password: ${text}. Set PGUSER and PGPASSWORD.`, {
      cause: error,
      details,
    })
  }
  if (/^(22|23|54|P0)/.test(sqlState)) return new SediError('internal', `The ledger refused a fact: ${text} (${server})`, { cause: error, details })
  const meaning = meanings[sqlState]
  return new SediError('storage', `Cannot write or read the ledger: ${meaning ?? text} (${server}). Nothing recorded before is affected.`, {
    cause: error,
    details,
  })
}

const meanings: Readonly<Record<string, string>> = {
  '3D000': 'there is no such database; create it first (createdb)',
  '25006': 'the server is a standby, or read-only',
  '42501': 'the user may not do this; it needs CREATE on the database for the first use, later USAGE and rights on the tables of the schema',
  '53100': "the server's disk is full",
  '53300': 'the server has no connection left; raise max_connections, or use fewer processes',
}
