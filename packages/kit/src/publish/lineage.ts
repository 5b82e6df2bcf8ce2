import { type Ledger, redact } from '@sedi/spec'

/**
 * The history of the seed set, an event in a line: who entered and left, when, by which number. Texts of promoted seeds are in the data under `exampleId`; those of
 * human seeds are given only where `seedTexts` says so, because they are their writers'.
 */
export async function* lineage(ledger: Ledger, seedTexts: boolean): AsyncGenerator<object> {
  for await (const event of ledger.scan('seed-event')) {
    const { index, round, action, seedId, origin, exampleId, step, signal, score, reason } = event
    const texts = seedTexts && origin === 'human' && action === 'add' ? { instruction: event.instruction, input: event.input, output: event.output } : {}
    yield { index, round, action, seedId, origin, exampleId, step, signal, score, reason: redact(reason), ...texts }
  }
}
