import { setTimeout as wait } from 'node:timers/promises'
import type { Contender } from './contenders.ts'
import { usageOf } from './process-tree.ts'
import { startServer } from './server.ts'

/** What a contender reached after its first minute. */
export type Rate = {
  readonly admittedPerMinute: number
  /** Of all that was sent in that time. */
  readonly refusedShare: number
  readonly cpuMsPerRequest: number
  readonly memoryMiB: number
}

const warmUpSeconds = 60
/** An import of a large Python package on a cold disk takes long. */
const longestStartMs = 180_000

export async function measureRate(contender: Contender, { minutes, perMinute }: { readonly minutes: number; readonly perMinute: number }): Promise<Rate> {
  const server = await startServer({ latencyMs: 300, perMinute, burstSeconds: 2, answers: contender.answers })
  // More than can be admitted in the time, so that nobody runs out of work.
  const client = contender.start(server.url, Math.ceil(perMinute * (minutes + 1)), perMinute)
  let over = false
  void client.ended.then(() => {
    over = true
  })
  const until = async (second: number): Promise<void> => {
    const begun = performance.now()
    for (;;) {
      const { seconds } = await server.stats()
      if (seconds.length > second) return
      if (over) throw new Error(`${contender.name} ended before it was measured: ${client.said()}`)
      if (performance.now() - begun > longestStartMs + second * 1000) throw new Error(`${contender.name} sent nothing: ${client.said()}`)
      await wait(100)
    }
  }
  try {
    await until(warmUpSeconds)
    const before = usageOf(client.processId)
    await wait(minutes * 60_000 - warmUpSeconds * 1000)
    const after = usageOf(client.processId)
    if (over) throw new Error(`${contender.name} ended before it was measured: ${client.said()}`)
    const { seconds } = await server.stats()
    const counted = seconds.slice(warmUpSeconds, minutes * 60)
    const admitted = counted.reduce((sum, [count]) => sum + count, 0)
    const refused = counted.reduce((sum, [, count]) => sum + count, 0)
    return {
      admittedPerMinute: (admitted / counted.length) * 60,
      refusedShare: refused / (admitted + refused),
      cpuMsPerRequest: (1000 * (after.cpuSeconds - before.cpuSeconds)) / admitted,
      memoryMiB: after.memoryMiB,
    }
  } finally {
    client.stop()
    server.stop()
  }
}
