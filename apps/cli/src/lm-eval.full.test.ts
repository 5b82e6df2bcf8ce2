import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { lmEvalPython } from './fixtures/lm-eval-environment.ts'
import { sedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeConfig, writeJsonLines } from './fixtures/test-folder.ts'

// The real lm_eval 0.4.13, on tasks of our own: nothing is downloaded. `npm run test:full` makes the trainer's environment first; this makes the other.
let lmEval: string
beforeAll(() => {
  lmEval = lmEvalPython()
}, 1_200_000)

const offline = { HF_HUB_OFFLINE: '1', HF_DATASETS_OFFLINE: '1', TRANSFORMERS_OFFLINE: '1' }
const words = ['sun', 'rain', 'river', 'stone', 'cloud', 'field', 'house', 'night', 'bread', 'glass', 'paper', 'wheel']

/** Task files for lm_eval and the same questions for us. */
function layOutTasks(folder: string): void {
  mkdirSync(join(folder, 'tasks'))
  const choices = words.map((word, i) => ({
    id: `c${i}`,
    // No space at its end: lm_eval would count that to each option.
    instruction: `Which is number ${i}? Answer:`,
    choices: [`${word} and ${words[(i + 5) % 12]}`, words[(i + 3) % 12]!, words[(i + 7) % 12]!],
    answer: (5 * i) % 3,
  }))
  writeJsonLines(join(folder, 'tasks', 'choices.jsonl'), choices)
  writeJsonLines(
    join(folder, 'choices.jsonl'),
    choices.map(({ answer, ...item }) => ({ ...item, reference: item.choices[answer] })),
  )
  writeJsonLines(
    join(folder, 'tasks', 'closed.jsonl'),
    words.slice(0, 4).map((word, i) => ({ id: `q${i}`, instruction: `Say ${word} twice.`, reference: `${word} ${word}` })),
  )
  const data = (name: string) => `dataset_path: json\ndataset_kwargs:\n  data_files:\n    test: ${join(folder, 'tasks', name)}\ntest_split: test\n`
  writeFileSync(
    join(folder, 'tasks', 'choices.yaml'),
    `task: sedi_choices\n${data('choices.jsonl')}output_type: multiple_choice\ndoc_to_text: "{{instruction}}"\ndoc_to_choice: "{{choices}}"\ndoc_to_target: "{{answer}}"\ntarget_delimiter: ""\nmetric_list:\n  - metric: acc\n  - metric: acc_norm\n`,
  )
  writeFileSync(
    join(folder, 'tasks', 'closed.yaml'),
    `task: sedi_closed\n${data('closed.jsonl')}output_type: generate_until\ndoc_to_text: "{{instruction}}"\ndoc_to_target: "{{reference}}"\ngeneration_kwargs:\n  until: ["\\n"]\n  max_gen_toks: 8\nmetric_list:\n  - metric: exact_match\n`,
  )
}

const run = async (folder: string): Promise<string> => {
  const finished = await sedi(['run', '--json'], { cwd: folder })
  expect([finished.code, finished.stderr]).toEqual([0, expect.any(String)])
  return (JSON.parse(finished.stdout) as { run: string }).run
}

const small = { generator: { id: 'simulated' }, target: { calls: 4 }, rounds: 1, batches: { size: 8 }, seedPolicy: { rule: 'fixed' } }

type Evaluated = {
  readonly evaluation: string
  readonly folder: string
  readonly measured: readonly { readonly evaluator: string; readonly mean: number; readonly scored: number }[]
}

function scoresOf({ folder }: Evaluated): Map<string, number> {
  const rows = readFileSync(join(folder, 'scores.jsonl'), 'utf8').trim().split('\n')
  return new Map(
    rows.map((line) => JSON.parse(line) as { id: string; evaluator: string; value: number }).map(({ id, evaluator, value }) => [`${evaluator} ${id}`, value]),
  )
}

