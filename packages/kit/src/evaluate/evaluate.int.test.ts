import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeProvider, type FakeProviderOptions, readBook, startFakeProvider } from '@sedi/testing'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { compareEvaluations } from './compare.ts'
import { type EvaluateOptions, evaluate } from './evaluate.ts'
import { loadAskedModel } from './model-file.ts'
import { openEvaluations } from './open-evaluations.ts'
import { readEvaluation } from './result.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-evaluate-'))
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }))
const providers: FakeProvider[] = []
afterEach(async () => {
  for (const provider of providers.splice(0)) await provider.close()
})

let number = 0

/** A folder of its own with these rows in `items.jsonl`. */
function folderWith(rows: readonly object[], name = 'items.jsonl'): string {
  const folder = join(root, String(number++))
  rmSync(folder, { recursive: true, force: true })
  writeRows(folder, rows, name)
  return folder
}

function writeRows(folder: string, rows: readonly object[], name: string): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, name), `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`)
  return join(folder, name)
}

async function provider(folder: string, options: Partial<FakeProviderOptions> = {}): Promise<FakeProvider> {
  const started = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), ...options })
  providers.push(started)
  return started
}

function modelAt(folder: string, url: string, model: string, changes: object = {}) {
  const file = join(folder, `${model}.json`)
  const generator = { id: 'openai', model, baseUrl: url, price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 }, ...changes }
  writeFileSync(file, JSON.stringify({ generator, limits: { concurrency: 4, maxAttempts: 2 } }))
  return loadAskedModel(file, 256)
}

const options = (folder: string, changes: Partial<EvaluateOptions>): EvaluateOptions => ({
  source: { file: join(folder, 'items.jsonl') },
  name: 'items.jsonl',
  evaluators: ['pairwise-judge'],
  out: join(folder, 'evaluations'),
  stop: new AbortController().signal,
  ...changes,
})

/** The fake judge prefers the longer answer. */
const pair = (i: number, prediction: string, reference: string, more: object = {}) => ({
  id: `q${i}`,
  instruction: `Question ${i}?`,
  prediction,
  reference,
  ...more,
})

