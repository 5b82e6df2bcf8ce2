import { parentPort, workerData } from 'node:worker_threads'
import { createShard, type ShardRequest } from './shard.ts'

const answer = createShard((workerData as { readonly threshold: number }).threshold)
parentPort!.on('message', (request: ShardRequest) => {
  const { entries, scores } = answer(request)
  parentPort!.postMessage({ entries, scores }, [entries.buffer as ArrayBuffer, scores.buffer as ArrayBuffer])
})
