/** Ids 0..255 are the bytes of UTF-8; then come the special tokens, then the vocabulary's pieces. */
const byteTokens = 256
export const endToken = 256
export const separatorToken = 257
export const padToken = 258
export const firstPieceToken = 259

export interface Tokenizer {
  /** Pieces in id order: piece `i` is token `firstPieceToken + i`. */
  readonly vocabulary: readonly string[]
  /** Number of token ids, special ones included. */
  readonly size: number
  encode(text: string): number[]
  /** The text of the tokens; special tokens are nothing, bytes that are not UTF-8 become U+FFFD. */
  decode(tokens: readonly number[]): string
}

// A word takes the space before it; a digit, a punctuation mark and any white space are pieces of their own.
const pieces = / ?[\p{L}\p{M}]+|[^\p{L}\p{M}]/gu
const startsLikeAWord = /^[ \p{L}\p{M}]/u

/**
 * Cuts a text into pieces whose concatenation, less one leading space, is the text.
 *
 * A text that begins with a letter (or a space) is given one more space in front, so that a word is the same piece at the start of a text
 * and inside it. `splitPieces('Sort 42, now')` is `[' Sort', ' ', '4', '2', ',', ' now']`.
 */
export function splitPieces(text: string): string[] {
  return (startsLikeAWord.test(text) ? ` ${text}` : text).match(pieces) ?? []
}

/**
 * Words with a fallback to bytes: a piece of the vocabulary is one token, any other piece is its UTF-8 bytes, so every text can be written.
 *
 * `decode(encode(text)) === text` for well-formed text; a lone surrogate has no UTF-8 form and comes back as U+FFFD, as with `text.toWellFormed()`.
 * Cost: linear in the text.
 */
export function createTokenizer(vocabulary: readonly string[]): Tokenizer {
  const tokenOf = new Map(vocabulary.map((piece, i) => [piece, firstPieceToken + i]))
  const encoder = new TextEncoder()

  return {
    vocabulary,
    size: firstPieceToken + vocabulary.length,
    encode(text) {
      return splitPieces(text).flatMap((piece) => tokenOf.get(piece) ?? [...encoder.encode(piece)])
    },
    decode(tokens) {
      const bytes = tokens.flatMap((token) => (token < byteTokens ? token : [...encoder.encode(vocabulary[token - firstPieceToken] ?? '')]))
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
      return text.startsWith(' ') ? text.slice(1) : text
    },
  }
}
