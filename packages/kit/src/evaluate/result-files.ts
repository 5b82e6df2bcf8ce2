import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ledger, SediError } from '@sedi/spec'
import { readRows, withRowWriter } from '@sedi/store'
import { callIdOf } from './accounted-calls.ts'
import type { EvaluationResult } from './result.ts'

/**
 * Writes what the ledger says as files to read on, beside it: `result.json` (all figures), `scores.jsonl` (a row for each item and evaluator, with
 * its value or why it has none) and `predictions.jsonl` (the answers; what `sedi evaluate` reads). They are written anew each time.
 */
export async function writeResultFiles(folder: string, ledger: Ledger, result: EvaluationResult): Promise<void> {
  try {
    writeFileSync(join(folder, 'result.json'), `${JSON.stringify(result, null, 2)}\n`)
  } catch (error) {
    throw new SediError('storage', `Cannot write ${join(folder, 'result.json')}: ${(error as Error).message}.`, { cause: error })
  }
  const items = await ledger.find('held-out')
  const answers = new Map(
    (await ledger.find('call', { stage: 'answer' })).map(({ callId, text, finishReason }) => [
      callId,
      finishReason === 'content-filter' && text === '' ? undefined : text,
    ]),
  )
  const given = new Map<string, string>()
  await withRowWriter(join(folder, 'scores.jsonl'), async (write) => {
    for (const { evaluator, failures } of result.measured) {
      for await (const { itemId: id, value, prediction } of ledger.scan('eval', { evaluator })) {
        if (prediction !== null) given.set(id, prediction)
        await write({ id, evaluator, value })
      }
      for (const { itemId: id, reason, code, message } of failures) await write({ id, evaluator, value: null, reason, code, message })
    }
  })
  await withRowWriter(join(folder, 'predictions.jsonl'), async (write) => {
    for (const [number, { itemId: id, instruction, input, reference, group }] of items.entries()) {
      const prediction = answers.get(callIdOf(number, 'answer')) ?? given.get(id)
      if (prediction === undefined) continue
      await write({
        id,
        instruction,
        ...(input === '' ? {} : { input }),
        ...(reference === '' ? {} : { reference }),
        ...(group === '' ? {} : { group }),
        prediction,
      })
    }
  })
}

/** The answers of a finished evaluation, as texts. */
export async function predictionsOf(folder: string): Promise<readonly string[]> {
  const texts: string[] = []
  for await (const row of readRows(join(folder, 'predictions.jsonl'))) {
    if ('value' in row) texts.push((row.value as { readonly prediction: string }).prediction)
  }
  return texts
}
