import { type AttemptFact, type CallFact, type GenerateResult, type Ledger, type OutcomeFact, type RunConfig, SediError, type TextGenerator } from '@sedi/spec'
import { answerFacts, failureFact } from './attempt-facts.ts'
import type { PlannedCall } from './buy-completion.ts'
import { costOfAnswer } from './money.ts'
import { attemptKey, runKeyOf, waitingAttempts } from './waiting-attempts.ts'

export type CancelPurchasesOptions = {
  readonly ledger: Ledger
  readonly config: Pick<RunConfig, 'generator'>
  readonly generator: TextGenerator
  /** What an attempt asked, as it was decided; undefined where that cannot be said any more. */
  readonly plan: (attempt: AttemptFact) => PlannedCall | undefined
  readonly clock: () => number
  readonly signal?: AbortSignal | undefined
}

/**
 * Ends what goes on at a provider that keeps its work, and records what was paid for it: answers as answers, the rest with what it may have
 * cost. Returns how many answers came. Throws when the provider does not say: then the attempts stay open, and this can be done again.
 */
export async function cancelPurchases({ ledger, config, generator, plan, clock, signal }: CancelPurchasesOptions): Promise<number> {
  const open = await waitingAttempts(ledger)
  if (open.length === 0) return 0
  if (generator.cancel === undefined) throw new SediError('unsupported', `${generator.provider} cannot cancel the ${open.length} requests that go on there.`)
  const runKey = await runKeyOf(ledger)
  const keyOf = new Map(open.map((attempt) => [attempt, attemptKey(runKey, attempt)]))
  const results = await generator.cancel([...keyOf.values()], { signal })
  let answers = 0
  let undecided: SediError | undefined
  for (const [attempt, key] of keyOf) {
    const result = results.get(key)!
    if (SediError.is(result) && result.details.rejoin === true) {
      undecided = result
      continue
    }
    if (!SediError.is(result)) answers++
    await ledger.append(factsOf(attempt, result, plan(attempt), { generator, price: config.generator.price, at: clock() }))
  }
  if (undecided !== undefined) throw undecided
  return answers
}

type Context = { readonly generator: TextGenerator; readonly price: RunConfig['generator']['price']; readonly at: number }

function factsOf(
  attempt: AttemptFact,
  result: GenerateResult | SediError,
  call: PlannedCall | undefined,
  { generator, price, at }: Context,
): (OutcomeFact | CallFact)[] {
  if (call !== undefined) {
    const begun = { call, number: attempt.attempt, startedAt: attempt.at }
    return SediError.is(result) ? [failureFact(begun, result, price, at)] : [...answerFacts(begun, result, { generator, price, at })]
  }
  const { callId, attempt: number, reservedNanoUsd, reservedOutputTokens } = attempt
  const base = { kind: 'outcome', callId, attempt: number, result: 'failed', latencyMs: Math.round(at - attempt.at), at } as const
  if (SediError.is(result)) {
    const { details, code: errorCode, message } = result
    if (details.charged === 'none') return [{ ...base, charged: 'none', costNanoUsd: 0, errorCode, message }]
    return [{ ...base, charged: 'uncertain', costNanoUsd: reservedNanoUsd, errorCode, message }]
  }
  // What it asked cannot be said any more, so its answer cannot be recorded as one; its money can.
  const counted = result.usage.inputTokens !== undefined && result.usage.outputTokens !== undefined
  const { nanoUsd } = costOfAnswer({ messages: [], maxOutputTokens: reservedOutputTokens }, result.text, result.usage, price)
  return [
    {
      ...base,
      charged: 'uncertain',
      costNanoUsd: counted ? nanoUsd : reservedNanoUsd,
      errorCode: 'aborted',
      message: 'answered; the run was cancelled before the answer was fetched',
    },
  ]
}
