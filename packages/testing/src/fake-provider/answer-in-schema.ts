import { tasksIn, type WrittenTask } from './faults/task-text.ts'

type Schema = Readonly<Record<string, unknown>>

/**
 * The teacher's text as JSON of a schema, as a model that is held to one would write it. Lists of objects get one object for each task; texts
 * named like a task's fields get those, other texts the instruction. Without properties (any JSON): `{ "tasks": […] }`.
 */
export function answerInSchema(text: string, schema: Schema): string {
  const tasks = tasksIn(text)
  if (schema.properties === undefined) return JSON.stringify({ tasks })
  const whole = { instruction: text, input: '', output: text }
  return JSON.stringify(valueFor(schema, '', tasks[0] ?? whole, tasks, schema))
}

function valueFor(schema: Schema, name: string, task: WrittenTask, tasks: readonly WrittenTask[], root: Schema): unknown {
  const own = resolve(schema, root)
  if (own.const !== undefined) return own.const
  if (Array.isArray(own.enum)) return own.enum[task.instruction.length % own.enum.length]
  const options = (own.anyOf ?? own.oneOf) as Schema[] | undefined
  if (options !== undefined) return valueFor(options.find(({ type }) => type !== 'null') ?? {}, name, task, tasks, root)
  const types = Array.isArray(own.type) ? (own.type as string[]) : [own.type as string | undefined]
  switch (types.find((type) => type !== 'null')) {
    case 'object':
      return Object.fromEntries(
        Object.entries((own.properties ?? {}) as Record<string, Schema>).map(([key, inner]) => [key, valueFor(inner, key, task, tasks, root)]),
      )
    case 'array':
      return listOf(own, task, tasks, root)
    case 'string':
      return textFor(name, task)
    case 'integer':
    case 'number':
      return (own.minimum as number | undefined) ?? 1
    case 'boolean':
      return task.instruction.length % 2 === 0
    default:
      return null
  }
}

function listOf(schema: Schema, task: WrittenTask, tasks: readonly WrittenTask[], root: Schema): unknown[] {
  const items = (schema.items ?? {}) as Schema
  const limited = tasks.slice(0, (schema.maxItems as number | undefined) ?? tasks.length)
  // One list is of the tasks; lists inside a task say no more than the task.
  const each = limited.length === 0 ? [task] : limited
  return each.map((one) => valueFor(items, 'instruction', one, [one], root))
}

function textFor(name: string, task: WrittenTask): string {
  if (/input|context/i.test(name)) return task.input
  return /output|answer|response|completion/i.test(name) ? task.output : task.instruction
}

function resolve(schema: Schema, root: Schema): Schema {
  const { $ref } = schema
  if (typeof $ref !== 'string') return schema
  const found = $ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .reduce<unknown>((value, part) => (value as Schema | undefined)?.[part], root)
  return (found as Schema | undefined) ?? {}
}
