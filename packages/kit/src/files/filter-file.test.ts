import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SediError } from '@sedi/spec'
import { afterAll, describe, expect, it } from 'vitest'
import { type FilterOptions, type FilterResult, filterFile, type Rejection } from './filter-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-filter-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function file(rows: readonly unknown[]): string {
  const path = join(folder, `${files++}.jsonl`)
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'))
  return path
}

const rowsOf = (...instructions: readonly string[]): object[] => instructions.map((instruction) => ({ instruction, output: 'x' }))

type Decided = FilterResult & { readonly kept: number; readonly keptRows: object[]; readonly rejections: (Rejection & { readonly record: object })[] }

async function filter(rows: readonly unknown[], options: Partial<FilterOptions> = {}): Promise<Decided> {
  const keptRows: object[] = []
  const rejections: (Rejection & { readonly record: object })[] = []
  const onDecision = async (record: object, why: Rejection | undefined): Promise<void> => {
    if (why === undefined) keptRows.push(record)
    else rejections.push({ ...why, record })
  }
  return { ...(await filterFile(file(rows), { threshold: 0.85, onDecision, ...options })), keptRows, rejections }
}

// Seven words, one of them changed: ROUGE-L F = 6/7 = 0.857. Eight words, two changed: 6/8 = 0.75. Punctuation and case do not count.
const base = 'name three long rivers of northern Spain'
const oneOfSeven = 'Name three long rivers of southern Spain!'
const two = ['sort these seven words by their second letter', 'sort these seven numbers by their second digit']

