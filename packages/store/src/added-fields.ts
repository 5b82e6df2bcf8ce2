import type { FactKind } from '@sedi/spec'

/** Fields that facts have gained since the first ledgers, and what they are for a fact that was recorded without them. */
export const addedFields: { readonly [K in FactKind]?: Readonly<Record<string, unknown>> } = {
  attempt: { recovery: 'lost' },
  call: { stage: 'tasks', parentId: null },
  candidate: { flags: [] },
  step: { exampleGaps: null, masked: null, exampleErrors: null },
}
