import * as z from 'zod'

/**
 * The base run configuration: everything that does not depend on which adapters are installed. `@sedi/kit` adds each registered
 * adapter's own options to the key that names it. Unknown keys fail.
 *
 * Metadata per key: `unit`, `source`, and `affects: 'speed'` for what changes how fast or how far a run gets but not its results;
 * those keys are left out of the run's fingerprint, so they may change between a pause and a resume. `path`: a file name, relative to the
 * configuration file; the fingerprint takes the file's content instead of its name. `path: 'relative'`: a name, or, when it begins with `./` or
 * `../`, a folder relative to the configuration file.
 */
export type KeyMeta = { readonly unit?: string; readonly source?: string; readonly affects?: 'speed'; readonly path?: true | 'relative' }

const describe = (description: string, meta: KeyMeta = {}): { description: string } & KeyMeta => ({ description, ...meta })

const usd = (description: string, meta: KeyMeta = {}) =>
  z
    .number()
    .positive()
    .meta(describe(description, { unit: 'USD', ...meta }))
const count = (description: string, meta: KeyMeta = {}) => z.int().min(1).meta(describe(description, meta))

export const priceSchema = z
  .strictObject({
    inputPerMTokUsd: z
      .number()
      .min(0)
      .meta(describe('Price of a million input tokens.', { unit: 'USD' })),
    cachedInputPerMTokUsd: z
      .number()
      .min(0)
      .optional()
      .meta(describe('Price of a million input tokens read from the provider’s prompt cache. Default: the input price.', { unit: 'USD' })),
    cacheWritePerMTokUsd: z
      .number()
      .min(0)
      .optional()
      .meta(describe('Price of a million input tokens written to the provider’s prompt cache. Default: the input price.', { unit: 'USD' })),
    outputPerMTokUsd: z
      .number()
      .min(0)
      .meta(describe('Price of a million output tokens.', { unit: 'USD' })),
    source: z
      .string()
      .optional()
      .meta(describe('Where these figures come from; shown beside them.', { affects: 'speed' })),
    asOf: z.iso
      .date()
      .optional()
      .meta(describe('Day on which the source gave them.', { affects: 'speed' })),
  })
  .meta(
    describe(
      'What the model costs. Default: the price list that SeDi knows for this seller and model; without either, costs are unknown and no budget in dollars can be held.',
    ),
  )

/** What every generator adapter is configured with, beside its own options. */
export const generatorBaseSchema = z.strictObject({
  id: z.string().meta(describe('Which provider adapter.')),
  model: z.string().optional().meta(describe('The provider’s name for the model.')),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(1)
    .meta(describe('Sampling temperature.', { source: 'Alpaca: 1' })),
  topP: z.number().gt(0).max(1).optional().meta(describe('Nucleus sampling mass; not sent unless set.')),
  maxOutputTokens: count('Longest completion asked for.', { unit: 'tokens', source: 'Alpaca: 3072' }).default(3072),
  timeoutMs: count('Longest wait for one answer.', { unit: 'ms', affects: 'speed' }).default(600_000),
  price: priceSchema.optional(),
})

export const trainerBaseSchema = z.strictObject({ id: z.string().meta(describe('Which trainer adapter; `none` makes data only: no training, no feedback.')) })
export const embeddingPriceSchema = z
  .strictObject({
    inputPerMTokUsd: z
      .number()
      .min(0)
      .meta(describe('Price of a million tokens.', { unit: 'USD' })),
    source: z
      .string()
      .optional()
      .meta(describe('Where the figure comes from.', { affects: 'speed' })),
    asOf: z.iso
      .date()
      .optional()
      .meta(describe('Day on which the source gave it.', { affects: 'speed' })),
  })
  .meta(describe('What the model costs. Default: the price list that SeDi knows for this seller and model; without either, costs are unknown.'))

