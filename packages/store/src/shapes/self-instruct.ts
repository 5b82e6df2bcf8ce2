import { buildTask, isObject, type Shape } from './shape.ts'

/** `instruction, instances: [{ input, output }]`: Self-Instruct's seeds and data. The first instance counts. */
export default {
  id: 'self-instruct',
  title: 'Self-Instruct: instruction, instances',
  recognises: ({ instances }) => Array.isArray(instances),
  read({ instruction, instances }) {
    const first: unknown = Array.isArray(instances) ? instances[0] : undefined
    return isObject(first) ? buildTask(instruction, first.input, first.output) : { problem: 'expected at least one instance with input and output' }
  },
} satisfies Shape
