import { defineCheck, describeFields, eachTask } from './check.ts'

const signs: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a replacement character (U+FFFD)', /\ufffd/],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  ['a control character', /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/],
  ['a byte-order mark', /\ufeff/],
  ['a bidirectional override', /[\u202a-\u202e\u2066-\u2069]/],
  // UTF-8 read as Windows-1252: é → Ã©, ’ → â€™, ° → Â°; of Cyrillic at least two letters. No quotation marks: “IRMÔ is Portuguese.
  [
    'text decoded with the wrong encoding',
    /Ã[\u00a1-\u00aa\u00ac-\u00ba\u00bc-\u00bf]|Â[\u00a1-\u00aa\u00ac-\u00ba\u00bc-\u00bf]|â€[™œ\u009d“”¦˜¢]|(?:[ÐÑ][\u00a0-\u00bf€‚ƒ„…†‡ˆ‰Š‹Œ]){2}/,
  ],
]

/** Characters that no writer means: what is left of a text after a decoding error, and invisible ones that change how it reads. */
export default defineCheck({
  id: 'garbled',
  title: 'broken characters: U+FFFD, lone surrogates, control characters, byte-order marks, bidirectional overrides, wrong encodings',
  defaultMode: 'flag',
  create: eachTask((task) => describeFields(task, signsOf)),
})

function signsOf(text: string): string[] {
  const found = signs.filter(([, pattern]) => pattern.test(text)).map(([name]) => name)
  return text.isWellFormed() ? found : [...found, 'half a character (lone surrogate)']
}
