import type { Field, KeyPath } from './fields.ts'

export type Section = { readonly id: string; readonly title: string; readonly note: string; readonly fields: readonly Field[] }

/** What nearly every run sets, in the order in which people think of it. */
const first = ['recipe', 'seeds', 'generator', 'target', 'budget.maxCostUsd', 'rounds', 'trainer', 'filter.threshold', 'batches.size', 'randomSeed']

/** The rest under headings. A key of the schema that none of them names comes last, so that none is ever missing. */
const headings: readonly (Omit<Section, 'fields'> & { readonly keys: readonly string[] })[] = [
  { id: 'prompt', title: 'Prompt', note: 'How the teacher is asked.', keys: ['prompt'] },
  { id: 'filter', title: 'Filter and checks', note: 'What is kept.', keys: ['filter', 'moderator'] },
  { id: 'batches', title: 'Batches', note: 'How kept instructions become training batches.', keys: ['batches', 'embedder'] },
  { id: 'training', title: 'Training', note: 'How the student is trained.', keys: ['training'] },
  { id: 'feedback', title: 'Feedback and seeds', note: 'How training chooses the next seeds.', keys: ['feedback', 'seedPolicy', 'verifier'] },
  { id: 'evaluation', title: 'Evaluation', note: 'How the student is measured after each round.', keys: ['evaluation'] },
  { id: 'limits', title: 'Limits and money', note: 'How fast the provider is asked, and what may be spent.', keys: ['budget', 'limits', 'queue'] },
]

/** The server keeps runs in its own store. */
const notHere = ['store']

/** The form’s first part, and its sections; each key is in one of them. */
export function layOut(fields: readonly Field[]): { readonly first: readonly Field[]; readonly sections: readonly Section[] } {
  const named = new Set([...headings.flatMap(({ keys }) => keys), ...first.filter((key) => !key.includes('.')), ...notHere])
  const others = fields.filter(({ name }) => !named.has(name))
  const all = [...headings, ...(others.length === 0 ? [] : [{ id: 'other', title: 'Other', note: '', keys: others.map(({ name }) => name) }])]
  return {
    first: first.map((key) => findField(fields, key.split('.'))).filter((field) => field !== undefined),
    sections: all.map(({ keys, ...heading }) => ({
      ...heading,
      fields: keys.flatMap((key) => fields.filter(({ name }) => name === key)).map(withoutFirst),
    })),
  }
}

function findField(fields: readonly Field[], [name, ...rest]: KeyPath): Field | undefined {
  const field = fields.find((one) => one.name === name)
  if (rest.length === 0 || field === undefined) return field
  return field.kind === 'group' ? findField(field.fields, rest) : undefined
}

/** A group without those of its fields that stand in the first part. */
function withoutFirst(field: Field): Field {
  if (field.kind !== 'group') return field
  return { ...field, fields: field.fields.filter(({ path }) => !first.includes(path.join('.'))).map(withoutFirst) }
}
