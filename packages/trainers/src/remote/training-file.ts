import type { TrainingExample, TrainingSpec } from '@sedi/spec'

/** The training file: a conversation per row of the composed batches, in their order. A row that stands in several batches stands here as often. */
export function trainingFile({ examples, batches }: Pick<TrainingSpec, 'examples' | 'batches'>): { readonly text: string; readonly rows: number } {
  const lines = new Map(examples.map((example) => [example.id, lineOf(example)]))
  const rows = batches.flat()
  return { text: rows.map((id) => `${lines.get(id)!}\n`).join(''), rows: rows.length }
}

const lineOf = ({ prompt, completion }: TrainingExample): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: prompt },
      { role: 'assistant', content: completion },
    ],
  })
