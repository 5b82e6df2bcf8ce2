import type { RowShape } from './shape.ts'

/** What SeDi itself reads and explains: Alpaca's fields and the id. */
export default {
  id: 'instructions',
  title: 'id, instruction, input, output: `sedi explain <run> <id>` tells where a row comes from',
  columns: ({ system }) => ({ id: 'string', instruction: 'string', input: 'string', output: 'string', ...(system === undefined ? {} : { system: 'string' }) }),
  row: ({ id, instruction, input, output }, { system }) => ({ id, instruction, input, output, ...(system === undefined ? {} : { system }) }),
} satisfies RowShape