describe('a judged evaluation', () => {
  const rows = [
    pair(0, 'a long answer', 'short'),
    pair(1, 'short', 'a long answer'),
    pair(2, 'equal', 'equal'),
    pair(3, '[first] one', '[first] two'),
    pair(4, 'mine [off format]', 'reference answer of some length'),
    pair(5, 'mine', 'theirs [refuse] !!!'),
    pair(6, 'ten chars.', 'nine char'),
    pair(7, 'five!', 'six!!!'),
  ]

  it('asks in both orders, counts what brought no verdict by reason, and accounts for every call', async () => {
    const folder = folderWith(rows)
    const { url } = await provider(folder)
    const judge = modelAt(folder, url, 'simulated-judge')
    const { state, result, error } = await evaluate(options(folder, { judge }))
    expect([state, error]).toEqual(['done', undefined])
    const [measured] = result.measured
    expect(measured).toMatchObject({
      items: 8,
      scored: 6,
      mean: (1 + 0 + 0.5 + 0.5 + 1 + 0) / 6,
      failed: { 'off-format': 1, refused: 1 },
      bounds: [3 / 8, 5 / 8],
    })
    expect(measured!.failures.map(({ itemId, code }) => [itemId, code])).toEqual([
      ['q4', 'provider-response'],
      ['q5', 'content-refused'],
    ])
    expect(measured!.judged).toMatchObject({ wins: 2, losses: 2, ties: 2, consistency: 5 / 6, firstSlotRate: (2 + 2 + 2) / 10, items: 6 })
    expect(measured!.judged!.lengthControlled).toMatchObject({ form: 'length_controlled_minimal' })
    expect(result.config.judge).toMatchObject({
      provider: 'openai',
      model: 'simulated-judge',
      promptHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      settings: { temperature: 0, maxOutputTokens: 256 },
    })

    const { totals } = readBook(join(folder, 'book.jsonl'))
    // Equal answers (q2) are a tie, and nobody is asked.
    expect([result.cost.calls, totals.requests, totals.chargedAgain]).toEqual([14, 14, 0])
    expect(result.cost.costUsd).toBeCloseTo((totals.inputTokens * 0.25 + totals.outputTokens * 2) / 1e6, 9)
    const scores = readFileSync(join(folder, 'evaluations', result.evaluation, 'scores.jsonl'), 'utf8')
      .trim()
      .split('\n')
    expect(scores.map((line) => JSON.parse(line) as { value: number | null }).filter(({ value }) => value === null)).toHaveLength(2)
  })

  it('the same again buys nothing; other items, another judge or other answers to compare with are another evaluation', async () => {
    const folder = folderWith(rows)
    const { url } = await provider(folder)
    const judge = modelAt(folder, url, 'simulated-judge')
    const first = await evaluate(options(folder, { judge }))
    const again = await evaluate(options(folder, { judge }))
    expect(again.result).toEqual(first.result)
    expect(readBook(join(folder, 'book.jsonl')).totals.requests).toBe(14)
    const limited = await evaluate(options(folder, { judge, limit: 2 }))
    const warmer = await evaluate(options(folder, { judge: modelAt(folder, url, 'simulated-judge', { temperature: 1 }), limit: 2 }))
    expect(new Set([first, limited, warmer].map(({ folder }) => folder)).size).toBe(3)
  })

  it('pauses before it costs more than allowed, and goes on with more', async () => {
    const folder = folderWith(rows)
    const { url } = await provider(folder)
    const judge = modelAt(folder, url, 'simulated-judge')
    const paused = await evaluate(options(folder, { judge, maxCostUsd: 0.0016 }))
    expect([paused.state, paused.error?.code]).toEqual(['paused', 'budget-exhausted'])
    expect(paused.error!.message).toContain('--max-cost')
    expect(paused.error!.message).not.toContain('resume')
    expect(paused.result.cost.costUsd! + paused.result.cost.uncertainUsd).toBeLessThanOrEqual(0.0016)
    const done = await evaluate(options(folder, { judge, maxCostUsd: 1 }))
    expect(done.state).toBe('done')
    expect(readBook(join(folder, 'book.jsonl')).totals).toMatchObject({ requests: 14, chargedAgain: 0 })
  })

  it('tries again what may succeed later, leaves out the item that the provider will never take, and pauses when it takes nothing', async () => {
    const folder = folderWith(rows.slice(0, 3))
    const { url } = await provider(folder, {
      rules: [
        { match: { promptRegex: 'Question 1' }, do: ['500-final', '500-final'] },
        { match: { promptRegex: 'Question 2' }, do: ['500'] },
      ],
    })
    const judge = modelAt(folder, url, 'simulated-judge')
    const { result } = await evaluate(options(folder, { judge }))
    expect(result.measured[0]).toMatchObject({ scored: 2, failed: { 'provider-response': 1 } })
    expect(result.measured[0]!.failures[0]!.itemId).toBe('q1')

    const closed = folderWith(rows.slice(0, 3))
    const locked = await provider(closed, { apiKey: 'another' })
    const refused = await evaluate(options(closed, { judge: modelAt(closed, locked.url, 'simulated-judge') }))
    expect([refused.state, refused.error?.code, refused.result.measured[0]!.mean]).toEqual(['paused', 'invalid-credential', null])
  })

  it('compares with another model’s answers, joined by id, and lists the ids where that makes no sense', async () => {
    const folder = folderWith(rows.slice(0, 3))
    const { url } = await provider(folder)
    const judge = modelAt(folder, url, 'simulated-judge')
    const against = writeRows(folder, [pair(2, 'much longer than equal', ''), pair(0, 'b', ''), pair(1, 's', '')], 'other.jsonl')
    const { result } = await evaluate(options(folder, { judge, against }))
    expect(result.measured[0]!.judged).toMatchObject({ wins: 2, losses: 1 })

    const wrong = writeRows(folder, [pair(0, 'b', ''), { ...pair(1, 's', ''), instruction: 'Another question?' }, pair(9, 'x', '')], 'wrong.jsonl')
    const refusal = await evaluate(options(folder, { judge, against: wrong })).catch((error: Error) => error.message)
    expect(refusal).toMatch(/only in items.jsonl: q2[\s\S]*only in wrong.jsonl: q9[\s\S]*another instruction or input under the same id: q1/)
  })
})

