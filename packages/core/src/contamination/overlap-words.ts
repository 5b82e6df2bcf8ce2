/** A word of a text and where it stands there, in UTF-16 units, end excluded. */
export type PlacedWord = { readonly word: string; readonly start: number; readonly end: number }

// Scripts written without spaces: each character counts as a word.
const unspaced = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const wordPattern = new RegExp(`[${unspaced}]|(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}])+`, 'gu')

/**
 * The words in which texts are compared for overlaps: runs of letters, marks and digits of any script, compatibility forms and case folded;
 * everything else separates, so punctuation, layout and the kind of apostrophe do not matter. Characters of scripts written without
 * spaces are words of their own. Cost O(characters), whatever the text.
 *
 * Close to the words of GPT-3's decontamination (Brown et al. 2020, appendix C: lower-cased, split on white space, punctuation removed).
 *
 * @example overlapWords('Don’t panic!').map(({ word }) => word) // ['don', 't', 'panic']
 */
export function overlapWords(text: string): PlacedWord[] {
  const words: PlacedWord[] = []
  for (const match of text.matchAll(wordPattern)) {
    words.push({ word: match[0].normalize('NFKC').toLowerCase(), start: match.index, end: match.index + match[0].length })
  }
  return words
}
