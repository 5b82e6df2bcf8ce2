import type { CandidateFact, Moderator, OpenRun, TextGenerator } from '@sedi/spec'
import { SediError } from '@sedi/spec'
import { expect, it } from 'vitest'
import { checks } from '../checks/index.ts'
import { type Change, carryOn, createTestRun, newStore, simulatedTeacher, wrappedTeacher } from '../fixtures/harness.ts'

const small = { rounds: 2, target: { calls: 6 } }
const run = async (change: Change): Promise<OpenRun> => {
  const opened = await createTestRun(newStore())
  await carryOn(opened, { ...change, config: { ...small, ...change.config } })
  return opened
}
const withChecks = (modes: Readonly<Record<string, string>>, config: object = {}): NonNullable<Change['config']> => ({ ...config, filter: { checks: modes } })

/** The simulated teacher with things in its answers that checks look for: a refusal in every third task, an address in the next one. */
async function spoilingTeacher(): Promise<TextGenerator> {
  const teacher = await simulatedTeacher()
  return {
    ...teacher,
    async generate(request, call) {
      const result = await teacher.generate(request, call)
      let output = 0
      let input = 0
      const text = result.text
        .replace(/Output:\n[^\n]*/g, (field) => (output++ % 3 === 0 ? 'Output:\nI’m sorry, but I cannot help with that.' : field))
        .replace(/Input:\n[^\n]*/g, (field) => (input++ % 3 === 1 ? `${field}\nfrom jane@acme.com` : field))
      return { ...result, text }
    },
  }
}
const refusal = { check: 'refusal', detail: 'the output is a refusal' }
const readable = (candidates: readonly CandidateFact[]): CandidateFact[] => candidates.filter(({ reason }) => reason !== 'malformed' && reason !== 'truncated')

it('finds nothing in what the simulated teacher writes, so that no figure of it depends on the checks', async () => {
  const all = Object.fromEntries(Object.keys(checks).flatMap((id) => (id === 'moderation' ? [] : [[id, 'drop']])))
  const [without, checked] = [await run({}), await run({ config: withChecks(all) })]
  expect(await checked.ledger.digest()).toBe(await without.ledger.digest())
})

