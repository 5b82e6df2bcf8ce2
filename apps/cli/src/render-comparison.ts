import { figureRows } from '@sedi/kit'
import { oneLine } from '@sedi/spec'
import type { FinishedArm } from './commands/quickstart.ts'
import { formatTable } from './format.ts'

const shownSeeds = 5

const armTitles: Readonly<Record<string, string>> = { alpaca: 'Self-Instruct (Alpaca form)', sedi: 'SeDi' }

/** Both arms side by side, the promoted seeds with their reasons, and what the figures cannot show. */
export function renderComparison(arms: readonly FinishedArm[], folder: string, quote: string): string {
  const heads = arms.map(({ report }) => armTitles[report.recipe] ?? report.recipe)
  const table = formatTable(
    figureRows(
      heads,
      arms.map(({ report }) => report),
    ),
  )
  return [
    '',
    table,
    '',
    'Accuracy: exact answers on unseen inputs and wordings, every kind of task equally often; in brackets the 95 % interval over test items.',
    'Batch diversity: 1 − mean pairwise ROUGE-L within a batch. Conflicts: pairs above 0.7. Prices are made up; the teacher is simulated.',
    ...arms.flatMap((arm) => seedLines(arm)),
    '',
    'Run folders:',
    ...arms.map(({ folder: runFolder }) => `  ${runFolder}`),
    '',
    quote,
    '',
    'What this does not show besides: equal calls and equal steps give the arms different epochs, rejected shares of the simulated teacher',
    'are calibrated to real streams, and a promoted seed was checked by an oracle that a real run does not have. The quickstart shows that',
    'the loop works and what each part did.',
    '',
    'Look closer:',
    ...closerLooks(arms, folder),
  ].join('\n')
}

function seedLines({ report, promoted }: FinishedArm): string[] {
  if (promoted.length === 0) return []
  const lines = promoted.slice(-shownSeeds).flatMap(({ seedId, instruction, reason }) => [`  ${seedId}  ${oneLine(instruction, 100)}`, `      ${reason}`])
  return [
    '',
    `Seeds promoted by ${armTitles[report.recipe] ?? report.recipe} (the last ${Math.min(shownSeeds, promoted.length)} of ${promoted.length}):`,
    ...lines,
  ]
}

/** How the command line is called: installed from npm, or from a checkout. */
const typed = import.meta.dirname.includes('node_modules') ? 'npx sedi' : 'npm run --silent sedi --'

function closerLooks(arms: readonly FinishedArm[], folder: string): string[] {
  const sedi = arms.at(-1)!
  const id = sedi.promoted.at(-1)?.seedId ?? 'r01-c0000-i00'
  return [
    `  ${typed} compare ${arms.map((arm) => arm.folder).join(' ')} --out comparison.html`,
    `  ${typed} explain ${sedi.folder} ${id}`,
    `  ${typed} runs --store ${folder}/runs`,
    `  ${typed} export ${sedi.folder} --out instructions.jsonl`,
  ]
}
