import { type EvalContext, type Evaluator, type Sample, type Score, SediError } from '@sedi/spec'
import { answerOf } from '../answers/answer-of.ts'
import { judgeQuestion } from '../judge/judge-prompt.ts'
import { lengthOf, preferenceOf } from '../judge/judgement.ts'
import { readVerdict } from '../judge/read-verdict.ts'

/** A verdict is a sentence and a word; judges that think need more, which the judge that is handed in may allow. */
const verdictTokens = 1024

/**
 * Whether a judge prefers the student's answer to the baseline's: 1, ½ (a tie) or 0. It is asked twice, with either answer first; where the
 * two verdicts disagree the item is a tie. Two answers that are the same text are a tie, and nobody is asked.
 * Source: MT-bench, Zheng 2023 (2306.05685).
 *
 * Length matters to judges: `lengthControlledWinRate` takes its effect out, over all items. Two questions for each item. Throws what
 * `readVerdict` throws when one of the two brings no verdict: half a judgement is none.
 */
export default {
  specVersion: 1,
  id: 'pairwise-judge',
  metric: { range: [0, 1], higherIsBetter: true, unit: 'win rate', source: 'MT-bench 2306.05685, both orders' },
  needs: { reference: false, generator: true, scorer: false, embedder: false, judge: true },
  async score(sample: Sample, context: EvalContext): Promise<Score> {
    const { judge, signal } = context
    if (judge === undefined) throw new SediError('unsupported', 'pairwise-judge needs a judge: a model that says which of two answers is better.')
    const { id, prompt, baseline } = sample
    if (baseline === undefined) throw new SediError('invalid-input', `pairwise-judge compares two answers; test item ${id} has none to compare with.`)
    const student = await answerOf(sample, context, 2048)
    const lengths = [lengthOf(student), lengthOf(baseline)]
    if (student === baseline) return { value: 0.5, prediction: student, details: { shownFirst: 'equal', shownSecond: 'equal', lengths } }
    const ask = (first: string, second: string, order: string) =>
      judge.generate({ ...judgeQuestion(prompt, first, second), maxOutputTokens: verdictTokens, temperature: 0 }, { signal, key: `${id}/${order}` })
    const [one, two] = await Promise.all([ask(student, baseline, 'student-first'), ask(baseline, student, 'student-second')])
    const verdicts = { shownFirst: readVerdict(id, one), shownSecond: readVerdict(id, two) }
    return { value: preferenceOf(verdicts), prediction: student, details: { ...verdicts, lengths } }
  },
} satisfies Evaluator
