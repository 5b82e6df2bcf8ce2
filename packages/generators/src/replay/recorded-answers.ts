import { createHash } from 'node:crypto'
import { type CallFact, canonicalJson, type GenerateRequest, SediError } from '@sedi/spec'
import { findDifference } from './find-difference.ts'

/** What of a recorded call is played again. */
export type RecordedAnswer = Pick<CallFact, 'callId' | 'text' | 'finishReason' | 'usage' | 'modelId' | 'costNanoUsd' | 'warnings'>

export type RecordedAnswers = {
  /**
   * The answer to a request. One that was asked several times has several: that of the call named in `key` first, otherwise each once, in the
   * order of the record. Throws `not-found`, saying how the nearest recorded request differs.
   */
  take(request: GenerateRequest, key: string | undefined): Promise<RecordedAnswer>
}

/** Reads a record when it is first asked for something. Memory: the answers' texts. */
export function recordedAnswers(read: () => AsyncIterable<CallFact>, modelId: string | undefined, source: string): RecordedAnswers {
  let index: Promise<Map<string, RecordedAnswer[]>> | undefined
  const used = new Set<RecordedAnswer>()

  async function load(): Promise<Map<string, RecordedAnswer[]>> {
    const answers = new Map<string, RecordedAnswer[]>()
    for await (const { callId, request, text, finishReason, usage, modelId: by, costNanoUsd, warnings } of read()) {
      if (modelId !== undefined && by !== modelId) continue
      const hash = hashOf(request)
      const answer = { callId, text, finishReason, usage, modelId: by, costNanoUsd, warnings }
      const known = answers.get(hash)
      if (known === undefined) answers.set(hash, [answer])
      else known.push(answer)
    }
    return answers
  }

  return {
    async take(request, key) {
      index ??= load()
      const answers = (await index).get(hashOf(request)) ?? []
      const free = answers.filter((answer) => !used.has(answer))
      // Asked for by name, an answer may be given again: a process that died before it recorded it asks once more.
      const answer = answers.find(({ callId }) => key?.includes(callId) === true) ?? free[0]
      if (answer === undefined) throw await notRecorded(request, answers.length)
      used.add(answer)
      return answer
    },
  }

  async function notRecorded(request: GenerateRequest, times: number): Promise<SediError> {
    const why =
      times > 0
        ? `the request was recorded ${times === 1 ? 'once' : `${times} times`} and is asked once more`
        : `the request is not in the record; ${(await findDifference(request, read())) ?? 'it is empty'}`
    const whose = modelId === undefined ? '' : ` (answers by ${modelId} only)`
    const message = `replay: ${source}${whose}: ${why}. A replay can change what is done with answers (thresholds, checks, batches, training), not what is asked.`
    return new SediError('not-found', message, { details: { charged: 'none' } })
  }
}

const hashOf = (request: GenerateRequest): string => createHash('sha256').update(canonicalJson(request)).digest('base64')