export const embedderBaseSchema = z.strictObject({
  id: z.string().meta(describe('Which embedder adapter.')),
  price: embeddingPriceSchema.optional(),
  timeoutMs: count('Longest wait for one answer. Default: 60 000.', { unit: 'ms', affects: 'speed' }).optional(),
  concurrency: count('Most calls in flight. Default: 4.', { affects: 'speed' }).optional(),
  requestsPerMinute: count('Requests sent per minute.', { affects: 'speed' }).optional(),
  tokensPerMinute: count('Tokens sent per minute.', { affects: 'speed' }).optional(),
})
export const moderatorBaseSchema = z.strictObject({
  id: z.string().meta(describe('Which adapter says whether a text is harmful.')),
  timeoutMs: count('Longest wait for one answer.', { unit: 'ms', affects: 'speed' }).default(60_000),
})
export const verifierBaseSchema = z.strictObject({ id: z.string().meta(describe('Which adapter judges whether an answer is right.')) })

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

export const targetSchema = z
  .strictObject({
    calls: count('Stop after so many recorded answers.').optional(),
    kept: count('Stop when so many instructions are kept.').optional(),
    costUsd: usd('Stop when the answers have cost so much.').optional(),
  })
  .refine((target) => target.calls !== undefined || target.kept !== undefined || target.costUsd !== undefined, 'expected at least one of calls, kept, costUsd')
  .meta(describe('When the run is complete; whichever comes first. Divided evenly over the rounds.'))

export const budgetSchema = z
  .strictObject({
    maxCostUsd: usd('The run pauses before it can cost more: the worst case of every call is reserved before it is sent.', { affects: 'speed' }).optional(),
    maxTokens: count(
      'The run pauses before it can use more input and output tokens: the most that every call can use is reserved before it is sent. For models whose price is unknown.',
      { unit: 'tokens', affects: 'speed' },
    ).optional(),
    shared: z
      .string()
      .regex(/\S/, 'expected a name')
      .optional()
      .meta(
        describe(
          'A name. `maxCostUsd` is then the most that all runs of the store with this name may cost together. State the same cap in each: a run is held to its own, against what all of them have committed. Money stays counted under the name when a run is deleted or takes another name.',
          { affects: 'speed' },
        ),
      ),
  })
  .refine(
    (budget) => budget.shared === undefined || budget.maxCostUsd !== undefined,
    'expected maxCostUsd beside shared: the most that the runs may cost together',
  )
  .meta(describe('Money, or tokens, that must not be exceeded.', { affects: 'speed' }))

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
        describe('A candidate is rejected when its highest ROUGE-L F against seeds and kept instructions is greater than this.', {
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
    semantic: semanticFilterSchema.optional(),
  })
  .meta(describe('What is kept.'))

export const batchesSchema = z
  .strictObject({
    size: count('Examples per optimiser step.', { source: 'Alpaca: 128' }).default(128),
    composer: z
      .string()
      .default('round-robin')
      .meta(
        describe(
          'How kept instructions become batches. `random`; `round-robin` over clusters; by embeddings: `farthest` (least like those in the batch), `dpp` (most volume), `facility` (stands for the others).',
        ),
      ),
    variant: z
      .enum(['epoch-exact', 'uniform-cluster'])
      .default('epoch-exact')
      .meta(
        describe(
          'Round-robin only. `epoch-exact` uses every instruction once per epoch; `uniform-cluster` draws every cluster equally often, which re-weights rare ones.',
          { source: 'METHOD 2.5' },
        ),
      ),
    clusters: count('Clusters for round-robin. Default: the batch size.').optional(),
    conflictThreshold: z
      .number()
      .min(0)
      .max(1)
      .default(0.7)
      .meta(describe('Two instructions of a batch above this ROUGE-L F count as a conflict.', { source: 'Self-Instruct: 0.7 means “similar”' })),
    conflictLimit: z
      .boolean()
      .optional()
      .meta(
        describe(
          'Rearrange each epoch until no batch has a conflict, whatever the composer. Always succeeds when no instruction conflicts with as many others as there are full batches; otherwise the fewest found. Default: false.',
          { source: 'Hajnal and Szemerédi 1970' },
        ),
      ),
  })
  .meta(describe('How training batches are composed.'))

