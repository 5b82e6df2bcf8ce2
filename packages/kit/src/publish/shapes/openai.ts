import messages from './messages.ts'
import type { RowShape } from './shape.ts'

/**
 * The file that OpenAI's fine-tuning and compatible services take: JSON lines with `messages` and nothing beside it.
 * Source: OpenAI's guide to supervised fine-tuning, “Prepare your data”.
 */
export default {
  ...messages,
  id: 'openai',
  title: 'messages and nothing beside it, as JSON lines: OpenAI’s fine-tuning and services like it',
  only: ['jsonl'],
} satisfies RowShape