describe('filterFile', () => {
  it('warns when the tokenizer does not see most of the texts, and finds their near-duplicates with the one that does', async () => {
    const chinese = ['请把下面的句子翻译成英文', '请把下面的句子翻译成法文', '请把下面的句子翻译成英文']
    const blind = await filter(rowsOf(...chinese))
    expect([blind.kept, blind.warnings]).toEqual([3, [expect.stringContaining('3 of 3 texts (100.0 %)')]])
    const seeing = await filter(rowsOf(...chinese), { tokenizer: 'unicode', threshold: 0.7 })
    expect([seeing.kept, seeing.warnings]).toEqual([1, []])
    expect((await filter(rowsOf(...Array.from({ length: 200 }, (_, i) => `name river number ${i}`), chinese[0]!))).warnings).toEqual([])
  })

  it('rejects what is more similar than the threshold to a row kept before it, and says to which', async () => {
    const { read, kept, rejected, rejections } = await filter(rowsOf(base, ...two, oneOfSeven))
    expect({ read, kept, rejected }).toEqual({ read: 4, kept: 3, rejected: { similar: 1, heuristic: 0, malformed: 0 } })
    expect(rejections).toEqual([{ reason: 'similar', detail: '', nearest: '1', score: 6 / 7, record: { instruction: oneOfSeven, output: 'x' } }])
  })

  it('0.85 and 0.7 differ exactly in the pairs between them; at the threshold itself a row is kept', async () => {
    const rows = rowsOf(base, ...two, oneOfSeven)
    const keptAt = async (threshold: number): Promise<number> => (await filter(rows, { threshold })).kept
    expect([await keptAt(0.85), await keptAt(0.7), await keptAt(0.75), await keptAt(1), await keptAt(0)]).toEqual([3, 2, 3, 4, 2])
  })

  it('compares with kept rows only: a rejected one blocks nothing', async () => {
    const [far] = rowsOf('rank three long rivers of southern France') // 4/7 to the first row, 5/7 to the rejected second
    expect((await filter([...rowsOf(base, oneOfSeven), far], { threshold: 0.7 })).keptRows).toEqual([...rowsOf(base), far])
  })

  it('reads Alpaca, Self-Instruct and messages records, and leaves each as it is', async () => {
    const rows = [
      { instruction: 'Count the vowels.', input: 'tree', output: '2', extra: { kept: true } },
      { id: 's', instruction: 'Name a colour.', instances: [{ input: '', output: 'red' }] },
      {
        messages: [
          { role: 'user', content: 'Say hello.' },
          { role: 'assistant', content: 'Hello' },
        ],
      },
    ]
    expect((await filter(rows)).keptRows).toEqual(rows)
  })

  it('compares another field when told to', async () => {
    const rows = [{ question: base, instruction: 'a' }, { question: oneOfSeven, instruction: 'b' }, { instruction: 'c' }]
    expect(await filter(rows, { field: 'question' })).toMatchObject({ kept: 1, rejected: { similar: 1, malformed: 1 } })
  })

  it('knows the rows of another file, names them as such, and never puts them out', async () => {
    const against = file(rowsOf('nothing like it', base))
    const { keptRows, rejections } = await filter(rowsOf(oneOfSeven, 'sing'), { against })
    expect(keptRows).toEqual(rowsOf('sing'))
    expect(rejections).toMatchObject([{ nearest: 'against:2' }])
  })

  it('applies named rules before similarity', async () => {
    const { rejected, rejections } = await filter(rowsOf('Draw a picture of a red house', base), { heuristics: 'alpaca' })
    expect(rejected).toMatchObject({ heuristic: 1, similar: 0 })
    expect(rejections).toMatchObject([{ reason: 'heuristic', detail: expect.stringMatching(/./), nearest: null, score: null }])
  })

  it('counts and names broken rows by line and goes on', async () => {
    const { read, kept, rejected, issues } = await filter(['{broken', '', 'null', '[1]', '7', { output: 'x' }, { instruction: null }, ...rowsOf(base)])
    expect({ read, kept, malformed: rejected.malformed }).toEqual({ read: 7, kept: 1, malformed: 6 })
    expect(issues.map(({ path, message }) => `${path.split(':').at(-1)}: ${message}`)).toEqual([
      expect.stringMatching(/^1: not valid JSON/),
      '3: expected an object, got null',
      '4: expected an object, got an array',
      '5: expected an object, got number',
      '6: expected a text in “instruction”, got nothing',
      '7: expected a text in “instruction”, got null',
    ])
  })

  it('stops at the first broken row when strict', async () => {
    const error = await filter([...rowsOf(base), '{broken', '{broken'], { strict: true }).catch((thrown: unknown) => thrown)
    expect(SediError.is(error, 'invalid-input')).toBe(true)
    expect((error as SediError).issues).toEqual([expect.objectContaining({ path: expect.stringMatching(/:2$/) })])
  })

  it('awaits each decision before the next row', async () => {
    const order: string[] = []
    const onDecision = async (record: object): Promise<void> => {
      const { instruction } = record as { instruction: string }
      order.push(`begin ${instruction}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
      order.push(`end ${instruction}`)
    }
    await filter(rowsOf('one', 'two'), { onDecision })
    expect(order).toEqual(['begin one', 'end one', 'begin two', 'end two'])
  })

  it.each([
    [{ threshold: 1.01 }, 'invalid-config'],
    [{ threshold: Number.NaN }, 'invalid-config'],
    [{ heuristics: 'strictest' }, 'invalid-config'],
    [{ against: 'nowhere.jsonl' }, 'not-found'],
  ])('refuses %j before the first row', async (options, code) => {
    const decided: object[] = []
    await expect(filter(rowsOf(base), { ...options, onDecision: async (record) => void decided.push(record) })).rejects.toMatchObject({ code })
    expect(decided).toEqual([])
  })
})

describe('checks on a file', () => {
  const rows = [
    { instruction: 'Name three rivers of Spain.', input: '', output: 'Ebro, Tajo, Duero' },
    { instruction: 'Extract the address from the letter.', input: 'Write to jane@acme.com.', output: 'It is in the input.' },
    { instruction: 'Tell me how tall the tower is.', input: '', output: 'I’m sorry, but I cannot help with that.' },
    { instruction: 'Which gas do plants take in for photosynthesis?', input: '', output: 'Carbon dioxide' },
    { instruction: 'Repeat the word that you see.', input: 'word', output: 'word' },
  ]
  const quiz = [{ question: 'Which gas do plants take in for photosynthesis?' }]

  it('reject with the check’s name, count each check, and show the words in common', async () => {
    const decisions: (Rejection | undefined)[] = []
    const result = await filterFile(file(rows), {
      threshold: 0.85,
      checks: ['pii', 'refusal'],
      benchmarks: [file(quiz)],
      heuristics: 'self-instruct',
      onDecision: async (_, why) => void decisions.push(why),
    })
    expect(result.rejected).toEqual({ similar: 0, heuristic: 1, check: 2, contaminated: 1, malformed: 0 })
    expect(result.checks).toEqual({ contamination: 1, pii: 1, refusal: 1 })
    expect(decisions.map((why) => why && [why.reason, why.detail])).toEqual([
      undefined,
      ['check', 'pii: an e-mail address in the input'],
      ['check', 'refusal: the output is a refusal'],
      [
        'contaminated',
        expect.stringMatching(
          /^contamination: 8 words in a row of \d+\.jsonl:1 in the instruction \(100 % of the question\): “Which gas do plants take in for photosynthesis”$/,
        ),
      ],
      ['heuristic', 'copied input: the output repeats the input'],
    ])
  })

  it('change nothing when not asked for', async () => {
    const result = await filterFile(file(rows), { threshold: 0.85 })
    expect([result.kept, result.rejected, result.checks]).toEqual([5, { similar: 0, heuristic: 0, malformed: 0 }, undefined])
  })

  it.each([
    [['pi'], /expected some of garbled, pii, placeholder, refusal; got pi/],
    [['contamination'], /--against-benchmark/],
    [['prompt-leak'], /the prompt it was written from/],
    [['moderation'], /asks a service/],
  ])('refuse %j', async (checks, message) => {
    await expect(filterFile(file(rows), { threshold: 0.85, checks })).rejects.toThrow(message)
  })
})
