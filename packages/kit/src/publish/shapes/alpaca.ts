import type { RowShape } from './shape.ts'

/**
 * Stanford Alpaca's fields. A task without an input has `input: ''`, by which its readers choose the template without one.
 * Source: tatsu-lab/stanford_alpaca, README and `train.py` (`PROMPT_DICT`); `system` as LLaMA-Factory names it.
 */
export default {
  id: 'alpaca',
  title: 'instruction, input (empty where there is none), output: Stanford Alpaca, LLaMA-Factory, Axolotl',
  columns: ({ system }) => ({ instruction: 'string', input: 'string', output: 'string', ...(system === undefined ? {} : { system: 'string' }) }),
  row: ({ instruction, input, output }, { system }) => ({ instruction, input, output, ...(system === undefined ? {} : { system }) }),
} satisfies RowShape
