import { tokenizeRouge } from './tokenize-rouge.ts'
import { tokenizeUnicode } from './tokenize-unicode.ts'

/** Tokenizers by the name configuration uses. */
export const tokenizers = { rouge: tokenizeRouge, unicode: tokenizeUnicode } as const satisfies Record<string, (text: string) => readonly string[]>

export type TokenizerName = keyof typeof tokenizers
