import { createRng } from '@sedi/core'
import { type Moderation, type Moderator, SediError, type Task } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { checks } from './registry.gen.ts'
import { createChecks } from './run-checks.ts'

const task = (change: Partial<Task> = {}): Task => ({ instruction: 'Name a river that flows north.', input: '', output: 'The Nile', ...change })
const private_ = task({ input: 'jane@acme.com' })
const refused = task({ output: 'I’m sorry, but I can’t help with that.' })

function scriptedModerator(
  answers: (texts: readonly string[], request: number) => readonly Moderation[],
  maxBatchSize = 32,
): Moderator & { readonly asked: string[][] } {
  const asked: string[][] = []
  return {
    specVersion: 1,
    provider: 'scripted',
    modelId: 'm',
    maxBatchSize,
    asked,
    async moderate(texts) {
      asked.push([...texts])
      return answers(texts, asked.length)
    },
  }
}
const clean = (texts: readonly string[]) =>
  texts.map((text) => (text.includes('bad') ? { flagged: true, categories: ['violence', 'hate'] } : { flagged: false, categories: [] }))

describe('createChecks', () => {
  it('does nothing unless told', async () => {
    const none = createChecks({}, { benchmarks: [] })
    expect([none.active, await none.run([private_])]).toEqual([[], [{ dropped: undefined, flags: [] }]])
  })

  it('drops with the check’s name, flags the others, in the order of the tasks', async () => {
    const both = createChecks({ pii: 'drop', refusal: 'flag', garbled: 'off' }, { benchmarks: [] })
    expect(both.active).toEqual(['pii', 'refusal'])
    expect(await both.run([task(), private_, refused, task({ ...private_, output: refused.output })])).toEqual([
      { dropped: undefined, flags: [] },
      { dropped: { reason: 'check', detail: 'pii: an e-mail address in the input' }, flags: [] },
      { dropped: undefined, flags: [{ check: 'refusal', detail: 'the output is a refusal' }] },
      { dropped: { reason: 'check', detail: 'pii: an e-mail address in the input' }, flags: [{ check: 'refusal', detail: 'the output is a refusal' }] },
    ])
  })

  it('gives the first of several reasons, and contamination its own', async () => {
    const benchmarks = [{ place: 'quiz.jsonl:3', text: 'Name a river that flows north.' }]
    const [outcome] = await createChecks({ pii: 'drop', contamination: 'drop' }, { benchmarks }).run([private_])
    expect(outcome!.dropped).toEqual({ reason: 'contaminated', detail: 'contamination: ROUGE-L 1.00 with quiz.jsonl:3: “Name a river that flows north.”' })
  })
})

