import { buildTask, type Shape, withSystem } from './shape.ts'

/** `instruction, input?, output`: Alpaca's data files, and what SeDi itself writes; `system` as LLaMA-Factory names it. */
export default {
  id: 'alpaca',
  title: 'Alpaca: instruction, input, output',
  recognises: ({ instruction, output }) => typeof instruction === 'string' && typeof output === 'string',
  read: ({ instruction, input, output, system }) => buildTask(withSystem(system, instruction), input, output),
} satisfies Shape
