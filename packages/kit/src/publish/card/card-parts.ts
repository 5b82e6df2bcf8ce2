import { basename } from 'node:path'
import { drawPlot, linePlot, type ReportPart } from '@sedi/evaluation'
import { formatCount, formatPercent, formatUsd } from '../../format.ts'
import { diversityRows } from '../../runs/compare/comparison-report.ts'
import { termsOf } from '../provider-terms.ts'
import type { ClusterSplit } from '../split-by-cluster.ts'
import type { CardFacts } from './card-facts.ts'

/** What is published, beside what the run knows. */
export type CardOptions = {
  /** Columns with what they hold, in order. */
  readonly columns: readonly (readonly [name: string, holds: string])[]
  readonly rows: { readonly train: number; readonly test: number | undefined }
  readonly split: Omit<ClusterSplit, 'isTest' | 'clusters'> | undefined
  /** Whether the texts of human seeds are among the files. */
  readonly seedTexts: boolean
}

/** The part of a data card that SeDi writes, from the ledger. Needs Vega for the plots (`missing-dependency` without). */
export async function cardParts(facts: CardFacts, options: CardOptions): Promise<ReportPart[]> {
  return [
    ...summary(facts, options),
    ...making(facts),
    ...filtering(facts),
    ...contamination(facts),
    ...seeds(facts, options),
    ...(await diversity(facts)),
    ...split(options),
    ...(await student(facts)),
    ...terms(facts),
    ...limits(facts),
    ...rebuilding(facts),
  ]
}

const heading = (text: string): ReportPart => ({ kind: 'heading', text })
const text = (words: string): ReportPart => ({ kind: 'text', text: words })
const list = (items: readonly string[]): ReportPart => ({ kind: 'list', items })
const day = (at: number): string => new Date(at).toISOString().slice(0, 10)

function summary({ report, writers, made, softwareVersion, seeds: known }: CardFacts, { columns, rows }: CardOptions): ReportPart[] {
  const models = [...new Set(writers.map(({ model, provider }) => `${model} (${provider})`))].join(', ')
  const when = made === undefined ? '' : day(made.from) === day(made.to) ? ` on ${day(made.from)}` : ` from ${day(made.from)} to ${day(made.to)}`
  const cost = report.costUsd === null ? 'at a price that is not known' : `for ${formatUsd(report.costUsd, 2)}`
  const parts = rows.test === undefined ? '' : ` (${formatCount(rows.train)} for training, ${formatCount(rows.test)} for testing)`
  return [
    text(
      `${formatCount(report.kept)} instructions with answers${parts}, written by ${models} from ${formatCount(known.human)} human-written seed tasks${when}, ${cost}. Made with SeDi ${softwareVersion}, recipe ${report.recipe}. Nobody has checked the rows one by one.`,
    ),
    ...(report.state === 'done'
      ? []
      : [
          text(
            `The run behind this data has not ended: it is ${report.state} (${report.reason}) after ${report.rounds.done} of ${report.rounds.planned} rounds.`,
          ),
        ]),
    heading('Columns'),
    { kind: 'table', rows: [['column', 'holds'], ...columns], words: [1] },
  ]
}

const stageNames: Readonly<Record<string, string>> = {
  tasks: 'instructions and answers',
  instructions: 'instructions',
  answer: 'answers',
  instance: 'inputs and answers',
  classify: 'which tasks are classification',
}

