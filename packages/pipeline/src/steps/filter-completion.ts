import { type CallFact, type CandidateFact, candidateIdOf, type Task, type YieldFact } from '@sedi/spec'
import { shareCost } from '../calls/money.ts'
import type { Run } from '../run-context.ts'
import { longestDraftBytes, type ParsedItem, tasksOf } from '../strategies/strategy.ts'
import { type AnsweredGroup, answerGroup } from './answer-group.ts'
import type { Completion } from './buy-completions.ts'
import { checkCandidates, flagsOf } from './check-candidates.ts'
import { judgeAnswer, judgeInstruction, type Rejection } from './judge-candidate.ts'
import { strategyOf } from './plan-call.ts'

/** An item of a completion on its way: rejected for good, or admitted: in the similarity index, and kept unless its answer spoils it. */
type Sifted = {
  readonly id: string
  readonly task: Task
  readonly nearest: Pick<CandidateFact, 'nearestId' | 'nearestScore'>
  readonly rejection: Rejection | undefined
}

const emptyTask: Task = { instruction: '', input: '', output: '' }
const nothingNear = { nearestId: null, nearestScore: null }

/**
 * Parses a completion and decides about each of its items: the first failing check of malformed, truncated, heuristic, contaminated,
 * similar (max ROUGE-L > τ against human seeds, existing texts and everything admitted), similar-meaning (max cosine, likewise) names the reason; what passes all of them joins the pool.
 *
 * Where answers are bought later, an item that passes so far is *admitted*: from here on later texts are compared with it, whatever
 * its answer will be, so that no verdict depends on when an answer arrives. The next completion is filtered meanwhile; candidates are
 * recorded in order, each once, with its final verdict.
 *
 * A completion that was filtered before is not filtered again: the pool has its items already.
 */
export async function filterCompletion(completion: Completion, run: Run): Promise<void> {
  const { call } = completion
  if (run.filtered.has(call.callId)) return
  const strategy = strategyOf(run.config)
  const items = strategy.read(call, run.config.prompt)
  await checkCandidates(tasksOf(items), call, run)
  await run.meanings?.expect(tasksOf(items).map(({ instruction }) => instruction))
  const sifted: Sifted[] = []
  for (const [i, item] of items.entries()) sifted.push(await sift(item, i, call, run))
  if (strategy.followUps === undefined) return record(call, sifted, [], run)

  const admitted = sifted.filter(({ rejection }) => rejection === undefined)
  completion.finishLater(admitted.length, async (isMyTurn) => {
    const groups = inGroups(admitted, strategy.followUps!.groupSize(run.config.prompt))
    // All of them are waited for, also when one fails: what is in flight is recorded before the run ends.
    const answered = await Promise.allSettled(groups.map((group) => answerGroup(call, group, completion.ask, run)))
    await isMyTurn
    await record(call, sifted, answered.map(valueOrThrow), run)
  })
}

async function sift(item: ParsedItem, i: number, call: CallFact, run: Run): Promise<Sifted> {
  const id = candidateIdOf(call.callId, i)
  const reject = (rejection: Rejection): Sifted => ({ id, task: item.ok ? item.task : emptyTask, nearest: nothingNear, rejection })
  if (!item.ok) return reject({ reason: item.reason, detail: `${item.problem}: ${item.excerpt}` })
  const awaitsAnswer = strategyOf(run.config).followUps !== undefined
  const unaskable = awaitsAnswer ? whyNotAsked(item.task, i, run) : undefined
  if (unaskable !== undefined) return reject({ reason: 'malformed', detail: unaskable })

  const rejection = (await judgeInstruction(item.task, run)) ?? (awaitsAnswer ? undefined : await judgeAnswer(item.task, run))
  if (rejection !== undefined) return reject(rejection)
  const { novel, nearest } = run.pool.judge(item.task.instruction)
  const neighbour = { nearestId: nearest?.id ?? null, nearestScore: nearest?.score ?? null }
  if (!novel) return { id, task: item.task, nearest: neighbour, rejection: { reason: 'similar', detail: '' } }
  const alike = await run.meanings?.findAlike(item.task.instruction)
  if (alike !== undefined) return { id, task: item.task, nearest: alike.nearest, rejection: { reason: 'similar-meaning', detail: alike.detail } }
  run.pool.admit(id, item.task.instruction)
  return { id, task: item.task, nearest: neighbour, rejection: undefined }
}

/** What a call can cost has a bound: no answers are bought for more tasks than were asked for, nor for one of any length. */
function whyNotAsked({ instruction, input }: Task, i: number, { config }: Run): string | undefined {
  const { tasksPerCall } = config.prompt
  if (i >= tasksPerCall) return `item ${i + 1} of a reply that was asked for ${tasksPerCall}: no answer is bought for it`
  const bytes = Buffer.byteLength(instruction) + Buffer.byteLength(input)
  return bytes > longestDraftBytes ? `instruction and input have ${bytes} bytes, an answer is bought for at most ${longestDraftBytes}` : undefined
}

/** Keeps what stands, and records the completion’s candidates with its yield, all in one transaction. */
async function record(call: CallFact, sifted: readonly Sifted[], answered: readonly AnsweredGroup[], run: Run): Promise<void> {
  const shares = shareCost(call.costNanoUsd, sifted.length)
  const answers = new Map(answered.flatMap(({ items }) => items.map((item) => [item.id, item])))
  const candidates: CandidateFact[] = []
  for (const [i, { id, task: drafted, nearest, rejection }] of sifted.entries()) {
    const answer = answers.get(id)
    const task = answer?.task ?? drafted
    const final = rejection ?? answer?.rejection
    const costNanoUsd = answer === undefined ? shares[i]! : plus(shares[i]!, answer.costNanoUsd)
    const base = { kind: 'candidate', id, callId: call.callId, round: call.round, ...task, ...nearest, flags: flagsOf(task, run), costNanoUsd } as const
    if (final === undefined) run.pool.keep({ id, ...task, seedIds: call.seedIds })
    candidates.push(final === undefined ? { ...base, verdict: 'kept', reason: null, detail: '' } : { ...base, verdict: 'rejected', ...final })
  }
  const kept = candidates.filter(({ verdict }) => verdict === 'kept').length
  const yielded: YieldFact = { kind: 'yield', callId: call.callId, round: call.round, raw: candidates.length, kept }
  await run.ledger.append([...candidates, yielded])
  run.filtered.add(call.callId)
  run.spentNanoUsd += answered.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), call.costNanoUsd ?? 0)
}

function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}

function valueOrThrow<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason
  return result.value
}

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b)