it('weights of a run: acc and acc_norm of lm_eval are ours, item by item', { timeout: 1_200_000 }, async () => {
  const folder = testFolder()
  layOutTasks(folder)
  const python = join(process.env.SEDI_PYTHON_ENV ?? '', 'bin', 'python')
  const tiny = fileURLToPath(new URL('../../../packages/trainers/python/tests', import.meta.url))
  execFileSync(
    python,
    [
      '-c',
      'import sys, pathlib; sys.path.insert(0, sys.argv[1]); from tiny import make_model; make_model(pathlib.Path(sys.argv[2]))',
      tiny,
      join(folder, 'base'),
    ],
    { stdio: 'ignore' },
  )
  writeConfig(folder, {
    ...small,
    trainer: { id: 'python', baseModel: './base', method: 'lora', precision: 'fp32', rowsPerDevice: 4, chatTemplate: 'plain' },
    training: { stepsPerRound: 3, learningRate: 0.01, maxLength: 256 },
  })
  const id = await run(folder)
  const harness = ['evaluate', id, '--harness', 'sedi_choices', '--harness-tasks', 'tasks', '--harness-python', lmEval, '--json']
  const theirs = await sedi(harness, { cwd: folder, env: offline })
  expect([theirs.code, theirs.stderr]).toEqual([0, expect.stringContaining("'peft'")])
  const ours = await sedi(['evaluate', id, '--held-out', 'choices.jsonl', '--evaluator', 'multiple-choice', '--evaluator', 'multiple-choice-norm', '--json'], {
    cwd: folder,
  })
  expect(ours.code).toBe(0)
  const [a, b] = [JSON.parse(theirs.stdout) as Evaluated, JSON.parse(ours.stdout) as Evaluated]
  expect(a.measured.map(({ evaluator, scored }) => [evaluator, scored])).toEqual([
    ['lm-eval/sedi_choices/acc', 12],
    ['lm-eval/sedi_choices/acc_norm', 12],
  ])
  const [theirScores, ourScores] = [scoresOf(a), scoresOf(b)]
  for (let i = 0; i < words.length; i++) {
    expect([i, ourScores.get(`multiple-choice c${i}`)]).toEqual([i, theirScores.get(`lm-eval/sedi_choices/acc sedi_choices/c${i}`)])
    expect([i, ourScores.get(`multiple-choice-norm c${i}`)]).toEqual([i, theirScores.get(`lm-eval/sedi_choices/acc_norm sedi_choices/c${i}`)])
  }
  expect(a.measured.map(({ mean }) => mean)).toEqual(b.measured.map(({ mean }) => expect.closeTo(mean, 12)))
  // Once is enough, and what it left compares like any other evaluation.
  const again = await sedi([...harness, '--compare-with', a.evaluation], { cwd: folder, env: offline })
  expect(again.stderr).toBe('')
  expect(JSON.parse(again.stdout).compared[0]).toMatchObject({ evaluator: 'lm-eval/sedi_choices/acc', difference: { mean: 0, n: 12 } })
})

it('a model without such weights is served: lm_eval asks it over HTTP; likelihoods it cannot have', { timeout: 600_000 }, async () => {
  const folder = testFolder()
  layOutTasks(folder)
  writeConfig(folder, { ...small, trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 }, training: { stepsPerRound: 2, maxLength: 64 } })
  const id = await run(folder)
  const asked = await sedi(['evaluate', id, '--harness', 'sedi_closed', '--harness-tasks', 'tasks', '--harness-python', lmEval, '--json'], {
    cwd: folder,
    env: offline,
  })
  expect([asked.code, asked.stderr]).toEqual([0, expect.stringContaining('local-chat-completions')])
  expect(JSON.parse(asked.stdout)).toMatchObject({ state: 'done', items: 4, measured: [{ evaluator: 'lm-eval/sedi_closed/exact_match', scored: 4 }] })

  const likelihood = await sedi(['evaluate', id, '--harness', 'mmlu', '--harness-python', lmEval], { cwd: folder, env: offline })
  expect([likelihood.code, likelihood.stderr]).toEqual([2, expect.stringContaining('does not tell')])
  const absent = await sedi(['evaluate', id, '--harness', 'sedi_closed', '--harness-python', '/no/python'], { cwd: folder })
  expect([absent.code, absent.stderr]).toEqual([2, expect.stringContaining('lm-eval.lock')])
  const unknown = await sedi(['evaluate', id, '--harness', 'no_such_task', '--harness-python', lmEval], { cwd: folder, env: offline })
  expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('lm_eval failed')])
})
