import { type BuyerSource, createRunBuyer } from '@sedi/pipeline'
import { type CallFact, type GenerateRequest, SediError, type TextGenerator } from '@sedi/spec'

/** Questions about one item that are numbered apart: its answer, and what judges are asked. */
const mostQuestions = 8

/** `i0012-answer`: a question about an item, by its number. */
export const callIdOf = (item: number, question: string): string => `i${String(item).padStart(4, '0')}-${question}`

export type AccountedCalls = {
  /**
   * The recorded answer to a question about an item, bought if there is none yet. An item's questions must always be asked in the same order.
   * Throws what the buyer throws.
   */
  ask(item: number, question: string, request: GenerateRequest): Promise<CallFact>
}

/**
 * Everything an evaluation asks of one model: reserved, recorded and settled like a run's calls, by the same code, and bought once: `i0012-answer`.
 * Two models are asked one after the other, never at the same time: what one waits for in the budget would be the other's.
 */
export async function openAccountedCalls(source: BuyerSource): Promise<AccountedCalls> {
  const { ledger } = source
  const buyer = await createRunBuyer(source)
  const recorded = new Map((await ledger.find('call')).map((call) => [call.callId, call]))
  const attempts = new Map<string, number>()
  for (const { callId, attempt } of await ledger.find('attempt')) attempts.set(callId, Math.max(attempt, attempts.get(callId) ?? 0))
  const questions = new Map<number, string[]>()
  return {
    async ask(item, question, request) {
      const asked = questions.get(item) ?? []
      questions.set(item, asked)
      if (!asked.includes(question)) asked.push(question)
      if (asked.length >= mostQuestions) throw new SediError('internal', `More than ${mostQuestions - 1} questions were asked about one item.`)
      const callId = callIdOf(item, question)
      const known = recorded.get(callId)
      if (known !== undefined) return known
      const index = item * mostQuestions + questionNumber(question, asked)
      return buyer.buy({ callId, round: 1, index, stage: question, parentId: null, seedIds: [], request }, attempts.get(callId) ?? 0)
    },
  }
}

/** The answer has a number of its own, because the judge's questions are asked through another instance. */
const questionNumber = (question: string, asked: readonly string[]): number => (question === 'answer' ? 0 : 1 + asked.indexOf(question))

/**
 * A model whose calls are accounted for, as evaluators see it. The caller's `key` names item and question (`<item id>/<question>`). The settings
 * are those of the configuration, whatever the request says.
 */
export function accountedGenerator(
  { provider, modelId }: TextGenerator,
  calls: AccountedCalls,
  numberOf: ReadonlyMap<string, number>,
  settings: Pick<GenerateRequest, 'maxOutputTokens' | 'temperature' | 'topP'>,
): TextGenerator {
  return {
    specVersion: 1,
    provider,
    modelId,
    async generate(request, { key = '' } = {}) {
      const at = key.lastIndexOf('/')
      const item = numberOf.get(key.slice(0, at))
      if (item === undefined) throw new SediError('internal', `A question without its place: expected a key “<item>/<question>”, got “${key}”.`)
      const { text, finishReason, usage, modelId: answered, warnings } = await calls.ask(item, key.slice(at + 1), { ...request, ...settings })
      return { text, finishReason, usage, modelId: answered, warnings, raw: null }
    },
  }
}
