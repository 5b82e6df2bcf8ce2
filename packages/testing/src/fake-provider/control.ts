import type { FaultPlan, Plan, Rule } from './fault-plan.ts'
import { faultGroups } from './faults.ts'
import { errorReply, jsonReply, type Reply } from './reply.ts'

/** Where other processes say what should go wrong. */
export const controlPath = '/__scenario'

/**
 * `PUT` takes what `enqueue` takes, as JSON: `["429", "normal"]`; or `{ "match": {…}, "do": ["500"], "seed": 1 }`, a rule, or a list of rules.
 * `DELETE` forgets them. `GET` says what is pending and which faults there are.
 */
export function control(method: string | undefined, body: string, plan: FaultPlan): Reply {
  if (method === 'GET') return jsonReply(200, { pending: plan.pending(), faults: faultList() })
  if (method === 'DELETE') {
    plan.clear()
    return jsonReply(200, { pending: [] })
  }
  if (method !== 'PUT') return errorReply(405, `${method} means nothing here; PUT, GET and DELETE do.`)
  try {
    const value: unknown = JSON.parse(body)
    for (const entry of Array.isArray(value) ? value : [value]) take(entry, plan)
    return jsonReply(200, { pending: plan.pending() })
  } catch (error) {
    return errorReply(400, error instanceof Error ? error.message : String(error))
  }
}

function take(entry: unknown, plan: FaultPlan): void {
  if (typeof entry === 'string') {
    plan.enqueue([entry as Plan])
    return
  }
  const rule = entry as Partial<Rule> | null
  if (typeof rule !== 'object' || rule === null || !Array.isArray(rule.do)) throw new RangeError('Expected the name of a fault, or { match, do, seed }')
  plan.add({ ...rule, match: rule.match ?? {}, do: rule.do })
}

function faultList() {
  return Object.entries(faultGroups).flatMap(([group, faults]) => Object.entries(faults).map(([kind, { about, source }]) => ({ kind, group, about, source })))
}
