import type { Training } from '@sedi/spec/api'
import { type ReactElement, useMemo } from 'react'
import { Link } from 'wouter'
import { useTraining } from '../../api/map.ts'
import { isAtWork, useRun } from '../../api/runs.ts'
import { formatCount, formatNumber, formatOf } from '../../format.ts'
import { seedAddress } from '../../parts/addresses.ts'
import { Chart } from '../../parts/chart.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useAddress } from '../../parts/use-address.ts'
import { BatchPanel } from './batch-panel.tsx'
import { nearestStep } from './nearest-step.ts'
import { trainingOption } from './training-option.ts'

/** Steps asked for: about as many as the chart has pixels. */
const drawn = 1000

export function TrainingSection({ run }: { readonly run: string }): ReactElement {
  const detail = useRun(run)
  const { data, error, refetch } = useTraining(run, drawn, detail.data !== undefined && isAtWork(detail.data.state))
  return (
    <section aria-labelledby="training-title" className="stack">
      <h2 id="training-title">What training told</h2>
      {error !== null && data === undefined ? (
        <Failed error={error} onRetry={() => refetch()} />
      ) : data === undefined ? (
        <Loading what="the training steps" />
      ) : data.of === 0 ? (
        <Empty title="Nothing has been trained on yet">
          {data.trainer === 'none'
            ? 'This run has no trainer, so no batch is attractive and its seeds stay as they are. Choose one when you create a run.'
            : 'Batches and what training on them told appear here as soon as the first round is trained.'}
        </Empty>
      ) : (
        <Steps run={run} training={data} />
      )}
    </section>
  )
}

function Steps({ run, training }: { readonly run: string; readonly training: Training }): ReactElement {
  const { given, change } = useAddress()
  const step = given.step === undefined ? undefined : Number.parseInt(given.step, 10) || undefined
  const drawing = useMemo(() => ({ training, step }), [training, step])
  const { steps, windows, signal, of, thinned, feedback } = training
  const choose = (next: number | undefined): void => change({ step: next }, true)
  const attractive = windows.flatMap(({ attractiveBatches }) => attractiveBatches).length
  const picked = windows.flatMap(({ picked }) => picked).length
  return (
    <>
      <Chart
        title="Loss and gradient norm, step by step"
        summary={[
          thinned ? `${formatCount(steps.length)} of ${formatOf(of, 'step')}, evenly; attractive batches are all there.` : `All ${formatOf(of, 'step')}.`,
          feedback
            ? `${formatOf(windows.length, 'window')} of ${formatOf(training.everySteps, 'step')}; ${formatOf(attractive, 'attractive batch', 'attractive batches')} (◆) by ${signal?.measure ?? 'no signal'}, from which ${formatOf(picked, 'instruction')} became seeds (★).`
            : 'Feedback is off: nothing is picked.',
          'Click a step to see its batch.',
        ].join(' ')}
        option={(colours) => trainingOption(colours, drawing)}
        data={drawing}
        height={420}
        onPlace={(x) => choose(nearestStep(steps, x))}
        table={() => ({
          head: ['Step', 'Round', 'Loss', 'Gradient norm', 'Learning rate', 'Left out', 'Diversity', 'Conflicts'],
          rows: steps.map((one) => [
            one.step,
            one.round,
            formatNumber(one.loss),
            formatNumber(one.gradNorm),
            formatNumber(one.learningRate, 3),
            formatCount(one.masked),
            formatNumber(one.diversity),
            formatCount(one.conflicts),
          ]),
        })}
      />
      <BatchPanel run={run} step={step} last={steps.at(-1)?.step ?? 0} onStep={choose} />
      {windows.length > 0 && (
        <section aria-labelledby="windows-title" className="panel windows">
          <h3 id="windows-title">Windows: which batches were attractive, and who was picked</h3>
          <DataTable
            caption="Windows"
            head={['Steps', 'Attractive batches', 'Picked as seeds']}
            textColumns={[0, 1, 2]}
            rows={windows.map(({ from, to, attractiveBatches, picked }) => [
              `${from}–${to}`,
              <StepButtons key="steps" steps={attractiveBatches} onStep={choose} />,
              picked.length === 0 ? (
                <span key="picked" className="muted">
                  nobody
                </span>
              ) : (
                <ul key="picked" className="plain-list">
                  {picked.map(({ seedId, batch, signal }) => (
                    <li key={seedId}>
                      <Link href={seedAddress(run, seedId)}>{seedId}</Link>
                      {batch !== null && (
                        <span className="muted">
                          {' '}
                          from step {batch}
                          {signal !== null && ` (${formatNumber(signal)})`}
                        </span>
                      )}
                    </li>
                  ))}
                </ul>
              ),
            ])}
          />
        </section>
      )}
    </>
  )
}

const StepButtons = ({ steps, onStep }: { readonly steps: readonly number[]; readonly onStep: (step: number) => void }): ReactElement => (
  <span className="row">
    {steps.map((step) => (
      <button key={step} type="button" className="button step-button" onClick={() => onStep(step)} aria-label={`Show the batch of step ${step}`}>
        {step}
      </button>
    ))}
  </span>
)
