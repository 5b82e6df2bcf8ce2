import { attractiveBatches, type BatchSignal, closedWindows, type SignalNeed, type SignalRule } from '@sedi/core'
import { policyOf, recordedSignals, signalFor } from '@sedi/pipeline'
import type { FactColumns, Ledger, RunConfig, SeedEventFact, StepFact } from '@sedi/spec'
import type { Training } from '@sedi/spec/api'
import { trainerCapabilities } from '@sedi/trainers'
import { begunConfigOf } from '../runs/run-config-of.ts'

const stepFields = ['step', 'round', 'loss', 'gradNorm', 'learningRate', 'targetTokens', 'masked'] as const
type Told = FactColumns<StepFact, (typeof stepFields)[number]>

/**
 * Training step by step, with the windows that feedback looked at: windows and attractive batches are found again by the rules that found them, what was
 * picked is as recorded. Of more steps than `points` a selection. Cost O(steps · rows) for signals of single rows, else O(steps).
 */
export async function trainingView(ledger: Ledger, points: number): Promise<Training> {
  const config = await begunConfigOf(ledger)
  const { feedback, trainer } = config
  const capabilities = trainerCapabilities(trainer)
  const rule = signalFor(config, capabilities)
  const told = new Map((await Array.fromAsync(ledger.columns('step', stepFields))).flat().map((step) => [step.step, step]))
  const signals = await signalsOf(ledger, config, rule, told)
  const policy = policyOf(config)
  const events = await ledger.find('seed-event', { action: 'add', origin: 'machine' })
  const looksAtSignal = rule !== undefined && policy.needs.signal
  const windows = looksAtSignal ? windowsOf(signals, config, events) : []
  const chosen = new Set(windows.flatMap(({ attractiveBatches: steps }) => steps))
  const signalOf = new Map(signals.map(({ step, signal }) => [step, signal]))
  const batches = (await Array.fromAsync(ledger.columns('batch', ['step', 'round', 'diversity', 'conflicts', 'exampleIds']))).flat()
  const kept = thinned(batches, points, ({ step }) => chosen.has(step))
  return {
    of: batches.length,
    thinned: kept.length < batches.length,
    trainer: trainer.id,
    signal: rule === undefined ? null : { id: rule.id, measure: rule.measure },
    everySteps: feedback.everySteps,
    feedback: capabilities !== undefined && policy.id !== 'fixed' && (rule !== undefined || !policy.needs.signal),
    steps: kept.map(({ step, round, diversity, conflicts, exampleIds }) => {
      const one = told.get(step)
      return {
        ...{ step, round, batch: exampleIds.length, diversity, conflicts, signal: signalOf.get(step) ?? null },
        ...{ loss: one?.loss ?? null, gradNorm: one?.gradNorm ?? null, learningRate: one?.learningRate ?? null },
        masked: one?.masked?.filter(Boolean).length ?? 0,
      }
    }),
    windows,
  }
}

const ofWholeSteps: readonly SignalNeed[] = ['gradNorm', 'loss']

/** The signals that feedback had. What whole steps tell is read without the rows of their batches. */
async function signalsOf(ledger: Ledger, config: RunConfig, rule: SignalRule | undefined, told: ReadonlyMap<number, Told>): Promise<readonly BatchSignal[]> {
  if (rule === undefined) return []
  if (!rule.needs.every((need) => ofWholeSteps.includes(need))) return (await recordedSignals(ledger, config, trainerCapabilities(config.trainer))).signals
  const rows = { exampleLosses: null, exampleGaps: null, exampleErrors: null } as const
  const nothing = (): undefined => undefined
  return [...told.values()].flatMap((step) => {
    const next = told.get(step.step + 1)
    const input = { trained: { ...step, ...rows }, next: next && { ...next, ...rows }, exampleIds: [], scoreOf: nothing, probeDropOf: nothing }
    const signal = rule.of(input)
    return signal === null ? [] : [{ step: step.step, signal, targetTokens: step.targetTokens }]
  })
}

function windowsOf(signals: readonly BatchSignal[], { feedback }: RunConfig, events: readonly SeedEventFact[]): Training['windows'] {
  const pickedAt = Map.groupBy(events, ({ windowEnd }) => windowEnd)
  return closedWindows(signals, feedback.everySteps).map((window) => ({
    from: window.end - feedback.everySteps + 1,
    to: window.end,
    attractiveBatches: attractiveBatches(window, feedback.topBatches, feedback).map(({ step }) => step),
    picked: (pickedAt.get(window.end) ?? []).map(({ seedId, exampleId, step, score }) => ({ seedId, fromInstruction: exampleId!, batch: step, signal: score })),
  }))
}

/** Evenly many of them, the first and the last among them, and all that must be there. */
function thinned<T>(items: readonly T[], most: number, must: (item: T) => boolean): readonly T[] {
  if (items.length <= most) return items
  const places = new Set(Array.from({ length: most }, (_, i) => Math.round((i * (items.length - 1)) / (most - 1))))
  return items.filter((item, i) => places.has(i) || must(item))
}