it('drops, flags and gives reasons; nothing flagged becomes a seed; concurrency changes nothing', async () => {
  const modes = withChecks({ pii: 'drop', refusal: 'flag' })
  const digests: string[] = []
  for (const concurrency of [1, 6]) {
    const done = await run({ config: { ...modes, limits: { concurrency } }, adapters: { generator: await spoilingTeacher(), verifier: undefined } })
    const candidates = readable(await done.ledger.find('candidate'))
    const refusing = candidates.filter(({ output }) => output.startsWith('I’m sorry'))
    const addressed = candidates.filter(({ input }) => input.includes('@'))
    expect(refusing.length).toBeGreaterThan(20)
    expect(refusing.map(({ flags }) => flags)).toEqual(refusing.map(() => [refusal]))
    expect(refusing.some(({ verdict }) => verdict === 'kept')).toBe(true)
    expect(addressed.length).toBeGreaterThan(20)
    expect(addressed.filter(({ reason }) => reason === 'check')).not.toHaveLength(0)
    for (const { verdict, reason, detail } of addressed) {
      expect(verdict).toBe('rejected')
      if (reason === 'check') expect(detail).toBe('pii: an e-mail address in the input')
    }
    for (const { flags } of candidates.filter((one) => !refusing.includes(one))) expect(flags).toEqual([])

    const promoted = (await done.ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')
    expect(promoted.length).toBeGreaterThan(0)
    for (const { output } of promoted) expect(output).not.toMatch(/sorry/)
    const refused = (await done.ledger.find('stage', { stage: 'reseed' })).flatMap(({ summary }) => summary.refused as { why: string }[])
    expect(refused.map(({ why }) => why)).toContain('refusal: the output is a refusal')
    const counted = (await done.ledger.find('stage', { stage: 'generate' })).map(
      ({ summary }) => summary.checks as Record<string, { dropped: number; flagged: number }>,
    )
    expect(counted.reduce((sum, { refusal: found }) => sum + (found?.flagged ?? 0), 0)).toBe(refusing.length)
    expect(counted.reduce((sum, { pii }) => sum + (pii?.dropped ?? 0), 0)).toBe(candidates.filter(({ reason }) => reason === 'check').length)
    digests.push(await done.ledger.digest())
  }
  expect(digests[0]).toBe(digests[1])
})

it('rejects near-copies of benchmarks as contaminated, with the words in common', async () => {
  const [first] = readable(await (await run({})).ledger.find('candidate', { verdict: 'kept' }))
  const benchmarks = [{ place: 'quiz.jsonl:7', text: first!.instruction }]
  const done = await run({ config: withChecks({ contamination: 'drop' }), benchmarks })
  const contaminated = await done.ledger.find('candidate', { reason: 'contaminated' })
  expect(contaminated.map(({ id }) => id)).toContain(first!.id)
  expect(contaminated.find(({ id }) => id === first!.id)!.detail).toMatch(/^contamination: .*quiz\.jsonl:7.*“/)
  expect((await done.ledger.totals()).rejected.contaminated).toBe(contaminated.length)
})

it('pauses when the moderation model fails, and continues to the digest of a run where it did not', async () => {
  const config = withChecks({ moderation: 'drop' })
  const moderatorFailingAt = (failing: number): Moderator & { requests: number } => ({
    specVersion: 1,
    provider: 'scripted',
    modelId: 'm',
    maxBatchSize: 100,
    requests: 0,
    async moderate(texts) {
      if (++this.requests === failing) throw new SediError('invalid-credential', 'the key is wrong')
      return texts.map((text) => ({ flagged: text.length % 5 === 0, categories: ['length'] }))
    },
  })
  const undisturbed = await run({ config, adapters: { moderator: moderatorFailingAt(-1) } })

  const opened = await createTestRun(newStore())
  const paused = await carryOn(opened, { config: { ...small, ...config }, adapters: { moderator: moderatorFailingAt(3) } })
  expect(paused).toMatchObject({ state: 'paused', error: { code: 'invalid-credential' } })
  const bought = (await opened.ledger.totals()).calls
  expect(bought).toBeGreaterThanOrEqual(3)
  const teacher = await wrappedTeacher(() => {})
  await carryOn(opened, { config: { ...small, ...config }, adapters: { generator: teacher, moderator: moderatorFailingAt(-1) } })
  expect(teacher.sent()).toBe(6 - bought)
  expect(await opened.ledger.digest()).toBe(await undisturbed.ledger.digest())
  const dropped = await opened.ledger.find('candidate', { reason: 'check' })
  expect(dropped.length).toBeGreaterThan(0)
  for (const { detail } of dropped) expect(detail).toBe('moderation: scripted m: length')
})

it('looks at instructions before an answer is bought for them, and at the answers when they come', async () => {
  const teacher = await simulatedTeacher()
  let answers = 0
  const generator: TextGenerator = {
    ...teacher,
    async generate(request, call) {
      const result = await teacher.generate(request, call)
      if (!request.messages.some(({ content }) => content.includes('Answer the task below'))) {
        let input = 0
        return { ...result, text: result.text.replace(/Input: [^\n]*/g, (field) => (input++ % 2 === 0 ? `${field} from jane@acme.com` : field)) }
      }
      return answers++ % 3 === 0 ? { ...result, text: 'I’m sorry, but I cannot help with that.' } : result
    },
  }
  const config = {
    ...withChecks({ pii: 'drop', refusal: 'drop' }),
    prompt: { strategy: 'instruction-first', answersPerCall: 1 },
    target: { calls: 2 },
    rounds: 1,
  }
  const done = await run({ config: { ...config, limits: { concurrency: 1 } }, adapters: { generator } })
  const dropped = await done.ledger.find('candidate', { reason: 'check' })
  const byDetail = Map.groupBy(dropped, ({ detail }) => detail)
  expect([...byDetail.keys()].sort()).toEqual(['pii: an e-mail address in the input', 'refusal: the output is a refusal'])
  const asked = new Set((await done.ledger.find('call', { stage: 'answer' })).map(({ parentId }) => parentId))
  for (const { id } of byDetail.get('pii: an e-mail address in the input')!) expect(asked.has(id)).toBe(false)
  for (const { id } of byDetail.get('refusal: the output is a refusal')!) expect(asked.has(id)).toBe(true)
})
