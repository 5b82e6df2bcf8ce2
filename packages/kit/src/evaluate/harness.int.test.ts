import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { createRun } from '../runs/open-run.ts'
import { evaluateWithHarness } from './harness.ts'

/** A run whose base model lies in a folder that transformers loads, so that lm_eval is given that folder; a stand-in for lm_eval that prints `prints`. */
async function prepare(prints: string) {
  const config = await smallConfig({ trainer: { id: 'python', baseModel: './base' } })
  const base = String(config.trainer.baseModel)
  mkdirSync(base, { recursive: true })
  writeFileSync(join(base, 'config.json'), '{}')
  const run = await createRun(config)
  onTestFinished(() => run.close())
  const [python, started] = [join(run.folder, 'python'), join(run.folder, 'started')]
  writeFileSync(python, `#!/bin/sh\ntouch ${started}\n${prints}\nexit 7\n`)
  chmodSync(python, 0o755)
  return {
    started,
    lmEval: (stop: AbortSignal, keys: readonly string[] = []) =>
      evaluateWithHarness({
        source: { ledger: run.ledger, folder: run.folder, round: 0 },
        benchmark: 'my-task',
        python,
        keys,
        out: join(run.folder, 'evaluations'),
        stop,
      }),
  }
}

describe('lm_eval', () => {
  it('is given the key of the hub, where its data and models are, those it is said to need, and no other', async () => {
    for (const name of ['OPENAI_API_KEY', 'SEDI_API_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'PGPASSWORD', 'HF_TOKEN']) vi.stubEnv(name, `a-secret-of-${name}`)
    onTestFinished(() => void vi.unstubAllEnvs())
    const { lmEval, started } = await prepare(`env > "$(dirname $0)/seen"`)
    await expect(lmEval(new AbortController().signal, ['PGPASSWORD'])).rejects.toMatchObject({ code: 'provider-response' })
    const seen = readFileSync(join(started, '../seen'), 'utf8')
    expect(seen).toContain('PATH=')
    expect(seen.match(/a-secret-of-\w+/g)).toEqual(expect.arrayContaining(['a-secret-of-HF_TOKEN', 'a-secret-of-PGPASSWORD']))
    expect(seen.match(/a-secret-of-\w+/g)).toHaveLength(2)
  })

  it('is not started for somebody who has left', async () => {
    const { lmEval, started } = await prepare('sleep 600')
    await expect(lmEval(AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
    expect(existsSync(started)).toBe(false)
  })
})
