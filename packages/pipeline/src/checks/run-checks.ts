import type { CallOptions, CheckMode, Flag, RejectionReason, Task } from '@sedi/spec'
import type { Check, CheckContext, CheckResources, Finder } from './check.ts'
import { checks as registered } from './registry.gen.ts'

/** What the checks say about one task. */
export type CheckOutcome = {
  /** The first finding of a check set to `drop`; its detail begins with the check's id: `pii: an e-mail address in the input`. */
  readonly dropped: { readonly reason: RejectionReason; readonly detail: string } | undefined
  /** What checks set to `flag` saw. */
  readonly flags: readonly Flag[]
}

export type Checks = {
  /** Ids of the checks that look, in the order in which they do. */
  readonly active: readonly string[]
  /** One outcome per task, in order. Rejects only when a check's service fails for good (a SediError as of any provider), or with `aborted`. */
  run(tasks: readonly Task[], context?: CheckContext, call?: CallOptions): Promise<readonly CheckOutcome[]>
}

export type CheckModes = Readonly<Record<string, CheckMode>>

const noContext: CheckContext = { prompt: [], seeds: [] }

/**
 * Makes the checks that are not off. Those that compute come first; a check that asks a service sees only the tasks nothing has dropped.
 * Throws `invalid-config` when one lacks what it needs.
 */
export function createChecks(modes: CheckModes, resources: CheckResources): Checks {
  const active = (Object.values(registered) as Check[])
    .filter(({ id }) => (modes[id] ?? 'off') !== 'off')
    .sort((a, b) => Number(a.cost === 'request') - Number(b.cost === 'request'))
    .map((check) => ({ check, mode: modes[check.id]!, find: check.create(resources) }))
  return {
    active: active.map(({ check }) => check.id),
    async run(tasks, context = noContext, call = {}) {
      const outcomes = tasks.map(() => ({ dropped: undefined as CheckOutcome['dropped'], flags: [] as Flag[] }))
      for (const { check, mode, find } of active) {
        const asked = [...tasks.keys()].filter((i) => check.cost !== 'request' || outcomes[i]!.dropped === undefined)
        const findings = await findSome(find, tasks, asked, context, call)
        for (const [k, detail] of findings.entries()) {
          if (detail === undefined) continue
          const outcome = outcomes[asked[k]!]!
          if (mode === 'flag') outcome.flags.push({ check: check.id, detail })
          else outcome.dropped ??= { reason: check.reason ?? 'check', detail: `${check.id}: ${detail}` }
        }
      }
      return outcomes
    },
  }
}

async function findSome(find: Finder, tasks: readonly Task[], asked: readonly number[], context: CheckContext, call: CallOptions) {
  return asked.length === 0
    ? []
    : find(
        asked.map((i) => tasks[i]!),
        context,
        call,
      )
}
