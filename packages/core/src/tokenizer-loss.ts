import { tokenizers } from './tokenizers.ts'

export type TokenizerLoss = {
  /** Texts with at least one letter or digit. */
  readonly texts: number
  /** Of these, the ones that keep less than half of their letters and digits. */
  readonly losing: number
  /** losing / texts, in [0, 1]; 0 without texts. */
  readonly share: number
  /** What to tell people when more than 1 % of the texts lose most of their content, else undefined. */
  readonly warning: string | undefined
}

/** Counts texts one at a time, for streams. */
export type TokenizerLossCounter = { add(text: string): void; result(): TokenizerLoss }

const content = /[\p{L}\p{N}]/gu
const warnAbove = 0.01

/**
 * How many texts lose most of their content to a tokenizer: letters and digits (Unicode categories L and N) outside every word it returns.
 * A text that loses everything is similar to nothing, so a filter keeps all its repetitions. rouge_score's tokenizer drops every script but
 * ASCII. Cost O(characters), about 1 µs per short ASCII text and tokenizer.
 *
 * @example measureTokenizerLoss(['Guten Tag', 'добрый день'], 'rouge').share // 0.5
 */
export function measureTokenizerLoss(texts: Iterable<string>, tokenizer: string, tokenize?: (text: string) => readonly string[]): TokenizerLoss {
  const counter = createTokenizerLossCounter(tokenizer, tokenize)
  for (const text of texts) counter.add(text)
  return counter.result()
}

/** {@link measureTokenizerLoss} for texts that come one by one. `tokenizer` is a name of `tokenizers`, or any when `tokenize` is given. */
export function createTokenizerLossCounter(
  tokenizer: string,
  tokenize: ((text: string) => readonly string[]) | undefined = tokenizers[tokenizer as keyof typeof tokenizers],
): TokenizerLossCounter {
  if (tokenize === undefined)
    throw new RangeError(`createTokenizerLossCounter: expected a tokenizer of ${Object.keys(tokenizers).join(', ')}; got ${tokenizer}`)
  let [texts, losing] = [0, 0]
  return {
    add(text) {
      const before = countContent(text)
      if (before === 0) return
      texts++
      const after = tokenize(text).reduce((sum, word) => sum + countContent(word), 0)
      if (2 * after < before) losing++
    },
    result() {
      const share = texts === 0 ? 0 : losing / texts
      return { texts, losing, share, warning: share > warnAbove ? describe(losing, texts, tokenizer) : undefined }
    },
  }
}

function countContent(text: string): number {
  return text.match(content)?.length ?? 0
}

function describe(losing: number, texts: number, tokenizer: string): string {
  const percent = ((100 * losing) / texts).toFixed(1)
  const advice = tokenizer === 'unicode' ? '' : ' The tokenizer “unicode” reads every script.'
  return `The tokenizer “${tokenizer}” sees less than half of the letters in ${losing} of ${texts} texts (${percent} %): near-duplicates among them are not found.${advice}`
}