function making({ writers, embedders, config, report }: CardFacts): ReportPart[] {
  const { generator, prompt, verifier, trainer } = config
  const price = generator.price as
    | { inputPerMTokUsd?: number; outputPerMTokUsd?: number; cachedInputPerMTokUsd?: number; source?: string; asOf?: string }
    | undefined
  return [
    heading('Models, prices and cost'),
    {
      kind: 'table',
      rows: [
        ['what it wrote', 'model', 'provider', 'calls', 'input tokens', 'output tokens', 'cost'],
        ...writers.map(({ stage, model, provider, calls, inputTokens, outputTokens, costUsd }) => [
          stageNames[stage] ?? stage,
          model,
          provider,
          formatCount(calls),
          formatCount(inputTokens),
          formatCount(outputTokens),
          formatUsd(costUsd, 4),
        ]),
      ],
      words: [1, 2],
    },
    list([
      price?.inputPerMTokUsd === undefined
        ? 'Price of the teacher: not known to the run.'
        : `Price of the teacher: ${formatUsd(price.inputPerMTokUsd, 3)} for a million input tokens, ${formatUsd(price.outputPerMTokUsd ?? null, 3)} for a million output tokens${price.source === undefined ? '' : ` (${price.source}${price.asOf === undefined ? '' : `, ${price.asOf}`})`}.`,
      `Each kept instruction cost ${report.costPerKeptUsd === null ? 'an amount that is not known' : formatUsd(report.costPerKeptUsd, 6)}; rejected ones are paid for in it.${report.uncertainUsd > 0 ? ` Up to ${formatUsd(report.uncertainUsd)} more may have been billed for calls without an answer.` : ''}`,
      `Prompt: ${prompt.strategy}, ${prompt.seedsPerPrompt} seeds shown, ${prompt.tasksPerCall} tasks asked for in a call; temperature ${generator.temperature}, at most ${formatCount(generator.maxOutputTokens)} output tokens.`,
      `Judge of answers: ${verifier === undefined ? 'none' : String(verifier.id)}. Embedder: ${embedders.length === 0 ? String(config.embedder.id) : embedders.map(({ model, provider }) => `${model} (${provider})`).join(', ')}. Student that gave the feedback: ${trainer.id === 'none' ? 'none, data only' : String(trainer.id)}.`,
    ]),
  ]
}

const reasons: Readonly<Record<string, (facts: CardFacts) => string>> = {
  malformed: () => 'the reply could not be read as a task',
  truncated: () => 'the reply ended in the middle of it',
  heuristic: ({ config }) => `a rule of the set “${config.filter.heuristics}”: lengths, forbidden words`,
  check: () => 'a check found a defect',
  contaminated: () => 'repeats a task of the test set or of a benchmark',
  similar: ({ config }) => `ROUGE-L with an earlier text above ${config.filter.threshold}`,
  'similar-meaning': ({ config }) => `cosine with an earlier text above ${config.filter.semantic?.threshold ?? 'its threshold'}`,
  unanswered: () => 'no usable answer was written',
}

function filtering(facts: CardFacts): ReportPart[] {
  const { report, config, existing } = facts
  const rejected = Object.entries(report.rejected).filter(([, count]) => count > 0)
  const modes = config.filter.checks as Readonly<Record<string, string>>
  const findings = Object.entries(report.checks).map(
    ([check, { dropped, flagged }]) => `${check}: ${formatCount(dropped)} dropped, ${formatCount(flagged)} flagged and kept`,
  )
  return [
    heading('What was kept, and what was not'),
    {
      kind: 'table',
      rows: [
        ['', 'candidates', 'share', 'meaning'],
        ['written', formatCount(report.raw), '100.0 %', 'items in the replies'],
        ...rejected.map(([reason, count]) => [reason, formatCount(count), formatPercent(count / report.raw), reasons[reason]?.(facts) ?? '']),
        ['kept', formatCount(report.kept), formatPercent(report.kept / report.raw), 'in this data set'],
      ],
      words: [3],
    },
    ...(existing === null
      ? []
      : [
          text(
            `Every candidate was also compared with ${formatCount(existing.texts)} texts that its makers had before; ${formatCount(existing.rejected)} resembled one of them and were left out. Those texts are not in this data set.`,
          ),
        ]),
    text(
      `Checks: ${Object.entries(modes)
        .map(([check, mode]) => `${check} ${mode}`)
        .join(', ')}. ${findings.length === 0 ? 'None of them found anything in what reached it.' : `Found: ${findings.join('; ')}.`}`,
    ),
  ]
}

