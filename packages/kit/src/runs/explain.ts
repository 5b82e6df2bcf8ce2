import { toUsd } from '@sedi/pipeline'
import {
  type BatchFact,
  type CallFact,
  type CandidateFact,
  callOfCandidate,
  itemOfCandidate,
  type Ledger,
  oneLine,
  SediError,
  type SeedEventFact,
  type StepFact,
  withoutControls,
} from '@sedi/spec'
import type { SeedStory } from '@sedi/spec/api'
import { type NearestText, nearestText } from './nearest-text.ts'
import { renderSeedStory } from './seed-story/render-seed-story.ts'

/** A batch that an instruction was in, and what the trainer told of it: the instruction's own loss, gap and whether a mask left it out. */
export type TrainedIn = {
  readonly batch: BatchFact
  readonly step: StepFact | undefined
  readonly loss: number | undefined
  readonly gap: number | undefined
  readonly masked: boolean | undefined
  /** EL2N, where it was asked for. */
  readonly error: number | undefined
  /** How much of its cluster the round’s mask left out; undefined without clusters or where it left out nothing of it. */
  readonly maskedCluster: { readonly rows: number; readonly masked: number } | undefined
}

/** Everything the ledger knows about one id, as data; `renderExplanation` puts it into words. */
export type Explanation =
  | {
      readonly kind: 'instruction'
      readonly candidate: CandidateFact
      readonly parents: readonly Parent[]
      readonly call: CallFact
      /** What was asked about it later, in order. */
      readonly followUps: readonly CallFact[]
      /** The earlier text it resembles most. */
      readonly nearest: NearestText | undefined
      readonly trainedIn: readonly TrainedIn[]
      readonly seedHistory: readonly SeedEventFact[]
      /** What became of it as a seed; undefined when it never was one. */
      readonly story: SeedStory | undefined
    }
  | {
      readonly kind: 'seed'
      readonly history: readonly SeedEventFact[]
      readonly story: SeedStory
    }
  | {
      readonly kind: 'call'
      readonly call: CallFact
      /** The items in it; of a follow-up, those it was about. */
      readonly candidates: readonly CandidateFact[]
      /** What was asked later about its items, in order of the items. */
      readonly followUps: readonly CallFact[]
      readonly attempts: readonly string[]
    }

/** An example shown in the prompt: a seed, or an instruction that had been kept by then. */
export type Parent = { readonly seedId: string; readonly origin: SeedEventFact['origin']; readonly instruction: string }

/** Explains an instruction (`r03-c0012-i07`), a seed (`seed-014`, or a promoted instruction's id) or a call (`r03-c0012`). Throws `not-found`. */
export async function explain(ledger: Ledger, id: string): Promise<Explanation> {
  const [candidate] = await ledger.find('candidate', { id })
  if (candidate !== undefined) return explainInstruction(ledger, candidate)
  const history = await ledger.find('seed-event', { seedId: id })
  if (history.length > 0) return explainSeed(ledger, history)
  const [call] = await ledger.find('call', { callId: id })
  if (call !== undefined) return explainCall(ledger, call)
  throw new SediError('not-found', `The run knows nothing called “${id}”: expected an instruction (r01-c0000-i00), a call (r01-c0000) or a seed’s id.`)
}

async function explainInstruction(ledger: Ledger, candidate: CandidateFact): Promise<Explanation> {
  const [call] = await ledger.find('call', { callId: candidate.callId })
  const seedHistory = await ledger.find('seed-event', { seedId: candidate.id })
  return {
    kind: 'instruction',
    candidate,
    call: call!,
    followUps: await followUpsOf(ledger, candidate),
    parents: await Promise.all(call!.seedIds.map((seedId) => parentOf(ledger, seedId))),
    nearest: await nearestText(ledger, candidate),
    trainedIn: candidate.verdict === 'kept' ? await trainingOf(ledger, candidate.id) : [],
    seedHistory,
    story: seedHistory.length === 0 ? undefined : await storyOf(ledger, candidate.id),
  }
}

export async function parentOf(ledger: Ledger, seedId: string): Promise<Parent> {
  const [seed] = await ledger.find('seed-event', { seedId, action: 'add' })
  if (seed !== undefined) return seed
  const [kept] = await ledger.find('candidate', { id: seedId })
  return { seedId, origin: 'machine', instruction: kept?.instruction ?? '' }
}

/** The questions asked about an item: a group of items has them together, under the id of the first. */
export async function followUpsOf(ledger: Ledger, { id, callId, verdict, reason, output }: CandidateFact): Promise<readonly CallFact[]> {
  const wasAsked = verdict === 'kept' || reason === 'unanswered' || output !== ''
  const asked = wasAsked ? await askedAbout(ledger, callId) : []
  const first = asked.map(({ parentId }) => parentId!).findLast((parentId) => itemOfCandidate(parentId) <= itemOfCandidate(id))
  return asked.filter(({ parentId }) => parentId === first)
}

