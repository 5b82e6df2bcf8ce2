import { commonWords, type TokenizerName } from '@sedi/core'
import { toUsd } from '@sedi/pipeline'
import { type Ledger, SediError } from '@sedi/spec'
import type { InstructionDetail } from '@sedi/spec/api'
import { followUpsOf, parentOf, trainingOf } from '../runs/explain.ts'
import { nearestText } from '../runs/nearest-text.ts'
import { begunConfigOf } from '../runs/run-config-of.ts'

/** Batches listed of one instruction; the latest are the ones that say where it stands. */
const mostBatches = 200

/** Everything beside one instruction. Throws `not-found`. Cost: look-ups by key, and the words of two texts multiplied. */
export async function instructionDetail(ledger: Ledger, id: string): Promise<InstructionDetail> {
  const [candidate] = await ledger.find('candidate', { id })
  if (candidate === undefined)
    throw new SediError('not-found', `The run has no instruction “${id}”: expected an id like r01-c0000-i00, as a list of instructions has it.`)
  const [call] = await ledger.find('call', { callId: candidate.callId })
  const { filter } = await begunConfigOf(ledger)
  const nearest = await nearestText(ledger, candidate)
  const trainedIn = candidate.verdict === 'kept' ? await trainingOf(ledger, id) : []
  const events = await ledger.find('seed-event', { seedId: id })
  const { seq, round, instruction, input, output, verdict, reason, detail, flags } = candidate
  const isCosine = reason === 'similar-meaning'
  return {
    ...{ id, seq, round, instruction, input, output, verdict, reason, detail, flags: [...flags] },
    score: candidate.nearestScore,
    measure: candidate.nearestScore === null ? null : isCosine ? 'cosine' : 'rouge-l',
    threshold: (isCosine ? filter.semantic?.threshold : filter.threshold) ?? null,
    nearest: nearest === undefined ? null : { verdict: null, round: null, ...nearest },
    commonWords: nearest === undefined || nearest.text === '' ? null : wordsOf(instruction, nearest.text, filter.tokenizer),
    parents: (await Promise.all(call!.seedIds.map((seedId) => parentOf(ledger, seedId)))).map(({ seedId, origin, instruction: text }) => ({
      ...{ seedId, origin, text },
    })),
    costUsd: usdOf(candidate.costNanoUsd),
    call: {
      ...{ callId: call!.callId, provider: call!.provider, modelId: call!.modelId, costUsd: usdOf(call!.costNanoUsd), at: call!.at },
      items: (await ledger.find('yield', { callId: candidate.callId }))[0]?.raw ?? 0,
    },
    followUps: (await followUpsOf(ledger, candidate)).map(({ callId, stage, costNanoUsd }) => ({ callId, stage, costUsd: usdOf(costNanoUsd) })),
    trainedIn: trainedIn.slice(-mostBatches).map(({ batch, step, loss, gap, error, masked }) => ({
      ...{ step: batch.step, round: batch.round, rows: batch.exampleIds.length, batchLoss: step?.loss ?? null, gradNorm: step?.gradNorm ?? null },
      ...{ loss: loss ?? null, gap: gap ?? null, error: error ?? null, masked: masked ?? null },
    })),
    trainedTimes: trainedIn.length,
    maskedSteps: trainedIn.flatMap(({ batch, masked }) => (masked === true ? [batch.step] : [])),
    seed: events.flatMap((event) => {
      if (event.action !== 'add') return []
      const gone = events.find(({ action, index }) => action === 'evict' && index > event.index)
      const { round: addedRound, step, signal, score, reason: why } = event
      return [{ addedRound, evictedRound: gone?.round ?? null, step, signal, score, reason: why }]
    }),
  }
}

const usdOf = (nanoUsd: number | null): number | null => (nanoUsd === null ? null : toUsd(nanoUsd))

function wordsOf(own: string, nearest: string, tokenizer: TokenizerName): InstructionDetail['commonWords'] {
  const { a, b } = commonWords(own, nearest, tokenizer)
  const plain = (ranges: typeof a): [number, number][] => ranges.map(([from, to]) => [from, to])
  return { own: plain(a), nearest: plain(b) }
}
