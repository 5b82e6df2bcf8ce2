import { studentPrompt } from '@sedi/spec'
import type { RowShape } from './shape.ts'

/** ShareGPT's conversations; in Parquet `list<struct<from: string, value: string>>`. Source: lm-sys/FastChat, `docs/training.md`. */
export default {
  id: 'sharegpt',
  title: 'conversations, a list of from (system, human, gpt) and value: FastChat, LLaMA-Factory, Axolotl',
  columns: () => ({ conversations: { list: { from: 'string', value: 'string' } } }),
  row: (task, { system }) => ({
    conversations: [
      ...(system === undefined ? [] : [{ from: 'system', value: system }]),
      { from: 'human', value: studentPrompt(task) },
      { from: 'gpt', value: task.output },
    ],
  }),
} satisfies RowShape