function contamination({ config, report }: CardFacts): ReportPart[] {
  const mode = config.filter.checks.contamination
  const flagged = report.checks.contamination?.flagged ?? 0
  const against = [
    ...(config.evaluation.heldOut === undefined ? [] : ['the run’s own held-out test set']),
    ...config.filter.benchmarks.map((one) => `the benchmark ${basename(typeof one === 'string' ? one : one.file)}`),
  ]
  return [
    heading('Contamination'),
    text(
      mode === 'off' || against.length === 0
        ? 'Not looked for: the run had no test set and no benchmarks to compare with. Before you quote a benchmark, compare this data with it.'
        : `Every candidate was compared with ${against.join(', ')} by the words they have in common. ${formatCount(report.rejected.contaminated)} repeated one and were left out${flagged === 0 ? '' : `; ${formatCount(flagged)} did and are here, flagged`}. Benchmarks that are not named here were not looked at.`,
    ),
  ]
}

function seeds({ seeds: known, config }: CardFacts, { seedTexts }: CardOptions): ReportPart[] {
  const { rule } = config.seedPolicy
  return [
    heading('Seeds and where they come from'),
    list([
      `${formatCount(known.human)} human-written seeds (${basename(config.seeds)}) began the run. ${seedTexts ? 'Their texts are in sedi/lineage.jsonl.' : 'Their texts are not part of this data set; their ids are.'}`,
      known.promoted === 0
        ? 'No instruction became a seed.'
        : `${formatCount(known.promoted)} kept instructions became seeds and ${formatCount(known.evicted)} seeds were taken out, in ${known.rounds} rounds, by the rule “${rule}” on what the student’s training told (${known.signals.join(', ')})${config.feedback.verify ? '; each was checked before' : ''}.`,
      'sedi/lineage.jsonl has every such event with its reason and the number that decided. The column seeds, where there is one, names the seeds that a row’s prompt showed.',
    ]),
  ]
}

async function diversity({ diversity: measured, similarity, spending, report, config }: CardFacts): Promise<ReportPart[]> {
  const total = similarity.reduce((sum, count) => sum + count, 0)
  const share = (from: number): number => similarity.slice(Math.round(from * similarity.length)).reduce((sum, count) => sum + count, 0) / Math.max(1, total)
  const priced = spending.every(({ costUsd }) => costUsd !== null)
  const histogram = linePlot({
    title: 'How like an earlier text each kept instruction is',
    subtitle: `Rejected above ${config.filter.threshold}`,
    x: { title: 'ROUGE-L with the most similar earlier text', format: '.1f', zero: true },
    y: { title: 'share of kept instructions', format: '.0%', zero: true },
    series: [{ name: 'kept instructions', points: similarity.map((count, bin) => ({ x: (bin + 0.5) / similarity.length, y: count / Math.max(1, total) })) }],
  })
  const yields = linePlot({
    title: 'What was kept for the money',
    subtitle: priced ? 'Each answer in the order of the plan' : 'By calls: the price of an answer is not known',
    x: priced ? { title: 'spent, US dollars', format: '$.3~f', zero: true } : { title: 'calls', whole: true, zero: true },
    y: { title: 'instructions kept', zero: true, format: ',d' },
    series: [{ name: report.recipe, points: spending.map(({ calls, costUsd, kept }) => ({ x: priced ? costUsd! : calls, y: kept })) }],
    points: false,
  })
  return [
    heading('Diversity'),
    ...(measured === undefined
      ? []
      : [
          { kind: 'table', rows: [['measure', 'value'], ...diversityRows({ diversity: measured })] } as const,
          text(
            `Mean ± standard deviation over ${measured.repetitions} random subsamples of ${measured.size} instructions: compare only with figures of equal size.`,
          ),
        ]),
    text(`${formatPercent(share(0.7))} of the kept instructions are above ROUGE-L 0.7 with an earlier text, Self-Instruct’s limit.`),
    await plot('similarity', 'Kept instructions by ROUGE-L with the most similar earlier text', histogram),
    await plot('kept-by-cost', 'Instructions kept over what was spent', yields),
  ]
}

