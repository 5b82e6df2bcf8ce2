import { composers, picks, seedPolicies, signals } from '@sedi/core'
import { evaluators } from '@sedi/evaluation'
import { embedders, moderators, providers } from '@sedi/generators'
import { checks, heuristics, strategies } from '@sedi/pipeline'
import {
  batchesSchema,
  checkModeSchema,
  type Evaluator,
  embedderBaseSchema,
  evaluationSchema,
  feedbackSchema,
  filterSchema,
  generatorBaseSchema,
  moderatorBaseSchema,
  promptSchema,
  runConfigShape,
  seedPolicySchema,
  semanticFilterSchema,
  trainerBaseSchema,
  verifierBaseSchema,
} from '@sedi/spec'
import { trainers } from '@sedi/trainers'
import * as z from 'zod'
import { recipes } from '../recipes/registry.gen.ts'

type AdapterTable = Readonly<Record<string, { readonly id: string; readonly title: string; readonly options: z.ZodObject }>>

/** `{ id, …base, …that adapter's own options }`, one variant for each registered adapter. */
function adapter(base: z.ZodObject, table: object, description: string, extra: readonly z.ZodObject[] = []): z.ZodDiscriminatedUnion {
  const variants = Object.values(table as AdapterTable).map(({ id, title, options }) =>
    z.strictObject({ ...base.shape, id: z.literal(id).meta({ description: title }), ...options.shape }),
  )
  return z.discriminatedUnion('id', [...variants, ...extra] as unknown as [z.ZodObject, ...z.ZodObject[]]).meta({ description })
}

/** The id of something registered; default and description stay those of the base schema. */
function registered(base: z.ZodDefault<z.ZodString>, table: object): z.ZodDefault<z.ZodEnum> {
  const ids = Object.keys(table) as [string, ...string[]]
  return z
    .enum(ids)
    .default(base.def.defaultValue)
    .meta(base.meta() ?? {}) as z.ZodDefault<z.ZodEnum>
}

/** One key for each check: what it looks for, and its own default. */
const checkModes = z.strictObject(
  Object.fromEntries(Object.values(checks).map(({ id, title, defaultMode }) => [id, checkModeSchema.default(defaultMode).meta({ description: `${title}.` })])),
)

const verifiers = Object.fromEntries(Object.entries(providers as AdapterTable).filter(([, provider]) => 'createVerifier' in provider))
const noTrainer = z.strictObject({ id: z.literal('none').meta({ description: 'data only: no training, no feedback' }) })
// A run has nobody who judges: those that need one belong to `sedi evaluate`.
const evaluatorIds = (Object.values(evaluators) as readonly Evaluator[]).filter(({ needs }) => needs.judge !== true).map(({ id }) => id) as [
  string,
  ...string[],
]

/** Keys that name an adapter; a bare string in them is shorthand for `{ id }`. */
export const adapterKeys = ['generator', 'verifier', 'moderator', 'embedder', 'trainer'] as const

/**
 * The whole run configuration: the base of `@sedi/spec`, with every key that names an adapter or a policy narrowed to what is
 * registered, and each adapter's own options beside its id. Validation, JSON Schema, docs table and `--set` all come from here.
 */
export const runConfigSchema = z.strictObject({
  ...runConfigShape,
  recipe: registered(runConfigShape.recipe, recipes),
  generator: adapter(generatorBaseSchema, providers, 'The teacher.'),
  verifier: adapter(verifierBaseSchema, verifiers, 'Who knows whether an answer is right; a real run has nobody.').optional(),
  moderator: adapter(moderatorBaseSchema, moderators, 'Who says whether a text is harmful, for the check `moderation`.').optional(),
  embedder: adapter(embedderBaseSchema, embedders, 'Turns instructions into vectors for clustering.').prefault({ id: 'lexical' }),
  trainer: adapter(trainerBaseSchema, trainers, 'Who fine-tunes the student.', [noTrainer]),
  prompt: promptSchema.extend({ strategy: registered(promptSchema.shape.strategy, strategies) }).prefault({}),
  filter: filterSchema
    .extend({
      heuristics: registered(filterSchema.shape.heuristics, heuristics),
      checks: checkModes.prefault({}).meta(filterSchema.shape.checks.meta() ?? {}),
      semantic: semanticFilterSchema
        .extend({ embedder: adapter(embedderBaseSchema, embedders, 'Turns instructions into vectors for this filter.').prefault({ id: 'word-parts' }) })
        .optional()
        .meta(semanticFilterSchema.meta() ?? {}),
    })
    .prefault({}),
  batches: batchesSchema.extend({ composer: registered(batchesSchema.shape.composer, composers) }).prefault({}),
  feedback: feedbackSchema
    .extend({
      signal: registered(feedbackSchema.shape.signal, { auto: true, ...signals }),
      scorer: adapter(
        trainerBaseSchema,
        trainers,
        'The model of a trainer that scores examples for the signal `ifd`, as it is: nothing is trained.',
      ).optional(),
      pick: registered(feedbackSchema.shape.pick, picks),
    })
    .prefault({}),
  seedPolicy: seedPolicySchema.extend({ rule: registered(seedPolicySchema.shape.rule, seedPolicies) }).prefault({}),
  evaluation: evaluationSchema
    .extend({
      evaluators: z
        .array(z.enum(evaluatorIds))
        .default([])
        .meta(evaluationSchema.shape.evaluators.meta() ?? {}),
    })
    .prefault({}),
})
