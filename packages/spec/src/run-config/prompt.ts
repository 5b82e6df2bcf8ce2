import * as z from 'zod'
import { count, describe } from './key-meta.ts'

export const promptSchema = z
  .strictObject({
    strategy: z
      .string()
      .default('joint')
      .meta(
        describe(
          'How the teacher is asked. `joint`: one call writes instruction, input and output. `compact`: the same in fewer tokens. `staged`: instructions only; then for each that passes the filter, whether it is a classification task, and an input and output. `instruction-first`: instructions and inputs; then answers to those that pass the filter.',
          { source: 'joint: Alpaca, generate_instruction.py; staged: Self-Instruct' },
        ),
      ),
    format: z
      .enum(['text', 'json'])
      .default('text')
      .meta(
        describe(
          'What replies look like. `json`: a provider that can hold a model to a schema is asked to; a reply in another form is read all the same. Costs more output tokens than `text`.',
        ),
      ),
    seedsPerPrompt: count('Seeds shown in each prompt.', { source: 'Alpaca: 3' }).default(3),
    tasksPerCall: count('New tasks asked for in each call.', { source: 'Alpaca: a list of 20' }).default(20),
    answersPerCall: count(
      'Answers asked for together, where answers are bought apart (`instruction-first`). More cost less, because the question is put once; 1 asks for each alone.',
    ).default(10),
  })
  .meta(describe('How the teacher is asked.'))