describe('a model that is asked', () => {
  it('is asked once for all evaluators, and once in all', async () => {
    const folder = folderWith([1, 2, 3, 4, 5].map((i) => ({ id: i, instruction: `Write task ${i}.`, reference: 'x' })))
    const { url } = await provider(folder)
    const generator = modelAt(folder, url, 'simulated-teacher')
    const { result, state } = await evaluate(options(folder, { generator, evaluators: ['exact-match', 'rouge-l', 'normalised-match'] }))
    expect(state).toBe('done')
    expect(result.measured.map(({ scored }) => scored)).toEqual([5, 5, 5])
    expect(result.cost.calls).toBe(5)
    await evaluate(options(folder, { generator, evaluators: ['exact-match', 'rouge-l', 'normalised-match'] }))
    expect(readBook(join(folder, 'book.jsonl')).totals.requests).toBe(5)
    // What it wrote is a file of predictions again.
    const predictions = join(folder, 'evaluations', result.evaluation, 'predictions.jsonl')
    const scored = await evaluate(options(folder, { source: { file: predictions }, evaluators: ['rouge-l'] }))
    expect(scored.result.measured[0]!.mean).toBe(result.measured[1]!.mean)
  })

  it('whose provider withholds an answer has none for that item: not one of 0', async () => {
    const folder = folderWith([1, 2].map((i) => ({ id: `q${i}`, instruction: `Write task ${i}.`, reference: 'x' })))
    const { url } = await provider(folder, { rules: [{ match: { promptRegex: 'task 2' }, do: ['content-filter-empty'] }] })
    const { result } = await evaluate(options(folder, { generator: modelAt(folder, url, 'simulated-teacher'), evaluators: ['rouge-l'] }))
    expect(result.measured[0]).toMatchObject({ scored: 1, failed: { refused: 1 } })
  })
})