/** In order of the items. */
async function askedAbout(ledger: Ledger, callId: string): Promise<readonly CallFact[]> {
  if ((await ledger.totals()).followUpCalls === 0) return []
  const [call] = await ledger.find('call', { callId })
  const calls = call === undefined ? [] : await ledger.find('call', { round: call.round, index: call.index })
  return calls.filter(({ parentId }) => parentId !== null).sort((a, b) => itemOfCandidate(a.parentId!) - itemOfCandidate(b.parentId!) || a.seq - b.seq)
}

export async function trainingOf(ledger: Ledger, exampleId: string): Promise<TrainedIn[]> {
  const batches = await ledger.batchesOf(exampleId)
  return Promise.all(
    batches.map(async (batch) => {
      const [step] = await ledger.find('step', { step: batch.step })
      const row = batch.exampleIds.indexOf(exampleId)
      return {
        batch,
        step,
        loss: step?.exampleLosses?.[row],
        gap: step?.exampleGaps?.[row],
        masked: step?.masked?.[row],
        error: step?.exampleErrors?.[row],
        maskedCluster: step?.masked === null ? undefined : await maskedClusterOf(ledger, batch, row),
      }
    }),
  )
}

async function maskedClusterOf(ledger: Ledger, { round, clusters }: BatchFact, row: number): Promise<TrainedIn['maskedCluster']> {
  const [stage] = await ledger.find('stage', { round, stage: 'train' })
  const counted = (stage?.summary.maskedClusters ?? []) as readonly { readonly cluster: number; readonly rows: number; readonly masked: number }[]
  return counted.find(({ cluster }) => cluster === clusters?.[row])
}

async function explainSeed(ledger: Ledger, history: readonly SeedEventFact[]): Promise<Explanation> {
  return { kind: 'seed', history, story: await storyOf(ledger, history[0]!.seedId) }
}

/** What is no seed is explained without the adapters, which a story asks. */
async function storyOf(ledger: Ledger, seedId: string): Promise<SeedStory> {
  const { tellSeedStory } = await import('./seed-story/tell-seed-story.ts')
  return tellSeedStory(ledger, seedId)
}

async function explainCall(ledger: Ledger, call: CallFact): Promise<Explanation> {
  const outcomes = await ledger.find('outcome', { callId: call.callId })
  return {
    kind: 'call',
    call,
    candidates: await candidatesOf(ledger, call),
    followUps: call.parentId === null ? await askedAbout(ledger, call.callId) : [],
    attempts: outcomes.map(
      ({ attempt, result, charged, costNanoUsd, message }) =>
        `attempt ${attempt}: ${result}, cost ${describeCost(charged, costNanoUsd)}${message === '' ? '' : ` — ${message}`}`,
    ),
  }
}

async function candidatesOf(ledger: Ledger, { callId, parentId, stage }: CallFact): Promise<readonly CandidateFact[]> {
  if (parentId === null) return ledger.find('candidate', { callId })
  const candidates = await ledger.find('candidate', { callId: callOfCandidate(parentId) })
  const about = await Promise.all(
    candidates.map(async (candidate) => (await followUpsOf(ledger, candidate)).some((call) => call.stage === stage && call.parentId === parentId)),
  )
  return candidates.filter((_, i) => about[i])
}

function describeCost(charged: string, nanoUsd: number | null): string {
  if (nanoUsd === null) return 'unknown (no price)'
  return charged === 'uncertain' ? `uncertain, at most $${toUsd(nanoUsd).toFixed(6)}` : `$${toUsd(nanoUsd).toFixed(6)}`
}

/** In plain words, one fact per line. */
export function renderExplanation(explanation: Explanation): string {
  // Ids, details and reasons hold words of models and providers, too.
  return withoutControls(renderKind(explanation))
}

function renderKind(explanation: Explanation): string {
  if (explanation.kind === 'instruction') return renderInstruction(explanation)
  if (explanation.kind === 'seed') return renderSeed(explanation)
  return renderCall(explanation)
}

