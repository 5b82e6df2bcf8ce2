import { markdownTable } from '../similarity/report.ts'
import { type Arm, baselineArm, selfInstructArm } from './arms.ts'
import type { Measured, PriceName, TeacherName } from './measure-arm.ts'
import { strategySettings } from './settings.ts'

export type Run = { readonly arm: Arm; readonly teacher: TeacherName; readonly threshold: number; readonly worldSeed: number; readonly measured: Measured }

/** An arm under one teacher at one threshold: means over worlds, differences to the baseline paired by world. */
type Cell = {
  readonly arm: Arm
  readonly teacher: TeacherName
  readonly threshold: number
  readonly runs: readonly Run[]
  readonly costPerKept: Readonly<Record<PriceName, number>>
  /** 0.3: 30 % fewer dollars per kept than the baseline. */
  readonly saving: Readonly<Record<PriceName, number>>
  readonly differences: { readonly pairwise: number; readonly vendi: number; readonly correct: number }
}

const priceNames = Object.keys(strategySettings.prices) as PriceName[]
const teacherNames = Object.keys(strategySettings.teachers) as TeacherName[]
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`
const signed = (value: number, digits: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(digits)}`
const below = (saving: number): string => (Math.abs(saving) < 0.0005 ? '0 %' : `${saving > 0 ? '−' : '+'}${percent(Math.abs(saving))}`)
const microUsd = (usd: number): string => (usd * 1e6).toFixed(1)

/** The report’s sections after its head. */
export function renderTables(runs: readonly Run[], { worlds, kept }: { readonly worlds: number; readonly kept: number }): string[] {
  const cells = cellsOf(runs)
  const compared = cells.filter(({ arm }) => arm.id !== selfInstructArm.id)
  return [
    `${worlds} worlds, ${kept.toLocaleString('en')} kept instructions in each run, ${strategySettings.rounds} rounds. The teacher is simulated: what follows compares strategies in a made-up world, and says nothing of any real model. Its answers are short (at most 8 words; teacher “verbose” explains four in five in about 45 tokens) and its token counts are the world’s own. Savings are against ${baselineArm.id} (3 seeds, 20 tasks) at the same threshold, same worlds, equal pools, no batch discount.`,
    '## Headline: the worst of fifteen cells (five teachers × three prices)',
    headline(compared),
    `A strategy is worse than the baseline in a cell where the mean paired difference is below ${strategySettings.margins.pairwise} (pairwise diversity), ${percent(strategySettings.margins.vendi)} (Vendi score, relative) or ${percent(strategySettings.margins.correct)} (right answers, points). “The cheaper of both” is chosen per cell after the fact: what someone gets who knows price and teacher.`,
    ...strategySettings.thresholds.map((threshold) => costSection(compared.filter((cell) => cell.threshold === threshold))),
    '## What was bought',
    qualityTable(cells),
    '## Threshold, batch discount, recipes',
    recipeTable(cells),
  ]
}

function cellsOf(runs: readonly Run[]): Cell[] {
  const groups = Map.groupBy(runs, ({ arm, teacher, threshold }) => JSON.stringify([threshold, teacher, arm.id]))
  const baseline = (run: Run): Measured =>
    runs.find(({ arm, ...one }) => arm === baselineArm && one.teacher === run.teacher && one.threshold === run.threshold && one.worldSeed === run.worldSeed)!
      .measured
  return [...groups.values()].map((group) => {
    const { arm, teacher, threshold } = group[0]!
    const cost = (measured: readonly Measured[]) => byPrice((name) => mean(measured.map((one) => one.costPerKept[name])))
    const costPerKept = cost(group.map(({ measured }) => measured))
    const baselineCost = cost(group.map(baseline))
    const difference = (value: (measured: Measured) => number): number => mean(group.map((run) => value(run.measured) - value(baseline(run))))
    return {
      ...{ arm, teacher, threshold, runs: group, costPerKept },
      saving: byPrice((name) => 1 - costPerKept[name] / baselineCost[name]),
      differences: {
        pairwise: difference(({ pairwise }) => pairwise),
        vendi: difference(({ vendi }) => vendi) / mean(group.map((run) => baseline(run).vendi)),
        correct: difference(({ correct }) => correct),
      },
    }
  })
}

function byPrice(value: (name: PriceName) => number): Record<PriceName, number> {
  return Object.fromEntries(priceNames.map((name) => [name, value(name)])) as Record<PriceName, number>
}

function headline(cells: readonly Cell[]): string {
  const others = [...new Set(cells.map(({ arm }) => arm))].filter((arm) => arm !== baselineArm)
  const rows = strategySettings.thresholds.flatMap((threshold) => {
    const own = (arm: Arm): Cell[] => cells.filter((cell) => cell.arm === arm && cell.threshold === threshold)
    const row = (name: string, of: readonly { saving: number; where: string }[], worse: string): string[] => {
      const sorted = of.toSorted((a, b) => a.saving - b.saving)
      const enough = of.filter(({ saving }) => saving >= strategySettings.reach.strategyAlone).length
      return [
        String(threshold),
        name,
        `${below(sorted[0]!.saving)} (${sorted[0]!.where})`,
        below(mean(of.map(({ saving }) => saving))),
        `${enough} of ${of.length}`,
        worse,
      ]
    }
    const savings = (own: readonly Cell[]) =>
      own.flatMap((cell) => priceNames.map((name) => ({ saving: cell.saving[name], where: `${cell.teacher}, ${name}` })))
    const cheapest = teacherNames.flatMap((teacher) =>
      priceNames.map((name) => ({
        saving: Math.max(
          ...others
            .flatMap(own)
            .filter((cell) => cell.teacher === teacher)
            .map(({ saving }) => saving[name]),
        ),
        where: `${teacher}, ${name}`,
      })),
    )
    return [
      ...others.map((arm) => row(arm.id, savings(own(arm)), own(arm).filter(isWorse).map(whyWorse).join('; ') || 'nowhere')),
      row('the cheaper of both', cheapest, 'see above'),
    ]
  })
  return markdownTable(
    ['threshold', 'strategy', 'worst cell', 'mean', `cells with −${percent(strategySettings.reach.strategyAlone, 0)} or better`, 'worse data with teacher'],
    rows,
  )
}

