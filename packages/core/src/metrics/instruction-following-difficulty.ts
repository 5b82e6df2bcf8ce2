/**
 * IFD: perplexity of the answer given the instruction over its perplexity alone, both per token. Above 1 the instruction made the answer
 * less likely. Null for an answer without tokens, or where a log-probability is not a number.
 *
 * Source: Cherry LLM (arXiv 2308.12032); as ratio of perplexities in Superfiltering, `code_ifd/data_analysis.py` (`ppl_A_condition / ppl_A_direct`).
 *
 * @param given (T,) log-probabilities of the answer's tokens after the instruction, nats
 * @param alone (T′,) the same after nothing
 */
export function instructionFollowingDifficulty(given: readonly number[], alone: readonly number[]): number | null {
  if (given.length === 0 || alone.length === 0) return null
  const value = Math.exp(mean(alone) - mean(given))
  return Number.isFinite(value) ? value : null
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
