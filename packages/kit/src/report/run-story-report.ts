import type { Report, ReportPart } from '@sedi/evaluation'
import { formatCount, formatUsd } from '../format.ts'
import { changeSentence, headline, keyFigures } from './figures.ts'
import { glossary, methodParagraph } from './glossary.ts'
import { kindPlots, moneyPlot, scorePlots, trainingPlots, yieldPlot } from './story-plots.ts'
import { keptCards, nextSteps, promotedCards, rejectedCards, remarks } from './story-remarks.ts'
import { detailTable, diversityTable, evaluationTable, planTable, promotedTable, rejectionTable, roundTable, spendingTable } from './tables.ts'
import type { RunStory } from './tell-run.ts'

/** The story for a terminal: the figures and what to do next, without plots, examples and explanations. For `reportText`. */
export function runStorySummary(story: RunStory): Report {
  return {
    ...titles(story),
    parts: [
      { kind: 'quote', text: headline(story) },
      ...section('Plan and reality', [planTable(story)]),
      ...section('Round by round', roundParts(story)),
      ...section('What was rejected, and why', rejectionParts(story)),
      ...section('What it cost', spendingParts(story)),
      ...section('How varied it is', diversityParts(story)),
      ...section('What the student learned', evaluationParts(story)),
      ...section('Seeds that training picked', seedParts(story, 5)),
      ...listSection('To be known beside the figures', remarks(story)),
      ...listSection('What to do next', nextSteps(story)),
    ],
  }
}

/** The story as a page with plots, examples, method, provenance and glossary. For `reportHtml` and `reportMarkdown`. Throws `missing-dependency` without Vega. */
export async function runStoryReport(story: RunStory): Promise<Report> {
  const { report } = story
  return {
    ...titles(story),
    parts: [
      { kind: 'quote', text: headline(story) },
      { kind: 'figures', items: keyFigures(story) },
      ...section('Plan and reality', [planTable(story)]),
      ...section('Round by round', [...roundParts(story), ...(await yieldPlot(story))]),
      ...section('What it cost', [...spendingParts(story), ...(report.raw === 0 ? [] : await moneyPlot(story))]),
      ...section('What was rejected, and why', rejectionParts(story)),
      ...section('How varied it is', diversityParts(story)),
      ...section('What the student learned', [...evaluationParts(story), ...(await scorePlots(story)), ...(await kindPlots(story))]),
      ...section('What training told, and the seeds it picked', [...(await trainingPlots(story)), ...seedParts(story, 12)]),
      ...section('Examples', exampleParts(story)),
      ...listSection('To be known beside the figures', remarks(story)),
      ...listSection('What to do next', nextSteps(story)),
      ...section('How it was made', [{ kind: 'text', text: methodParagraph }, provenanceTable(story)]),
      ...section('Words', [{ kind: 'terms', items: glossary }]),
    ],
  }
}

function titles({ report, startedAt }: RunStory): Pick<Report, 'title' | 'subtitle'> {
  const { run, recipe, state, kept, costUsd } = report
  const made = kept === 0 ? `Run ${run}` : `${formatCount(kept)} instructions${costUsd === null ? '' : ` for ${formatUsd(costUsd, costUsd < 0.1 ? 4 : 2)}`}`
  return { title: made, subtitle: `run ${run} · recipe ${recipe} · ${state} · begun ${new Date(startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC` }
}

/** A heading, where something follows it. */
const section = (heading: string, parts: readonly ReportPart[]): ReportPart[] => (parts.length === 0 ? [] : [{ kind: 'heading', text: heading }, ...parts])

const listSection = (heading: string, items: readonly string[]): ReportPart[] => section(heading, items.length === 0 ? [] : [{ kind: 'list', items }])

const roundParts = (story: RunStory): ReportPart[] => (story.rounds.length === 0 ? [] : [roundTable(story)])

function rejectionParts(story: RunStory): ReportPart[] {
  if (story.report.raw === 0) return []
  return [rejectionTable(story), ...(story.rejections.length === 0 ? [] : [{ kind: 'subheading', text: 'What exactly' } as const, detailTable(story)])]
}

