import { join } from 'node:path'
import { createRowWriter, writeLedgerFile } from '@sedi/store'
import { expect, it } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { createRun } from '../runs/open-run.ts'
import { openStore } from '../runs/open-store.ts'

const stop = new AbortController().signal

async function carryOut(config: ReturnType<typeof smallConfig>, name: string) {
  const run = await createRun(config, name)
  try {
    const { state, error } = await run.execute({ stop })
    const { kept, settledNanoUsd, calls } = await run.ledger.totals()
    return { state, error, kept, settledNanoUsd, calls, digest: await run.ledger.digest(), folder: run.folder }
  } finally {
    await run.close()
  }
}

it('replays a run at no cost with the same digest, from its folder and from its exported ledger, and at another threshold', async () => {
  const config = smallConfig()
  const first = await carryOut(config, 'bought')
  expect(first).toMatchObject({ state: 'done' })
  expect(first.settledNanoUsd).toBeGreaterThan(0)

  const file = join(config.store, 'bought.jsonl')
  const ledger = await openStore(config).read('bought')
  const writer = createRowWriter(file)
  await writeLedgerFile('bought', ledger.facts(), writer)
  await writer.close()
  await ledger.close()

  const replayOf = (run: string, change: object = {}, charge = 'none') =>
    smallConfig({ generator: { id: 'replay', run, charge, maxOutputTokens: config.generator.maxOutputTokens }, ...change })
  for (const run of [first.folder, file]) {
    expect(await carryOut(replayOf(run), 'again')).toMatchObject({ state: 'done', digest: first.digest, calls: first.calls, settledNanoUsd: 0 })
  }
  expect(await carryOut(replayOf(file, {}, 'recorded'), 'what-if')).toMatchObject({ digest: first.digest, settledNanoUsd: first.settledNanoUsd })

  // One round, so that no prompt depends on what was kept.
  const oneRound = await carryOut({ ...config, rounds: 1 }, 'one-round')
  const stricter = await carryOut(replayOf(oneRound.folder, { rounds: 1, filter: { threshold: 0.5 } }), 'stricter')
  expect(stricter.state).toBe('done')
  expect(stricter.kept).toBeLessThan(oneRound.kept)

  const changed = await carryOut(replayOf(first.folder, { prompt: { seedsPerPrompt: 2 } }), 'changed')
  expect(changed).toMatchObject({ state: 'paused', error: { code: 'not-found' } })
  expect(changed.error?.message).toMatch(/the nearest is r01-c\d+: .*the prompt differs in message/s)
})

it('says where it looked for a run', async () => {
  await expect(createRun(smallConfig({ generator: { id: 'replay', run: '/nowhere/run' } }))).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('/nowhere/run'),
  })
})