describe('comparing evaluations', () => {
  const evaluated = async (folder: string, rows: readonly object[], changes: Partial<EvaluateOptions>) => {
    const file = writeRows(folder, rows, `answers-${number++}.jsonl`)
    const { result } = await evaluate(options(folder, { source: { file }, ...changes }))
    return openEvaluations(join(folder, 'evaluations')).read(result.evaluation)
  }
  const message = (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => 'compared',
      (error: Error) => error.message,
    )

  it('pairs items by id and leaves out those that one of the two has no score of', async () => {
    const folder = folderWith([])
    const { url } = await provider(folder)
    const judge = modelAt(folder, url, 'simulated-judge')
    const one = await evaluated(folder, [pair(0, 'long long', 'mid!'), pair(1, 'x', 'mid!'), pair(2, 'mid [off format]', 'mid!')], { judge })
    const two = await evaluated(folder, [pair(2, 'long long', 'mid!'), pair(1, 'x', 'mid!'), pair(0, 'y', 'mid!')].toReversed(), { judge })
    const { evaluators } = await compareEvaluations(one, two)
    expect(evaluators).toEqual([
      expect.objectContaining({ evaluator: 'pairwise-judge', means: [0.5, 0], leftOut: ['q2'], difference: expect.objectContaining({ n: 2, mean: 0.5 }) }),
    ])
  })

  it('refuses different judges, different answers to compare with, different questions, other references', async () => {
    const folder = folderWith([])
    const { url } = await provider(folder)
    const rows = [pair(0, 'long long', 'mid!'), pair(1, 'x', 'mid!')]
    const judge = modelAt(folder, url, 'simulated-judge')
    const one = await evaluated(folder, rows, { judge })
    const other = await evaluated(folder, rows, { judge: modelAt(folder, url, 'simulated-judge', { temperature: 0.5 }) })
    expect(await message(compareEvaluations(one, other))).toMatch(/different judges.*temperature 0 and 0\.5/)
    const against = writeRows(folder, [pair(0, 'b', ''), pair(1, 's', '')], 'against.jsonl')
    expect(await message(compareEvaluations(one, await evaluated(folder, rows, { judge, against })))).toContain('different answers')
    const free = { evaluators: ['rouge-l'] }
    const plain = await evaluated(folder, rows, free)
    expect(await message(compareEvaluations(one, plain))).toContain('nothing to compare')
    expect(await message(compareEvaluations(plain, await evaluated(folder, [rows[0]!, { ...rows[1]!, instruction: 'No?' }], free)))).toMatch(/same id: q1/)
    expect(await message(compareEvaluations(plain, await evaluated(folder, [rows[0]!], free)))).toMatch(/only in .*: q1/)
    expect(await message(compareEvaluations(plain, await evaluated(folder, [rows[0]!, { ...rows[1]!, reference: 'max!' }], free)))).toMatch(
      /different answers for right.*q1/,
    )
    expect(await message(compareEvaluations(plain, await evaluated(folder, rows, { evaluators: ['rouge-l', 'exact-match'] })))).toBe('compared')
  })

  it('refuses a run, which is no evaluation; so does whatever reads one', async () => {
    const run = { kind: 'run', runId: 'r1', config: {}, fingerprint: '', softwareVersion: '', createdAt: 0 } as const
    const { ledger, close } = await openEvaluations(folderWith([])).create(run, [])
    const refusal = { code: 'invalid-input', message: expect.stringContaining('r1 is a run and no evaluation') }
    await expect(readEvaluation(ledger)).rejects.toMatchObject(refusal)
    await expect(compareEvaluations(ledger, ledger)).rejects.toMatchObject(refusal)
    await close()
  })
})

describe('items that will not do are refused before anything is sent, with their ids', () => {
  it.each([
    ['an id twice', [pair(0, 'a', 'b'), pair(0, 'a', 'b')], /items\.jsonl:2: the id “q0” is used in line 1 already/],
    [
      'no reference',
      [pair(0, 'a', 'b'), { id: 'q1', instruction: 'x', prediction: 'y' }, { id: 'q2', instruction: 'x', prediction: 'y' }],
      /2 items, no reference, which rouge-l needs: q1, q2/,
    ],
    ['no prediction', [{ id: 'q1', instruction: 'x', reference: 'y' }], /1 item, no prediction .*: q1/],
    ['a prediction that is no text', [{ id: 'q1', instruction: 'x', reference: 'y', prediction: 5 }], /:1: expected a text in “prediction”, got number/],
    ['no instruction', [{ id: 'q1', reference: 'y', prediction: 'z' }], /:1: expected a text in “instruction”/],
    ['no rows', [], /at least one row|expected/],
  ])('%s', async (_, rows, message) => {
    const folder = folderWith(rows)
    const refusal = await evaluate(options(folder, { evaluators: ['rouge-l'] })).catch((error: unknown) => error as { code: string; message: string })
    expect(refusal).toMatchObject({ code: 'invalid-input', message: expect.stringMatching(message) })
  })

  it('so are evaluators without what they work with', async () => {
    const folder = folderWith([pair(0, 'a', 'b')])
    const codes = async (changes: Partial<EvaluateOptions>) =>
      (await evaluate(options(folder, changes)).catch((error: unknown) => error as { code: string })) as { code: string }
    expect((await codes({ evaluators: ['pairwise-judge'] })).code).toBe('invalid-config')
    expect((await codes({ evaluators: ['multiple-choice'] })).code).toBe('unsupported')
    expect((await codes({ evaluators: ['nope'] })).code).toBe('invalid-config')
    expect((await codes({ evaluators: [] })).code).toBe('invalid-config')
  })
})
