import type { Ledger } from '@sedi/spec'
import instructions from '../publish/shapes/instructions.ts'

/** One row of exported training data: Alpaca's fields, and the id under which the run explains it. */
export type ExportedInstruction = { readonly id: string; readonly instruction: string; readonly input: string; readonly output: string }

/** The kept instructions of a run, in run order. */
export async function* exportInstructions(ledger: Ledger): AsyncGenerator<ExportedInstruction> {
  for await (const candidate of ledger.scan('candidate', { verdict: 'kept' })) yield instructions.row(candidate, {})
}