export const trainingSchema = z
  .strictObject({
    epochsPerRound: z.number().positive().optional().meta(describe('Passes over the whole kept pool in each round. Default 1 unless stepsPerRound is set.')),
    stepsPerRound: count('Optimiser steps in each round, instead of epochs.').optional(),
    learningRate: z
      .number()
      .positive()
      .default(2e-5)
      .meta(describe('Peak learning rate, constant after warm-up so that signals of different steps compare.', { source: 'Alpaca: 2e-5' })),
    warmupSteps: z.int().min(0).default(0).meta(describe('Steps of linear warm-up, counted over the whole run.')),
    maxGradNorm: z.number().positive().default(1).meta(describe('Gradients are clipped to this L2 norm; the signal is the norm before clipping.')),
    weightDecay: z
      .number()
      .min(0)
      .default(0)
      .meta(describe('Decoupled weight decay.', { source: 'Alpaca: 0' })),
    maxLength: count('Longest example; longer ones are truncated and counted.', { unit: 'tokens', source: 'Alpaca: 512' }).default(512),
    mask: z
      .enum(['none', 'gap', 'trim', 'auto'])
      .default('none')
      .meta(
        describe(
          'Which suspected label errors are left out of the loss. `gap`: instructions to which the student firmly prefers another answer. `trim`: those with the highest losses of each batch. `auto`: `gap` where the trainer can, `none` elsewhere; the plan says which.',
          { source: 'FEEDBACK 6.1' },
        ),
      ),
    maskThreshold: z
      .number()
      .positive()
      .default(1.5)
      .meta(
        describe('`gap`: how firmly, as mean log-probability of the best token minus that of the answer’s.', {
          unit: 'nats per token',
          source: 'FEEDBACK 6.1',
        }),
      ),
    maskShare: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.1)
      .meta(describe('`trim`: share of a batch that is left out, rounded down to whole rows.', { source: 'FEEDBACK 6.1' })),
    maskClusterShare: z
      .number()
      .gt(0)
      .lt(1)
      .optional()
      .meta(
        describe(
          '`gap`: a cluster of which more than this share had a gap above the threshold when last trained on is not masked at all in the next round: there the student is likelier to be wrong than the answers. Default: no limit.',
          { source: 'FEEDBACK 7, which suggests 0.5; not tested' },
        ),
      ),
    maskWarmShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.15)
      .meta(describe('Share of the run’s rounds trained before the mask begins; a fraction of a round counts in steps.', { source: 'FEEDBACK 6.1' })),
  })
  .refine((training) => training.epochsPerRound === undefined || training.stepsPerRound === undefined, 'expected epochsPerRound or stepsPerRound, not both')
  .meta(describe('How the student is trained.'))

export const feedbackSchema = z
  .strictObject({
    signal: z
      .string()
      .default('auto')
      .meta(
        describe(
          'What makes a batch attractive; higher is more so. `auto`: the strongest that the trainer gives, in this order: `batch-grad-norm`, `loss-drop`, then `ifd` where there is a scorer. `probe-progress`: how far the round lowered the loss on probe instructions in the clusters of the batch. Which one was used is in the report and with every promotion.',
          { source: 'batch-grad-norm: SeDi-Instruct' },
        ),
      ),
    scorer: trainerBaseSchema.optional(),
    poolProbes: count(
      '`probe-progress`: instructions of the pool in the probe set, beside all human seeds. Each costs a forward pass in every round. Default: 64.',
    ).optional(),
    everySteps: count('Length of a feedback window; windows close at every multiple of it.', { unit: 'optimiser steps', source: 'SeDi-Instruct: 10' }).default(
      10,
    ),
    topBatches: count('Attractive batches per window.').default(1),
    picksPerBatch: count('Instructions promoted from each attractive batch, at most one per cluster.').default(2),
    pick: z
      .string()
      .default('random')
      .meta(
        describe('Which instructions of an attractive batch are promoted. `hardest`: highest loss; in pilots it promoted mostly wrong answers.', {
          source: 'METHOD 2.3, 4.6',
        }),
      ),
    verify: z
      .boolean()
      .default(true)
      .meta(
        describe(
          'Check an instruction before it becomes a seed: schema, length, refusals, nothing that a check has flagged, and the verifier where there is one.',
        ),
      ),
    adjust: z
      .boolean()
      .default(false)
      .meta(
        describe('Compare signals as z-scores inside the window with the effect of the batch’s length removed, instead of as they are.', {
          source: 'METHOD 2.4',
        }),
      ),
  })
  .meta(describe('How training chooses the next seeds.'))

