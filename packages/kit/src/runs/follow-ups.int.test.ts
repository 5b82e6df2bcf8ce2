import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { RunConfig } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { finishedRun, smallConfig } from '../fixtures/small-run.ts'
import { explain, renderExplanation } from './explain.ts'
import { openRun } from './open-run.ts'
import { openStore } from './open-store.ts'

const staged = { recipe: 'self-instruct', target: { calls: 8 }, limits: { concurrency: 4 } }
const grouped = { recipe: 'alpaca', prompt: { strategy: 'instruction-first', tasksPerCall: 10, answersPerCall: 4 } }

const slowed = (config: RunConfig): RunConfig => ({ ...config, generator: { ...config.generator, latencyMs: 150 } })

/** Begins a run elsewhere and kills it when the ledger has so many answers. */
async function killedAt(answers: number, config: RunConfig): Promise<void> {
  const file = join(dirname(config.store), 'config.json')
  writeFileSync(file, JSON.stringify(slowed(config)))
  const script = join(import.meta.dirname, '../fixtures/run-process.ts')
  const child = spawn(process.execPath, ['--conditions=@sedi/source', '--no-warnings', script, file], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const store = openStore(config)
  while (child.exitCode === null) {
    await wait(10)
    const ledger = await store.read('run').catch(() => undefined)
    const calls = (await ledger?.totals().catch(() => undefined))?.calls ?? 0
    await ledger?.close()
    if (calls >= answers) child.kill('SIGKILL')
    if (calls >= answers) break
  }
  await ended
}

describe('a staged run', () => {
  it('killed between the questions about an item, goes on to the digest of an undisturbed one and buys no recorded answer again', async () => {
    const undisturbed = await finishedRun(smallConfig(staged))
    const wanted = { digest: await undisturbed.ledger.digest(), calls: (await undisturbed.ledger.totals()).calls }
    await undisturbed.close()
    const config = smallConfig(staged)
    await killedAt(Math.floor(wanted.calls / 2), config)
    const run = await openRun('run', openStore(config))
    const before = await run.ledger.totals()
    expect(before.calls).toBeGreaterThan(0)
    expect(before.calls).toBeLessThan(wanted.calls)
    expect((await run.execute({ stop: new AbortController().signal })).state).toBe('done')
    const after = await run.ledger.totals()
    expect({ digest: await run.ledger.digest(), calls: after.calls }).toEqual(wanted)
    expect(after.attempts).toBe(wanted.calls + after.uncertainAttempts)
    await run.close()
  })

  it('explains an instruction with the questions asked about it and the kept examples it was written from', async () => {
    const run = await finishedRun(smallConfig(staged))
    const candidates = await run.ledger.find('candidate', { verdict: 'kept' })
    const { id, output } = candidates.at(-1)!
    const text = renderExplanation(await explain(run.ledger, id))
    expect(text).toMatch(new RegExp(`asked later {3}${id}-classify, \\$0\\.\\d+, \\d+ tokens in, \\d out: (Yes|No)\n`))
    expect(text).toMatch(new RegExp(`asked later {3}${id}-instance, .*${output.slice(0, 5)}`))
    expect(text.match(/written from {2}r01-c\d{4}-i\d\d \(machine\): \S/g)).toHaveLength(2)
    const question = renderExplanation(await explain(run.ledger, `${id}-instance`))
    expect(question).toContain('asked about   the items below (instance)')
    expect(question).toContain(`  ${id}  kept: `)
    await run.close()
  })
})

it('explains one of several that were answered together', async () => {
  const run = await finishedRun(smallConfig(grouped))
  const [call] = (await run.ledger.find('call')).filter(({ parentId }) => parentId !== null)
  const explanation = await explain(run.ledger, call!.callId)
  if (explanation.kind !== 'call') throw new Error(explanation.kind)
  expect(explanation.candidates).toHaveLength(4)
  for (const candidate of explanation.candidates) {
    const one = await explain(run.ledger, candidate.id)
    expect(one.kind === 'instruction' && one.followUps.map(({ callId }) => callId)).toEqual([call!.callId])
    if (candidate.output !== '') expect(call!.text).toContain(candidate.output)
  }
  const root = await explain(run.ledger, call!.parentId!.split('-i')[0]!)
  expect(root.kind === 'call' && root.followUps.length).toBeGreaterThan(1)
  await run.close()
})
