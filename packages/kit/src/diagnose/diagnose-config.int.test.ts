import { expect, it } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { notesOf } from '../runs/plan-run.ts'
import { diagnoseConfig } from './diagnose-config.ts'

it('says every note of the plan: what is billed outside the budget, too; what is said of price and budget is said once', async () => {
  const trainer = { id: 'openai', baseModel: 'simulated-student', baseUrl: 'http://127.0.0.1:1/v1' }
  for (const price of [{ inputPerMTokUsd: 0.25, outputPerMTokUsd: 2, source: 'a list', asOf: '2026-01-01' }, undefined]) {
    const config = smallConfig({ trainer, generator: { id: 'simulated', price } })
    const findings = await diagnoseConfig(config)
    const notes = findings.filter(({ subject }) => subject === 'note').map(({ detail }) => detail)
    expect(notes).toContainEqual(expect.stringMatching(/^Training is billed by the service, outside budget\.maxCostUsd/))
    expect(notes.join('\n')).not.toMatch(/^(The price is|No budget is set)/m)
    expect(findings.filter(({ subject }) => subject === 'price' || subject === 'budget')).toHaveLength(2)
    // The others of the plan, each as it stands there.
    expect(notesOf(config).filter((note) => !notes.includes(note))).toEqual(
      price === undefined ? [expect.stringMatching(/^The price is unknown/)] : [expect.stringMatching(/^The price is/), expect.stringMatching(/^No budget/)],
    )
  }
})
