import type { ReactElement } from 'react'
import type { RunOverview } from '../../api/runs.ts'
import { formatCount, formatNumber, formatOf } from '../../format.ts'
import { axis, Chart } from '../../parts/chart.tsx'

type Evaluation = RunOverview['evals'][number]

/** What the student scores after each round, with intervals over the test items; a chart for each evaluator, because their scales differ. */
export function EvaluationCharts({ evals }: { readonly evals: readonly Evaluation[] }): ReactElement {
  const byEvaluator = [...Map.groupBy(evals, ({ evaluator }) => evaluator)]
  if (byEvaluator.length === 0)
    return (
      <section className="panel" aria-labelledby="evaluations">
        <h2 id="evaluations">Evaluations</h2>
        <p className="muted">The student has not been measured. A test set (evaluation.heldOut), evaluators and a trainer make it so, after each round.</p>
      </section>
    )
  return (
    <div className="stack">
      {byEvaluator.map(([evaluator, scores]) => (
        <EvaluationChart key={evaluator} evaluator={evaluator} scores={scores} />
      ))}
    </div>
  )
}

function EvaluationChart({ evaluator, scores }: { readonly evaluator: string; readonly scores: readonly Evaluation[] }): ReactElement {
  const [first, last] = [scores[0]!, scores.at(-1)!]
  const bounded = scores.filter(({ low, high }) => low !== null && high !== null)
  return (
    <Chart
      title={evaluator}
      summary={`${formatNumber(last.mean, 3)} after round ${last.round}${last === first ? '' : `, ${formatNumber(first.mean, 3)} ${first.round === 0 ? 'before the first' : `after round ${first.round}`}`}; ${formatOf(last.items, 'test item')}${bounded.length > 0 ? ', bars are 95 % intervals over them' : ''}.`}
      data={scores}
      option={(colours) => ({
        legend: { show: false },
        grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true },
        xAxis: axis(colours, { type: 'category', data: scores.map(({ round }) => (round === 0 ? 'base' : String(round))) }),
        yAxis: axis(colours, { type: 'value', scale: true }),
        series: [
          { name: 'mean', type: 'line', data: scores.map(({ mean }) => mean), color: colours.series[0], symbolSize: 7 },
          {
            name: 'interval',
            type: 'custom',
            data: scores.map(({ low, high }, i) => [i, low, high]).filter(([, low]) => low !== null),
            encode: { x: 0, y: [1, 2] },
            tooltip: { show: false },
            renderItem: (_: unknown, api: IntervalApi) => whisker(api, colours.series[0]!),
          },
        ],
      })}
      table={{
        head: ['Round', 'Mean', 'From', 'To', 'Items'],
        rows: scores.map(({ round, mean, low, high, items }) => [
          round === 0 ? 'base model' : round,
          formatNumber(mean, 4),
          formatNumber(low, 4),
          formatNumber(high, 4),
          formatCount(items),
        ]),
      }}
    />
  )
}

type IntervalApi = { value(dimension: number): number; coord(point: readonly number[]): readonly number[] }

/** A vertical line between the ends of an interval, with a cap at each. */
function whisker(api: IntervalApi, stroke: string): object {
  const [x, top] = api.coord([api.value(0), api.value(2)]) as [number, number]
  const [, bottom] = api.coord([api.value(0), api.value(1)]) as [number, number]
  const line = (x1: number, y1: number, x2: number, y2: number): object => ({ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth: 1.5 } })
  return { type: 'group', children: [line(x, top, x, bottom), line(x - 4, top, x + 4, top), line(x - 4, bottom, x + 4, bottom)] }
}
