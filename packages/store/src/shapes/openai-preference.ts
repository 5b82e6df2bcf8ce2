import { turnsOf } from './messages.ts'
import { isObject, type Shape, taskOfTurns } from './shape.ts'

/** `input: { messages }, preferred_output: [message]`: OpenAI's files for preference fine-tuning. The preferred answer counts. */
export default {
  id: 'openai-preference',
  title: 'OpenAI preferences: input.messages, preferred_output',
  recognises: ({ input }) => isObject(input) && Array.isArray(input.messages),
  read({ input, preferred_output: preferred }) {
    if (!isObject(input) || !Array.isArray(input.messages) || !Array.isArray(preferred))
      return { problem: 'expected messages in “input.messages” and in “preferred_output”' }
    return taskOfTurns(turnsOf([...input.messages, ...preferred]))
  },
} satisfies Shape