const isWorse = ({ differences }: Cell): boolean =>
  (Object.keys(strategySettings.margins) as (keyof typeof strategySettings.margins)[]).some((name) => differences[name] < strategySettings.margins[name])

function whyWorse({ teacher, differences }: Cell): string {
  const names = (Object.keys(strategySettings.margins) as (keyof typeof strategySettings.margins)[]).filter(
    (name) => differences[name] < strategySettings.margins[name],
  )
  return `${teacher} (${names.map((name) => (name === 'pairwise' ? `pairwise ${signed(differences.pairwise, 4)}` : `${name} ${signed(100 * differences[name], 1)} %`)).join(', ')})`
}

function costSection(cells: readonly Cell[]): string {
  const rows = cells.map(({ arm, teacher, costPerKept, saving }) => [
    teacher,
    arm.id,
    ...priceNames.map((name) => (arm === baselineArm ? microUsd(costPerKept[name]) : `${microUsd(costPerKept[name])} (${below(saving[name])})`)),
  ])
  return `## Threshold ${cells[0]!.threshold}: dollars per million kept\n\n${markdownTable(['teacher', 'strategy', ...priceNames], rows)}`
}

function qualityTable(cells: readonly Cell[]): string {
  const rows = cells.map(({ arm, teacher, threshold, runs, differences }) => {
    const of = (value: (measured: Measured) => number): number => mean(runs.map(({ measured }) => value(measured)))
    const tokens = ({ tokens: { 'cached-input-cheap': one } }: Measured) => one
    return [
      String(threshold),
      teacher,
      arm.id,
      `${of(({ calls }) => calls).toFixed(0)} + ${of(({ followUps }) => followUps).toFixed(0)}`,
      percent(
        of(({ kept, raw }) => kept / raw),
        0,
      ),
      `${of((one) => tokens(one).input / one.kept).toFixed(1)} / ${of((one) => tokens(one).output / one.kept).toFixed(1)}`,
      percent(
        of((one) => tokens(one).cached / tokens(one).input),
        0,
      ),
      `${of(({ pairwise }) => pairwise).toFixed(4)} (${signed(differences.pairwise, 4)})`,
      `${of(({ vendi }) => vendi).toFixed(1)} (${signed(100 * differences.vendi, 1)} %)`,
      `${percent(of(({ correct }) => correct))} (${signed(100 * differences.correct, 1)})`,
    ]
  })
  const header = [
    'threshold',
    'teacher',
    'strategy',
    'calls + follow-ups',
    'kept of raw',
    'tokens in / out per kept',
    'input cached (64-token blocks)',
    'pairwise diversity',
    'Vendi score',
    'right answers',
  ]
  return markdownTable(header, rows)
}

/** Recipes at their own thresholds; the discount of a batch endpoint on top. */
function recipeTable(cells: readonly Cell[]): string {
  const [tight, loose] = [Math.min(...strategySettings.thresholds), Math.max(...strategySettings.thresholds)]
  const of = (arm: Arm, threshold: number): Cell[] => cells.filter((cell) => cell.arm === arm && cell.threshold === threshold)
  const alpaca = of(baselineArm, tight)
  const others = [...new Set(cells.map(({ arm }) => arm))].filter((arm) => arm !== baselineArm && arm !== selfInstructArm)
  const row = (name: string, own: readonly Cell[], factor: number): string[] => {
    const savings = own.flatMap((cell) =>
      priceNames.map((price) => ({
        saving: 1 - (factor * cell.costPerKept[price]) / alpaca.find(({ teacher }) => teacher === cell.teacher)!.costPerKept[price],
        where: `${cell.teacher}, ${price}`,
      })),
    )
    const worst = savings.toSorted((a, b) => a.saving - b.saving)[0]!
    return [
      name,
      ...priceNames.map((price) => microUsd(factor * mean(own.map((cell) => cell.costPerKept[price])))),
      `${below(worst.saving)} (${worst.where})`,
      below(mean(savings.map(({ saving }) => saving))),
    ]
  }
  const discount = strategySettings.batchDiscount
  const rows = [
    row(`recipe alpaca (${baselineArm.id}, ${tight})`, alpaca, 1),
    row(`${selfInstructArm.id}, ${tight}`, of(selfInstructArm, tight), 1),
    row(`threshold alone: joint at ${loose}`, of(baselineArm, loose), 1),
    row('batch discount alone', alpaca, discount),
    ...others.map((arm) => row(`${arm.id} at ${loose}`, of(arm, loose), 1)),
    ...others.map((arm) => row(`everything on: ${arm.id} at ${loose}, batch discount`, of(arm, loose), discount)),
  ]
  const wanted = `Wanted: everything on at least ${percent(strategySettings.reach.everythingOn, 0)} below recipe alpaca.`
  return `${markdownTable(['', ...priceNames.map((name) => `${name}: $ per million kept`), 'worst cell against alpaca', 'mean'], rows)}\n\n${wanted}`
}