function split({ split: figures, rows }: CardOptions): ReportPart[] {
  if (figures === undefined) return []
  const { apart, clusterCount, nearness, random, notes } = figures
  const row = (name: string, near: typeof nearness): string[] => [name, near.mean.toFixed(2), near.highest.toFixed(2), formatPercent(near.above70)]
  return [
    heading('Train and test'),
    text(
      `${formatCount(rows.test!)} of ${formatCount(rows.train + rows.test!)} rows are for testing: whole clusters of similar instructions (${clusterCount} in all), so that the test set is no near-copy of the training set.${apart < 1 ? ` No test instruction has a ROUGE-L above ${apart} with any training instruction.` : ''}`,
    ),
    {
      kind: 'table',
      rows: [
        ['ROUGE-L to the nearest training instruction', 'mean', 'highest', 'above 0.7'],
        row('this split', nearness),
        row('a random split of this size', random),
      ],
    },
    ...(notes.length === 0 ? [] : [list(notes)]),
  ]
}

async function student({ report }: CardFacts): Promise<ReportPart[]> {
  const evaluators = [...new Set(report.evaluations.map(({ evaluator }) => evaluator))]
  if (evaluators.length === 0) return []
  const parts: ReportPart[] = [
    heading('What a student learned from it'),
    text(
      `During the run a small student was trained on this data and asked the held-out tasks after each round: ${formatCount(report.steps)} steps. Its scores say which way the data goes, not what your model will reach.`,
    ),
  ]
  for (const evaluator of evaluators) {
    const own = report.evaluations.filter((one) => one.evaluator === evaluator)
    const series = [{ name: evaluator, points: own.map(({ round, mean, interval }) => ({ x: round, y: mean, low: interval?.low, high: interval?.high })) }]
    const drawn = linePlot({
      title: `${evaluator} after each round`,
      subtitle: 'Round 0 is the model before training; whiskers: 95 % over test items',
      x: { title: 'round', whole: true, format: 'd' },
      y: { title: evaluator },
      series,
    })
    parts.push(await plot(`${evaluator}-rounds`, `${evaluator} after each round, with intervals`, drawn))
  }
  return parts
}

function terms({ writers }: CardFacts): ReportPart[] {
  const models = [...new Map(writers.map((writer) => [`${writer.provider}/${writer.model}`, writer])).values()]
  return [
    heading('Licence and terms'),
    text(
      'The licence at the top of this card is what the publisher of the data grants. Terms of those whose models wrote the texts may go further and bind whoever uses them. A reminder, not advice:',
    ),
    list(models.map(termsOf)),
  ]
}

function limits({ config, writers }: CardFacts): ReportPart[] {
  const simulated = writers.some(({ provider }) => provider === 'simulated')
  return [
    heading('Limits'),
    list([
      ...(simulated
        ? [
            'The texts were made by a simulated teacher, a program that plays a model: they are for trying things out, not for training a model that people use.',
          ]
        : []),
      'Answers are as right as the models that wrote them: errors, bias and made-up facts of theirs are in the data. Flags mark what checks saw; what no check looks for is not marked.',
      `Similarity is measured in words (${config.filter.tokenizer} tokens): two instructions that mean the same in other words may both be here${config.filter.semantic === undefined ? '' : ', unless their embeddings were too near'}.`,
      'Diversity figures describe instructions, not answers.',
    ]),
  ]
}

function rebuilding({ report, fingerprint, softwareVersion }: CardFacts): ReportPart[] {
  return [
    heading('Where the figures come from'),
    {
      kind: 'table',
      rows: [
        ['', ''],
        ['run', report.run],
        ['SeDi', softwareVersion],
        ['fingerprint of the configuration and its input files', fingerprint],
        ['digest of the ledger', report.digest],
      ],
      words: [1],
    },
    text(
      'Every figure above is counted from the run’s ledger. Who has it gets the same digest from sedi status, and the same card from sedi push with --dry-run. sedi/manifest.json has the settings and the hash of each file.',
    ),
  ]
}

async function plot(name: string, alt: string, specification: Parameters<typeof drawPlot>[0]): Promise<ReportPart> {
  return { kind: 'plot', name, alt, svg: await drawPlot(specification) }
}
