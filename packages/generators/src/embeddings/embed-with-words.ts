import { SediError, type Usage } from '@sedi/spec'

export type Embedded = { readonly embeddings: readonly Float32Array[]; readonly usage: Usage }

/**
 * Asks for the texts that have something in them; the others get the zero row, because providers refuse them. Nothing is sent for an empty
 * list. Throws `invalid-input` when no text has anything in it: the rows' length is not known then.
 */
export async function embedWithWords(texts: readonly string[], provider: string, ask: (texts: readonly string[]) => Promise<Embedded>): Promise<Embedded> {
  if (texts.length === 0) return { embeddings: [], usage: { inputTokens: 0 } }
  const wanted = texts.filter(hasWords)
  if (wanted.length === 0) {
    throw new SediError('invalid-input', `${provider}: expected at least one text that is not empty, got ${texts.length} empty.`, {
      details: { charged: 'none' },
    })
  }
  const { embeddings, usage } = await ask(wanted)
  const dimensions = embeddings[0]!.length
  let next = 0
  return { embeddings: texts.map((text) => (hasWords(text) ? embeddings[next++]! : new Float32Array(dimensions))), usage }
}

const hasWords = (text: string): boolean => text.trim() !== ''
