/** Numbers words in order of first sight, so that texts can be compared as integers. */
export type Vocabulary = {
  /** (M,) the number of each word; unseen words get the next numbers. */
  encode(words: readonly string[]): Int32Array
  /** All words, by number. */
  words(): string[]
}

export function createVocabulary(words: readonly string[] = []): Vocabulary {
  const numbers = new Map<string, number>(words.map((word, number) => [word, number]))
  function numberOf(word: string): number {
    const known = numbers.get(word)
    if (known !== undefined) return known
    numbers.set(word, numbers.size)
    return numbers.size - 1
  }
  return { encode: (text) => Int32Array.from(text, numberOf), words: () => [...numbers.keys()] }
}