describe('moderation', () => {
  const modes = { moderation: 'drop', pii: 'drop' } as const

  it('asks once for all tasks that nothing else has dropped', async () => {
    const moderator = scriptedModerator(clean)
    const outcomes = await createChecks(modes, { benchmarks: [], moderator }).run([task(), private_, task({ output: 'a bad word' })])
    expect(outcomes.map(({ dropped }) => dropped?.detail)).toEqual([undefined, 'pii: an e-mail address in the input', 'moderation: scripted m: violence, hate'])
    expect(moderator.asked).toEqual([['Name a river that flows north.\n\nThe Nile', 'Name a river that flows north.\n\na bad word']])
  })

  it('keeps to the provider’s batch size, and asks nothing for nothing', async () => {
    const moderator = scriptedModerator(clean, 2)
    const { run } = createChecks({ moderation: 'flag' }, { benchmarks: [], moderator })
    await run([])
    const outcomes = await run([task(), task(), task(), task({ input: 'bad' }), task()])
    expect(moderator.asked.map((texts) => texts.length)).toEqual([2, 2, 1])
    expect(outcomes.map(({ flags }) => flags.length)).toEqual([0, 0, 0, 1, 0])
  })

  it('tries again as long as it may help, waiting as long as the provider asks', async () => {
    const waits: number[] = []
    const wait = async (ms: number): Promise<void> => void waits.push(ms)
    const moderator = scriptedModerator((texts, request) => {
      if (request < 3) throw new SediError('rate-limited', 'slow down', { retryable: true, details: { retryAfterMs: 1000 * request } })
      return clean(texts)
    })
    await createChecks(modes, { benchmarks: [], moderator, wait }).run([task()])
    expect(moderator.asked).toHaveLength(3)
    expect(waits.map((ms) => Math.floor(ms / 1000))).toEqual([1, 2])
  })

  it.each([
    ['is refused for good', new SediError('invalid-credential', 'no'), 1],
    ['fails six times', new SediError('provider-response', 'no', { retryable: true }), 6],
    ['is asked to wait for hours', new SediError('rate-limited', 'no', { retryable: true, details: { retryAfterMs: 7_200_000 } }), 1],
  ])('fails, rather than letting anything pass, when it %s', async (_, error, requests) => {
    const moderator = scriptedModerator(() => {
      throw error
    })
    const failing = createChecks(modes, { benchmarks: [], moderator, wait: async () => {} }).run([task()])
    await expect(failing).rejects.toBe(error)
    expect(moderator.asked).toHaveLength(requests)
  })

  it('refuses a reply that does not fit the question', async () => {
    const moderator = scriptedModerator(() => [])
    await expect(createChecks(modes, { benchmarks: [], moderator }).run([task()])).rejects.toThrow(/0 judgements for 1 texts/)
  })

  it('stops waiting when told to', async () => {
    const stop = new AbortController()
    const moderator = scriptedModerator(() => {
      stop.abort()
      throw new SediError('rate-limited', 'slow down', { retryable: true, details: { retryAfterMs: 60_000 } })
    })
    await expect(createChecks(modes, { benchmarks: [], moderator }).run([task()], undefined, { signal: stop.signal })).rejects.toMatchObject({
      code: 'aborted',
    })
  })

  it('says what it needs', () => {
    expect(() => createChecks(modes, { benchmarks: [] })).toThrow(/set moderator/)
  })
})

describe('whatever the text', () => {
  const flagAll = Object.fromEntries(Object.keys(checks).map((id) => [id, 'flag'] as const))
  const all = createChecks(flagAll, {
    benchmarks: [{ place: 'b:1', text: 'a a a a a a a a a a a a a a' }],
    moderator: scriptedModerator(clean),
  })
  const context = { prompt: ['a a a a a a a a a a'], seeds: [task()] }

  it('no check throws', async () => {
    const rng = createRng(7, 'fuzz')
    const pieces = [
      '\ud83d',
      '\udc00',
      '\u0000',
      '@',
      '.',
      '+49 ',
      '::',
      'as an ai ',
      'ÐÑ',
      '"',
      '[',
      '<',
      '`',
      '漢',
      'é',
      ' ',
      '\n',
      '1',
      'a',
      '-',
      '_',
      'eyJ',
      'sk-',
      '4111',
      '\u202e',
      '죄송합니다',
    ]
    const text = (): string => Array.from({ length: rng.int(60) }, () => pieces[rng.int(pieces.length)]).join('')
    const tasks = Array.from({ length: 500 }, () => ({ instruction: text(), input: text(), output: text() }))
    expect(await all.run(tasks, context)).toHaveLength(500)
    for (const outcome of await all.run(tasks, context)) expect(outcome.dropped).toBeUndefined()
  })

  // Patterns that go back over what they have read would take hours for one of these; so the test ends in time or not at all.
  it.each([
    'a',
    '1',
    ' ',
    '@',
    'a@',
    'a.',
    'a@a.',
    '1 ',
    '1-',
    '1.',
    ':',
    '::',
    'a:',
    '+1 ',
    '00',
    '(',
    '(1',
    'A',
    'A1',
    'AA11',
    'sk-',
    'eyJa',
    'eyJa.',
    '-----BEGIN ',
    'tel ',
    'tel 1',
    'sorry ',
    'leider ',
    '[',
    '[insert ',
    '<',
    '{{',
    '…',
    '漢',
    'Ã',
    '\n',
  ])('100 KB of %j are read in proportion to their length', async (piece) => {
    const long = piece.repeat(Math.ceil(100_000 / piece.length))
    expect(await all.run([{ instruction: long, input: long, output: long }], context)).toHaveLength(1)
  })
})
