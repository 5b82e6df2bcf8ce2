import { afterEach, expect, test } from 'vitest'
import type { Question } from './protocol.ts'
import { createWorkerClient, type WorkerClient } from './worker-client.ts'

// Answers every question with the thread's own number.
const program = `
  import { parentPort, threadId } from "node:worker_threads"
  parentPort.on("message", ({ request }) => parentPort.postMessage({ type: "answer", request, value: threadId }))
`
const question = {} as Question
let client: WorkerClient
afterEach(() => client.close())

test('a thread is retired only when idle, without being taken for a crash; the next question starts another', async () => {
  const crashes: unknown[] = []
  client = createWorkerClient(
    { onMessage: () => {}, onCrash: (failure) => crashes.push(failure) },
    new URL(`data:text/javascript,${encodeURIComponent(program)}`),
  )
  const first = await client.ask<number>(question)
  client.hold()
  client.retire()
  const held = await client.ask<number>(question)
  client.release()
  const asked = client.ask<number>(question)
  client.retire()
  expect([held, await asked]).toEqual([first, first])
  client.retire()
  expect(await client.ask<number>(question)).not.toBe(first)
  expect(crashes).toEqual([])
})
