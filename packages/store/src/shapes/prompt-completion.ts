import { turnsOf } from './messages.ts'
import { buildTask, type JsonObject, type Shape, taskOfTurns, withSystem } from './shape.ts'

/**
 * A question beside its answer under the usual names: `prompt, completion` (TRL), `prompt, response`, `question, answer`, `query, response`;
 * of preferences (`prompt, chosen, rejected`) the chosen answer.
 */
export default {
  id: 'prompt-completion',
  title: 'prompt and completion (or response), question and answer',
  recognises: (record) => questionOf(record) !== undefined && answerOf(record) !== undefined,
  read(record) {
    const [question, answer] = [questionOf(record), answerOf(record)]
    // Conversational forms: messages in both, or a whole conversation as the chosen one.
    if (Array.isArray(answer)) {
      const turns = turnsOf(answer)
      const asked = turns.some(({ role }) => role === 'user')
        ? []
        : Array.isArray(question)
          ? turnsOf(question)
          : [{ role: 'user', content: question } as const]
      return taskOfTurns([...asked, ...turns])
    }
    return buildTask(withSystem(record.system, question), undefined, answer)
  },
} satisfies Shape

const questionOf = ({ prompt, question, query }: JsonObject): unknown => prompt ?? question ?? query ?? undefined
const answerOf = ({ completion, response, answer, output, chosen }: JsonObject): unknown => completion ?? response ?? answer ?? output ?? chosen ?? undefined
