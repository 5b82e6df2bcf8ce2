import { studentPrompt } from '@sedi/spec'
import type { RowShape } from './shape.ts'

/** Conversations as chat templates take them; in Parquet `list<struct<role: string, content: string>>`. */
export default {
  id: 'messages',
  title: 'messages, a list of role and content: TRL, Axolotl, `apply_chat_template`',
  columns: () => ({ messages: { list: { role: 'string', content: 'string' } } }),
  row: (task, { system }) => ({
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: studentPrompt(task) },
      { role: 'assistant', content: task.output },
    ],
  }),
} satisfies RowShape
