import { firstPieceToken, splitPieces } from './tokenizer.ts'

/**
 * The pieces that make texts shortest: those that occur at least twice and are longer than one byte (one byte is a token already),
 * the most frequent first, ties in code-unit order.
 *
 * `size` is the largest number of token ids wanted, special tokens and bytes included. Same texts, same vocabulary.
 * Cost: O(text + P log P) for P distinct pieces.
 */
export function buildVocabulary(texts: Iterable<string>, size: number): string[] {
  const counts = new Map<string, number>()
  for (const text of texts) {
    for (const piece of splitPieces(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1)
  }
  const frequent = [...counts].filter(([piece, count]) => count >= 2 && Buffer.byteLength(piece) > 1 && piece.isWellFormed())
  frequent.sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || (a < b ? -1 : 1))
  return frequent.slice(0, Math.max(0, size - firstPieceToken)).map(([piece]) => piece)
}
