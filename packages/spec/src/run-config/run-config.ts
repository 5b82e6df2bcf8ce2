import * as z from 'zod'
import { embedderBaseSchema, generatorBaseSchema, moderatorBaseSchema, trainerBaseSchema, verifierBaseSchema } from './adapters.ts'
import { batchesSchema } from './batches.ts'
import { evaluationSchema } from './evaluation.ts'
import { feedbackSchema, seedPolicySchema } from './feedback.ts'
import { filterSchema, type semanticFilterSchema } from './filter.ts'
import { count, describe } from './key-meta.ts'
import { limitsSchema } from './limits.ts'
import { promptSchema } from './prompt.ts'
import { budgetSchema, targetSchema } from './target-and-budget.ts'
import { trainingSchema } from './training.ts'

/**
 * The base run configuration: everything that does not depend on which adapters are installed. `@sedi/kit` adds each registered
 * adapter's own options to the key that names it. Unknown keys fail. What the metadata of a key means: `KeyMeta`.
 */
export const runConfigShape = {
  recipe: z.string().default('sedi').meta(describe('Named defaults for everything below.')),
  seeds: z.string().meta(
    describe('Seed tasks: JSON lines, a JSON array, or Self-Instruct’s format; `sedi:general` is a general-purpose set that comes with SeDi.', {
      path: true,
    }),
  ),
  generator: generatorBaseSchema,
  verifier: verifierBaseSchema.optional(),
  moderator: moderatorBaseSchema.optional(),
  embedder: embedderBaseSchema.prefault({ id: 'lexical' }),
  prompt: promptSchema.prefault({}),
  target: targetSchema,
  budget: budgetSchema.prefault({}),
  filter: filterSchema.prefault({}),
  batches: batchesSchema.prefault({}),
  trainer: trainerBaseSchema,
  training: trainingSchema.prefault({}),
  feedback: feedbackSchema.prefault({}),
  seedPolicy: seedPolicySchema.prefault({}),
  rounds: count('Rounds of generate, train, reseed.').default(10),
  evaluation: evaluationSchema.prefault({}),
  store: z
    .string()
    .default('./runs')
    .meta(
      describe(
        'Where runs are kept: a folder, or a PostgreSQL database for several machines: `postgres://user@host:port/database`, with `?schema=` for another schema than `sedi` and `&files=` for the folder of what is no fact (models; `./runs`). A password belongs in PGPASSWORD or a password file; one that stands here is left out of the record.',
        { affects: 'speed', path: true },
      ),
    ),
  limits: limitsSchema.prefault({}),
  queue: z
    .enum(['in-process', 'pg-boss'])
    .optional()
    .meta(
      describe(
        'Who makes the calls. `in-process`: the run itself. `pg-boss`: any number of `sedi worker <store>`, on any machine; needs a store in PostgreSQL, and `limits.concurrency` is then the most calls that are out with them, so it should exceed what they do at a time. Default: `in-process`.',
        { affects: 'speed' },
      ),
    ),
  randomSeed: z.int().min(0).max(0xffffffff).default(1).meta(describe('Every random choice of the run is derived from it.')),
}

/** As a schema; kit’s `runConfigSchema` is the one that knows the registered adapters’ own options. */
export const baseRunConfigSchema = z.strictObject(runConfigShape)

/** What a run reads: the configuration with every default filled in. Adapter keys keep the adapter's own options. */
export type RunConfig = Omit<z.output<typeof baseRunConfigSchema>, 'generator' | 'trainer' | 'embedder' | 'verifier' | 'moderator' | 'filter'> & {
  readonly generator: z.output<typeof generatorBaseSchema> & Readonly<Record<string, unknown>>
  readonly trainer: z.output<typeof trainerBaseSchema> & Readonly<Record<string, unknown>>
  readonly embedder: z.output<typeof embedderBaseSchema> & Readonly<Record<string, unknown>>
  readonly filter: Omit<z.output<typeof filterSchema>, 'semantic'> & { readonly semantic?: SemanticFilterConfig | undefined }
  readonly verifier?: (z.output<typeof verifierBaseSchema> & Readonly<Record<string, unknown>>) | undefined
  readonly moderator?: (z.output<typeof moderatorBaseSchema> & Readonly<Record<string, unknown>>) | undefined
}

/** `filter.semantic`; its embedder keeps the adapter's own options. */
export type SemanticFilterConfig = Omit<z.output<typeof semanticFilterSchema>, 'embedder'> & {
  readonly embedder: z.output<typeof embedderBaseSchema> & Readonly<Record<string, unknown>>
}
