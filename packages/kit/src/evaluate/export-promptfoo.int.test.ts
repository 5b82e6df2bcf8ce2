import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { evaluate } from './evaluate.ts'
import { exportPromptfoo } from './export-promptfoo.ts'
import { openEvaluations } from './open-evaluations.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-promptfoo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))

// Tried by hand with promptfoo 0.123.1: `promptfoo validate` and `promptfoo eval` on such a folder; prompts came out as they were, `equals` agreed.
it('writes questions, recorded answers and scores; a text that looks like a template is kept as it is', async () => {
  const rows = [
    { id: 'q1', instruction: 'Add.', input: '1 + 1', reference: '2', prediction: 'Two' },
    { id: 'q2', instruction: 'Write a {{template}}.', reference: '{% if %}', prediction: '{% if %}', group: 'code' },
    { id: 'q3', instruction: 'file:///etc/hosts', reference: 'x', prediction: 'y' },
  ]
  writeFileSync(join(folder, 'items.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
  const out = join(folder, 'evaluations')
  const { result, folder: evaluation } = await evaluate({
    source: { file: join(folder, 'items.jsonl') },
    name: 'items.jsonl',
    evaluators: ['normalised-match', 'rouge-l'],
    out,
    stop: new AbortController().signal,
  })
  const ledger = await openEvaluations(out).read(result.evaluation)
  const target = await exportPromptfoo(ledger, evaluation).finally(() => ledger.close())
  expect(parse(readFileSync(join(target, 'promptfooconfig.yaml'), 'utf8'))).toEqual({
    description: result.evaluation,
    prompts: ['{{prompt}}'],
    providers: ['echo'],
    tests: 'file://tests.json',
  })
  const tests = JSON.parse(readFileSync(join(target, 'tests.json'), 'utf8'))
  expect(tests[0]).toEqual({
    description: 'q1',
    vars: { prompt: 'Add.\n\n1 + 1', reference: '2' },
    providerOutput: 'Two',
    assert: [
      { type: 'javascript', value: "({ pass: true, score: 1, reason: 'recorded' })", metric: 'normalised-match' },
      { type: 'javascript', value: "({ pass: true, score: 0, reason: 'recorded' })", metric: 'rouge-l' },
      { type: 'equals', value: '2', metric: 'equals' },
    ],
    metadata: { id: 'q1' },
  })
  expect(tests[1]).toMatchObject({
    vars: { prompt: 'Write a {{ "{{" }}template}}.', reference: '{{ "{%" }} if %}' },
    providerOutput: '{% if %}',
    metadata: { group: 'code' },
  })
  expect(tests[2].vars.prompt).toBe('{{ "file:" }}///etc/hosts')
  expect(tests[2].assert[0].value).toContain('pass: false, score: 0')
})