export const seedPolicySchema = z
  .strictObject({
    rule: z
      .string()
      .default('attractive')
      .meta(
        describe(
          '`fixed`: the human seeds, always. `attractive`: instructions of attractive batches replace seeds whose children’s batches were least attractive. `random`: as many, by lot; a control. `coverage`: the unprotected seeds are drawn anew each round, rare kinds as often as common ones. `bandit`: drawn anew each round from the clusters whose seeds had children that the student went on to learn from.',
        ),
      ),
    trustGap: z
      .number()
      .positive()
      .default(1.5)
      .meta(
        describe('`coverage`, `bandit`: an instruction on which the student first preferred another answer more firmly than this does not become a seed.', {
          unit: 'nats per token',
          source: 'FEEDBACK 6.3',
        }),
      ),
    protectHuman: z.number().min(0).max(1).default(0.5).meta(describe('Share of the seed set that stays human.')),
    protectRounds: z.int().min(0).default(2).meta(describe('Rounds for which a seed without evaluated children cannot be evicted.')),
  })
  .meta(describe('Which seeds leave and stay.'))

export const evaluationSchema = z
  .strictObject({
    evaluators: z.array(z.string()).default([]).meta(describe('Evaluators applied to the student after each round.')),
    rounds: z
      .enum(['all', 'last'])
      .default('all')
      .meta(describe('After which rounds the student is measured. `all`: also before the first one. `last`: once, at the end.')),
    heldOut: z
      .string()
      .optional()
      .meta(
        describe(
          'Test set: JSON lines of `id, instruction, input, output` and optionally `group`. Candidates that repeat one of its tasks are rejected as contaminated.',
          { path: true },
        ),
      ),
  })
  .meta(describe('How the student is measured.'))

export const limitsSchema = z
  .strictObject({
    concurrency: count('Most calls in flight.').default(16),
    adaptive: z
      .boolean()
      .default(true)
      .meta(
        describe(
          'Begin with fewer calls in flight, add some while answers come, halve their number when the provider is overloaded; `concurrency` stays the most. Off: always `concurrency`.',
        ),
      ),
    requestsPerMinute: count(
      'Requests sent per minute, spread evenly. What the provider states with its replies counts as well, whichever is lower; without this key it alone does.',
    ).optional(),
    tokensPerMinute: count('Tokens per minute, input plus the most the answer may have until it is there. As above.').optional(),
    maxAttempts: count('Tries of one call before the run pauses. Being told to slow down (429) is not counted as one.').default(6),
  })
  .meta(
    describe(
      'How fast the provider is asked. Requests and tokens per minute, and a provider’s request to wait, are counted over all runs of the store that use the same key and state such a limit, in whatever process; each run keeps to its own numbers, so state the same in all: whoever waited longest goes first, and others wait behind a stricter one. Calls in flight and attempts are per run.',
      { affects: 'speed' },
    ),
  )

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

/** The base schema itself; kit replaces the adapter keys by unions over the registered adapters. */
export const runConfigSchema = z.strictObject(runConfigShape)

/** What a run reads: the configuration with every default filled in. Adapter keys keep the adapter's own options. */
export type RunConfig = Omit<z.output<typeof runConfigSchema>, 'generator' | 'trainer' | 'embedder' | 'verifier' | 'moderator' | 'filter'> & {
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

export type Price = z.output<typeof priceSchema>
export type EmbeddingPrice = z.output<typeof embeddingPriceSchema>
