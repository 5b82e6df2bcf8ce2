import { describe, expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { testFolder } from './fixtures/test-folder.ts'

// The session of docs/server.md, from nothing to batches with curl, is run by tooling/check-docs.ts.
describe('sedi serve', () => {
  it('refuses other machines without a token, and a token that is none', async () => {
    const cwd = testFolder()
    const refused = await sedi(['serve', '--host', '0.0.0.0', '--port', '0'], { cwd })
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('SEDI_API_TOKEN')])
    const weak = await sedi(['serve', '--host', '0.0.0.0', '--port', '0'], { cwd, env: { SEDI_API_TOKEN: 'hunter22' } })
    expect([weak.code, weak.stderr]).toEqual([2, expect.stringContaining('at least 16 characters')])
    expect(weak.stderr).not.toContain('hunter22')
    expect((await sedi(['serve', '--host', ''], { cwd })).code).toBe(2)
  })
})
