import type { FactKind } from '@sedi/spec'

const kinds: Readonly<Record<FactKind, true>> = {
  run: true,
  'run-state': true,
  session: true,
  'config-change': true,
  'seed-event': true,
  'held-out': true,
  attempt: true,
  outcome: true,
  call: true,
  'embed-call': true,
  adaptation: true,
  candidate: true,
  yield: true,
  batch: true,
  'training-job': true,
  step: true,
  'training-outcome': true,
  scores: true,
  model: true,
  eval: true,
  stage: true,
}

/** Every kind of fact there is. */
export const factKinds = Object.keys(kinds) as [FactKind, ...FactKind[]]
