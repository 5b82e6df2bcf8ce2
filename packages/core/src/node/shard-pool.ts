import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ShardAnswer, ShardRequest } from './shard.ts'

/** Shards in worker threads: one question to all at a time, answers in the order of the shards. Close it, or the process stays alive. */
export type ShardPool = { ask(requests: readonly ShardRequest[]): Promise<ShardAnswer[]>; close(): Promise<void> }

export function openShardPool(count: number, threshold: number): ShardPool {
  const url = new URL(import.meta.url.endsWith('.ts') ? './shard-worker.ts' : './shard-worker.js', import.meta.url)
  const workers = Array.from({ length: count }, () => new Worker(url, { workerData: { threshold } }))
  return {
    ask: (requests) =>
      Promise.all(
        workers.map(async (worker, i) => {
          const reply = once(worker, 'message') // rejects on the worker's 'error'
          worker.postMessage(requests[i])
          const [answer] = (await reply) as [ShardAnswer]
          return answer
        }),
      ),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
