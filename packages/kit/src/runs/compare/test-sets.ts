import { canonicalJson, type HeldOutFact, type Ledger, type RunConfig, SediError } from '@sedi/spec'

/** What was measured in a run, and how. */
export type Measured = {
  readonly label: string
  readonly run: string
  readonly config: RunConfig
  readonly heldOut: ReadonlyMap<string, HeldOutFact>
}

export async function measuredIn(label: string, run: string, config: RunConfig, ledger: Ledger): Promise<Measured> {
  return { label, run, config, heldOut: new Map((await ledger.find('held-out')).map((item) => [item.itemId, item])) }
}

/**
 * Throws `invalid-input` when two runs were not asked the same questions in the same words, with the same reference answers, or not judged alike:
 * then no difference of their scores means anything.
 */
export function requireSameTest(first: Measured, other: Measured): void {
  const [missing, extra] = [absentIn(other, first), absentIn(first, other)]
  if (missing.length > 0 || extra.length > 0) {
    refuse(first, other, `have different test sets: ${count(missing, first)} and ${count(extra, other)}, ${first.heldOut.size - missing.length} are in both.`)
  }
  for (const field of ['instruction', 'input', 'reference'] as const) {
    const changed = [...first.heldOut.values()].filter((item) => other.heldOut.get(item.itemId)![field] !== item[field])
    if (changed.length > 0)
      refuse(first, other, `ask differently: ${changed.length} of ${first.heldOut.size} test items have another ${field}, ${changed[0]!.itemId} for one.`)
  }
  if (judging(first) !== judging(other)) refuse(first, other, `were judged differently: evaluation is ${judging(first)} and ${judging(other)}.`)
}

const absentIn = (there: Measured, here: Measured): string[] => [...here.heldOut.keys()].filter((id) => !there.heldOut.has(id))

const count = (ids: readonly string[], { label }: Measured): string =>
  `${ids.length} items are only in ${label}${ids.length === 0 ? '' : ` (${ids[0]}${ids.length > 1 ? ', …' : ''})`}`

/** Everything that says how answers are judged: the settings of evaluation but for the test set's file and the list of evaluators. */
function judging({ config }: Measured): string {
  const { heldOut: _, evaluators: __, ...settings } = config.evaluation
  return canonicalJson(settings)
}

/** Evaluators that both runs have; those with settings must have the same. */
export function sharedEvaluators(runs: readonly Measured[]): string[] {
  const [first, ...others] = runs.map(({ config }) => config.evaluation.evaluators)
  const shared = first!.filter((id) => others.every((ids) => ids.includes(id)))
  if (shared.length > 0 || runs.some(({ config }) => config.evaluation.evaluators.length === 0)) return shared
  throw new SediError(
    'invalid-input',
    `The runs were judged by different evaluators (${runs.map(({ label, config }) => `${label}: ${config.evaluation.evaluators.join(', ')}`).join('; ')}): expected at least one that all have.`,
  )
}

function refuse(first: Measured, other: Measured, reason: string): never {
  throw new SediError('invalid-input', `${first.label} (${first.run}) and ${other.label} (${other.run}) cannot be compared: they ${reason}`)
}
