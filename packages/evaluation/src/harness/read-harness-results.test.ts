import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SediError } from '@sedi/spec'
import { afterAll, describe, expect, it } from 'vitest'
import { harnessArguments } from './harness-arguments.ts'
import { readHarnessResults } from './read-harness-results.ts'
import { harnessRecipes } from './recipes.ts'

// Written by lm_eval 0.4.13 itself (a model of random weights, two tasks of our own); hashes, raw responses and its configuration are left out.
const recorded = fileURLToPath(new URL('../fixtures/lm-eval', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'sedi-harness-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const codeOf = (work: () => unknown): string => {
  try {
    work()
    return 'none'
  } catch (error) {
    return SediError.is(error) ? error.code : String(error)
  }
}

/** A copy, in which a change is made to the file of a name. */
function changed(name: RegExp, change: (text: string) => string): string {
  const folder = mkdtempSync(join(root, 'copy-'))
  cpSync(recorded, folder, { recursive: true })
  const file = readdirSync(join(folder, 'tiny')).find((one) => name.test(one))!
  writeFileSync(join(folder, 'tiny', file), change(readFileSync(join(folder, 'tiny', file), 'utf8')))
  return folder
}

describe('results of lm_eval', () => {
  it('are read: metrics of each task, and a score for each question and metric, whose mean is the metric', () => {
    const { metrics, scores, items } = readHarnessResults(recorded)
    expect(metrics).toEqual([
      { task: 'sedi_capitals', metric: 'acc', value: 0.375, standardError: 0.10094660663590604, higherIsBetter: true },
      { task: 'sedi_capitals', metric: 'acc_norm', value: 0.20833333333333334, standardError: 0.08468112965594378, higherIsBetter: true },
      { task: 'sedi_closed', metric: 'exact_match', value: 0, standardError: 0, higherIsBetter: true },
    ])
    expect(items).toHaveLength(24 + 12)
    expect(items[0]).toEqual({ task: 'sedi_capitals', itemId: 'c0', prompt: 'Which of these is number 0? Answer: ', target: '0', answer: null })
    for (const { task, metric, value } of metrics) {
      const own = scores.filter((score) => score.task === task && score.metric === metric)
      expect(own.reduce((sum, score) => sum + score.value, 0) / own.length).toBeCloseTo(value, 12)
    }
  })

  it('with lists of verdicts, as IFEval has them, count the share that is true; filters keep metrics apart', () => {
    const lists = readHarnessResults(
      changed(/samples_sedi_closed/, (text) => text.replaceAll('"exact_match": 0.0', '"exact_match": [true, false, true, true]')),
    )
    expect(lists.scores.filter(({ metric }) => metric === 'exact_match').every(({ value }) => value === 0.75)).toBe(true)
    const filtered = readHarnessResults(changed(/samples_sedi_closed/, (text) => `${text}${text.replaceAll('"filter": "none"', '"filter": "flexible"')}`))
    expect(filtered.items).toHaveLength(36)
    expect(filtered.scores.filter(({ metric }) => metric === 'exact_match,flexible')).toHaveLength(12)
  })

  it('that are not there, cut off or no numbers are errors, not scores', () => {
    expect(codeOf(() => readHarnessResults(join(root, 'nowhere')))).toBe('not-found')
    expect(codeOf(() => readHarnessResults(changed(/results_/, (text) => text.slice(0, 100))))).toBe('invalid-input')
    expect(codeOf(() => readHarnessResults(changed(/samples_sedi_closed/, (text) => text.slice(0, -40))))).toBe('invalid-input')
    expect(codeOf(() => readHarnessResults(changed(/samples_sedi_closed/, (text) => text.replace('"exact_match": 0.0', '"exact_match": NaN'))))).toBe(
      'invalid-input',
    )
    expect(codeOf(() => readHarnessResults(changed(/samples_sedi_closed/, (text) => text.replace('"exact_match": 0.0', '"exact_match": null'))))).toBe(
      'invalid-input',
    )
  })
})

describe('arguments for lm_eval', () => {
  const endpoint = { kind: 'endpoint', url: 'http://127.0.0.1:8000/v1', model: 'm' } as const

  it('of a recipe, for an endpoint and for weights with an adapter', () => {
    expect(harnessArguments({ benchmark: 'ifeval', model: endpoint, out: 'out', limit: 5 }).join(' ')).toBe(
      'run --tasks ifeval --model local-chat-completions --model_args model=m,base_url=http://127.0.0.1:8000/v1/chat/completions,num_concurrent=1,max_retries=3,tokenized_requests=False --batch_size 1 --apply_chat_template --limit 5 --seed 1 --output_path out --log_samples',
    )
    expect(harnessArguments({ benchmark: 'mmlu', model: { kind: 'huggingface', base: 'base', adapter: 'r01/model' }, out: 'out' }).join(' ')).toBe(
      'run --tasks mmlu --model hf --model_args pretrained=base,peft=r01/model --batch_size 8 --num_fewshot 5 --seed 1 --output_path out --log_samples',
    )
  })

  it('of benchmarks that need likelihoods are refused for an endpoint, and so are paths that lm_eval would cut', () => {
    const likelihood = Object.entries(harnessRecipes).filter(([, { needs }]) => needs === 'likelihood')
    expect(likelihood.length).toBeGreaterThan(0)
    for (const [benchmark] of likelihood) expect(codeOf(() => harnessArguments({ benchmark, model: endpoint, out: 'out' }))).toBe('unsupported')
    expect(codeOf(() => harnessArguments({ benchmark: 'mmlu', model: { kind: 'huggingface', base: 'a,b' }, out: 'out' }))).toBe('unsupported')
  })
})