function renderInstruction({
  candidate,
  call,
  followUps,
  parents,
  nearest,
  trainedIn,
  seedHistory,
  story,
}: Extract<Explanation, { kind: 'instruction' }>): string {
  const price = candidate.costNanoUsd === null ? 'unknown' : `$${toUsd(candidate.costNanoUsd).toFixed(6)}`
  const lines = [
    `${candidate.id} · ${candidate.verdict}${candidate.reason === null ? '' : `: ${candidate.reason}`}${seedHistory.length === 0 ? '' : ` · machine seed, ${stateOf(seedHistory)}`}`,
    ...(candidate.detail === '' ? [] : [`  why           ${candidate.detail}`]),
    ...candidate.flags.map(({ check, detail }) => `  flagged       ${check}: ${detail}`),
    ...(candidate.instruction === '' ? [] : taskLines(candidate)),
    `  bought in     ${call.callId} (round ${call.round}), answered by ${call.provider} ${call.modelId} for ${price} of the call’s price${followUps.length === 0 ? '' : ' and of what was asked later'}`,
    ...followUps.map((asked) => `  asked later   ${followUpLine(asked)}`),
    ...parents.map((seed) => `  written from  ${seed.seedId} (${seed.origin}): ${shortLine(seed.instruction)}`),
  ]
  if (nearest !== undefined) {
    const relation = candidate.verdict === 'kept' ? 'nearest' : 'too similar to'
    const measure = candidate.reason === 'similar-meaning' ? 'cosine' : 'ROUGE-L'
    lines.push(
      `  ${relation.padEnd(13)} ${nearest.id}${nearest.is === 'existing' ? ' (existing data)' : ''}, ${measure} ${candidate.nearestScore!.toFixed(4)}: ${shortLine(nearest.text)}`,
    )
  }
  for (const { batch, step, loss, gap, masked, error, maskedCluster } of trainedIn) {
    const told = [
      step?.gradNorm == null ? undefined : `gradient norm ${step.gradNorm.toFixed(4)}`,
      step && `batch loss ${step.loss.toFixed(4)}`,
      loss === undefined ? undefined : `own loss ${loss.toFixed(4)}`,
      gap === undefined ? undefined : `gap ${gap.toFixed(2)}`,
      error === undefined ? undefined : `EL2N ${error.toFixed(2)}`,
      masked === true ? 'left out by the mask' : undefined,
      maskedCluster && `${maskedCluster.masked} of ${maskedCluster.rows} rows of its cluster left out in that round`,
    ].filter((part) => part !== undefined)
    const signal = told.length === 0 ? 'nothing told of it yet' : told.join(', ')
    lines.push(`  trained on    step ${batch.step} (round ${batch.round}, one of ${batch.exampleIds.length}): ${signal}`)
  }
  if (candidate.verdict === 'kept' && trainedIn.length === 0) lines.push('  trained on    no batch yet')
  if (story !== undefined) lines.push(...renderSeedStory(story))
  return lines.join('\n')
}

function renderSeed({ history, story }: Extract<Explanation, { kind: 'seed' }>): string {
  const first = history[0]!
  return [`${first.seedId} · ${first.origin} seed, ${stateOf(history)}`, ...taskLines(first), ...renderSeedStory(story)].join('\n')
}

const stateOf = (history: readonly SeedEventFact[]): string => (history.at(-1)!.action === 'add' ? 'active' : 'archived')

function renderCall({ call, candidates, followUps, attempts }: Extract<Explanation, { kind: 'call' }>): string {
  return [
    `${call.callId} · answered by ${call.provider} ${call.modelId}, finish reason ${call.finishReason}`,
    `  cost          ${describeCost('settled', call.costNanoUsd)}, ${call.usage.inputTokens ?? '?'} tokens in, ${call.usage.outputTokens ?? '?'} out`,
    ...(call.parentId === null ? [`  seeds shown   ${call.seedIds.join(', ')}`] : [`  asked about   the items below (${call.stage})`]),
    ...attempts.map((attempt) => `  ${attempt}`),
    ...call.warnings.map((warning) => `  warning       ${warning}`),
    ...candidates.map(
      ({ id, verdict, reason, instruction, detail }) => `  ${id}  ${reason ?? verdict}: ${shortLine(instruction === '' ? detail : instruction)}`,
    ),
    ...followUps.map((asked) => `  asked later   ${followUpLine(asked)}`),
  ].join('\n')
}

const followUpLine = ({ callId, costNanoUsd, usage, text }: CallFact): string =>
  `${callId}, ${describeCost('settled', costNanoUsd)}, ${usage.inputTokens ?? '?'} tokens in, ${usage.outputTokens ?? '?'} out: ${shortLine(text)}`

function taskLines(task: { readonly instruction: string; readonly input: string; readonly output: string }): string[] {
  return [
    `  instruction   ${shortLine(task.instruction)}`,
    ...(task.input === '' ? [] : [`  input         ${shortLine(task.input)}`]),
    `  output        ${shortLine(task.output)}`,
  ]
}

const shortLine = (text: string): string => oneLine(text, 160)
