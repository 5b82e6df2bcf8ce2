/** Words that stand for a number, up to twenty; larger ones are written in figures in answers that are to be matched. */
const numberWords: ReadonlyMap<string, string> = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'
    .split(' ')
    .map((word, number) => [word, String(number)]),
)

const articles: ReadonlySet<string> = new Set(['a', 'an', 'the'])

// A sign counts only where no letter or digit stands before it: “-5” is a number below zero, “3-5” is two numbers.
const parts = /(?<![\p{L}\p{N}.])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\p{L}\p{N}])|[\p{L}\p{M}\p{N}]+/gu

/**
 * A short answer in the form in which equal answers are equal texts:
 * 1. Unicode NFKC, lower case; apostrophes are dropped (`don't` is `dont`), all other punctuation and symbols separate words.
 * 2. Numbers keep their sign and decimals, lose thousands separators and needless zeros (`1,000.50` is `1000.5`, `+7` is `7`); number words up
 *    to twenty become figures.
 * 3. The articles a, an, the are dropped, unless nothing else is left (the answer “A” stays).
 * 4. Single spaces.
 *
 * Articles and number words are English; in other languages only the rest applies. The idea is SQuAD's `normalize_answer`, which deletes
 * punctuation inside numbers too, so that there 3.14 equals 314 and −5 equals 5; here they differ.
 *
 * @example normaliseAnswer('The answer: 1,000 Dollars!') // 'answer 1000 dollars'
 */
export function normaliseAnswer(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/['’ʼ`´]/g, '')
    .replace(/[−‐‑‒–]/g, '-')
  const words = (plain.match(parts) ?? []).map((word) => numberWords.get(word) ?? plainNumber(word))
  const content = words.filter((word) => !articles.has(word))
  return (content.length === 0 ? words : content).join(' ')
}

function plainNumber(word: string): string {
  if (!/^[-+]?\d[\d,]*(?:\.\d+)?$/.test(word)) return word
  const [, sign = '', whole = '', decimals = ''] = /^([-+]?)([\d,]+)(?:\.(\d+))?$/.exec(word) ?? []
  const digits = whole.replaceAll(',', '').replace(/^0+(?=\d)/, '')
  const rest = decimals.replace(/0+$/, '')
  const number = rest === '' ? digits : `${digits}.${rest}`
  return sign === '-' && /[1-9]/.test(number) ? `-${number}` : number
}