function spendingParts(story: RunStory): ReportPart[] {
  const { spending, baseline, report } = story
  if (spending.length === 0) return []
  const compared =
    baseline === null
      ? []
      : baseline.sameFilter
        ? ['The run’s filter is Self-Instruct’s: there is nothing to compare it with.']
        : [
            `Self-Instruct’s filter (ROUGE-L ${baseline.threshold}) would have kept ${formatCount(baseline.kept)} of the same texts${baseline.costPerKeptUsd === null ? '' : `, ${formatUsd(baseline.costPerKeptUsd, 6)} each instead of ${formatUsd(report.costPerKeptUsd, 6)}`}. That is a replay of the same answers, not another run, and says nothing about accuracy.`,
          ]
  return [spendingTable(story), ...compared.map((text) => ({ kind: 'text', text }) as const)]
}

function diversityParts({ report, diversity }: RunStory): ReportPart[] {
  const ofBatches =
    report.batchDiversity === null
      ? []
      : [
          `Within a training batch: ${report.batchDiversity.toFixed(4)} (1 − mean pairwise ROUGE-L), ${report.conflictsPerBatch?.toFixed(2) ?? '–'} pairs a batch that are too similar.`,
        ]
  const measured =
    diversity === null
      ? []
      : [diversityTable(diversity), { kind: 'text', text: `Mean ± spread over ${diversity.repetitions} subsamples of ${diversity.size} texts.` } as const]
  return [...ofBatches.map((text) => ({ kind: 'text', text }) as const), ...measured]
}

function evaluationParts(story: RunStory): ReportPart[] {
  if (story.report.evaluations.length === 0) return []
  return [evaluationTable(story), ...story.changes.map((change) => ({ kind: 'text', text: changeSentence(change) }) as const)]
}

function seedParts(story: RunStory, most: number): ReportPart[] {
  const { report, seeds, training } = story
  if (report.seedsPromoted === 0) return []
  const by =
    training.signal === null ? '' : ` They were picked by ${training.signal.id} (${training.signal.measure}), looked at every ${training.everySteps} steps.`
  return [
    {
      kind: 'text',
      text: `${report.seedsPromoted} seeds were promoted and ${report.seedsEvicted} left; ${seeds.active} are active, ${seeds.human} human and ${seeds.machine} promoted.${by} Those from which most was kept:`,
    },
    promotedTable(story, most),
  ]
}

function exampleParts(story: RunStory): ReportPart[] {
  const groups = [
    ['Kept', keptCards(story)],
    ['Rejected', rejectedCards(story)],
    ['Promoted to seeds', promotedCards(story)],
  ] as const
  const shown = groups.filter(([, items]) => items.length > 0)
  if (shown.length === 0) return []
  return [
    { kind: 'text', text: 'Chosen by their place in the run alone, evenly; nobody picked them.' },
    ...shown.flatMap(([heading, items]): ReportPart[] => [
      { kind: 'subheading', text: heading },
      { kind: 'cards', items },
    ]),
  ]
}

function provenanceTable({ report, run, spending, humanSeeds, testItems, runtimes, config, existing }: RunStory): ReportPart {
  return {
    kind: 'table',
    words: [1],
    rows: [
      ['provenance', ''],
      ['run', report.run],
      ['recipe', report.recipe],
      ['models', [...new Set(spending.map(({ model }) => model))].join(', ') || 'none asked yet'],
      ['human seeds', String(humanSeeds)],
      ['test items', String(testItems)],
      ['filter', `ROUGE-L F at most ${config.filter.threshold}, heuristics ${config.filter.heuristics}`],
      ...(existing === null
        ? []
        : [['existing data', `${formatCount(existing.texts)} texts that nothing may resemble; ${formatCount(existing.rejected)} candidates did`]]),
      ['trainer', config.trainer.id],
      ['random seed', String(config.randomSeed)],
      ['digest', report.digest],
      ['fingerprint', run.fingerprint],
      ['software', runtimes.join('; ') || `SeDi ${run.softwareVersion}`],
    ],
  }
}
