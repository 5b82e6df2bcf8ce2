import { toUsd } from '@sedi/pipeline'
import type { Ledger, Usage } from '@sedi/spec'

/** What one model was paid for one purpose. */
export type Purpose = {
  readonly model: string
  /** `tasks`, `answer`, …: the question of the prompt strategy; `embeddings`. */
  readonly purpose: string
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Null when the price of some answer is unknown. */
  readonly costUsd: number | null
}

/** Every recorded answer, by model and by what it was asked for, in the order in which they first came. Cost O(calls). */
export async function spendingByPurpose(ledger: Ledger): Promise<readonly Purpose[]> {
  const sums = new Map<string, { model: string; purpose: string; calls: number; inputTokens: number; outputTokens: number; nanoUsd: number | null }>()
  const add = (model: string, purpose: string, usage: Usage, costNanoUsd: number | null): void => {
    const key = `${model}\n${purpose}`
    const sum = sums.get(key) ?? { model, purpose, calls: 0, inputTokens: 0, outputTokens: 0, nanoUsd: 0 }
    sums.set(key, sum)
    sum.calls++
    sum.inputTokens += usage.inputTokens ?? 0
    sum.outputTokens += usage.outputTokens ?? 0
    sum.nanoUsd = sum.nanoUsd === null || costNanoUsd === null ? null : sum.nanoUsd + costNanoUsd
  }
  for await (const page of ledger.columns('call', ['provider', 'modelId', 'stage', 'usage', 'costNanoUsd'])) {
    for (const { provider, modelId, stage, usage, costNanoUsd } of page) add(modelName(provider, modelId), stage, usage, costNanoUsd)
  }
  for await (const page of ledger.columns('embed-call', ['provider', 'modelId', 'usage', 'costNanoUsd'])) {
    for (const { provider, modelId, usage, costNanoUsd } of page) add(modelName(provider, modelId), 'embeddings', usage, costNanoUsd)
  }
  return [...sums.values()].map(({ nanoUsd, ...sum }) => ({ ...sum, costUsd: nanoUsd === null ? null : toUsd(nanoUsd) }))
}

const modelName = (provider: string, modelId: string): string => (provider === modelId ? provider : `${provider} ${modelId}`)
