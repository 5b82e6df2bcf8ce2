import * as z from 'zod'
import { embedderBaseSchema } from './adapters.ts'
import { describe } from './key-meta.ts'

/** What a check does with what it finds. */
export const checkModes = ['off', 'flag', 'drop'] as const
export type CheckMode = (typeof checkModes)[number]

export const checkModeSchema = z.enum(checkModes)

export const benchmarkSchema = z.union([
  z.string().meta(describe('A data file.', { path: true })),
  z.strictObject({
    file: z.string().meta(describe('A data file: JSON lines or a JSON array.', { path: true })),
    field: z
      .string()
      .optional()
      .meta(describe('The field that holds the question. Default: instruction and input, else the first of question, prompt, problem, query, text.')),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')
      .optional()
      .meta(describe('What the file’s content must hash to. A run notes it when it begins and refuses to go on with another content.')),
  }),
])
export type Benchmark = z.output<typeof benchmarkSchema>

/** A second similarity filter, by vectors. */
export const semanticFilterSchema = z
  .strictObject({
    threshold: z
      .number()
      .min(0)
      .max(1)
      .meta(
        describe(
          'A candidate that passes the ROUGE-L filter is rejected when the cosine of its vector with that of a seed or an earlier instruction is greater than this. Cosines of different embedders do not compare: look at some with `sedi filter-replay --semantic` first.',
        ),
      ),
    embedder: embedderBaseSchema.prefault({ id: 'word-parts' }),
    search: z
      .enum(['exact', 'usearch'])
      .default('exact')
      .meta(
        describe(
          'How neighbours are found in pools of more than 100,000. `exact`: every vector is compared. `usearch`: an HNSW graph proposes some, which are compared exactly; faster, and it may miss one. Up to 100,000 both are exact.',
        ),
      ),
  })
  .meta(describe('A second similarity filter, by meaning as far as the embedder sees it. Without this key there is none.'))

export const filterSchema = z
  .strictObject({
    threshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.85)
      .meta(
        describe('A candidate is rejected when its highest ROUGE-L F against seeds, kept instructions and the texts of `against` is greater than this.', {
          source: 'SeDi-Instruct: 0.85; Self-Instruct: 0.7',
        }),
      ),
    tokenizer: z
      .enum(['rouge', 'unicode'])
      .default('rouge')
      .meta(
        describe(
          'How texts are split into words for ROUGE-L. `rouge`: rouge_score’s own, lower-cased [a-z0-9] runs; every other script is lost. `unicode`: words of any language.',
        ),
      ),
    heuristics: z
      .string()
      .default('alpaca')
      .meta(describe('Which named rules are applied before similarity.', { source: 'Alpaca, generate_instruction.py' })),
    checks: z
      .record(z.string(), checkModeSchema)
      .default({})
      .meta(
        describe(
          'What is looked for in every candidate, and what happens when it is found: `flag` notes it, `drop` rejects the candidate, `off` does not look. Whatever a check that is not off finds also keeps an instruction from becoming a seed (`feedback.verify`).',
        ),
      ),
    benchmarks: z
      .array(benchmarkSchema)
      .default([])
      .meta(describe('Test sets that must not leak into the data: the check `contamination` looks for near-copies of their questions.')),
    against: z
      .array(z.string().meta(describe('A data file: JSON lines, a JSON array or Parquet, of any record shape that `sedi import` knows.', { path: true })))
      .min(1)
      .optional()
      .meta(
        describe(
          'Data that you have already: nothing is kept that resembles one of its instructions by the threshold above (and by `semantic`). A run copies them when it begins. They are never seeds, never in a batch and never counted as kept. At most 200,000.',
        ),
      ),
    semantic: semanticFilterSchema.optional(),
  })
  .meta(describe('What is kept.'))
