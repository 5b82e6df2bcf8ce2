/**
 * Splits a text the way rouge_score does without stemming: lower-cased, every run of characters outside [a-z0-9] separates.
 *
 * Texts in scripts without such characters become empty; `@sedi/core` compares empty texts as similar to nothing.
 * Source: google-research rouge_score 0.1.2, `tokenize.py` (`use_stemmer=False`).
 *
 * @example tokenizeRouge("Don't panic!") // ['don', 't', 'panic']
 */
export function tokenizeRouge(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
}
