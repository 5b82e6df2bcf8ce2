import { type JudgeIdentity, judgePromptHash } from '@sedi/evaluation'
import { sha256 } from '@sedi/pipeline'
import { canonicalJson, type Evaluator, type HeldOutFact, type ModelRef, type RunFact } from '@sedi/spec'
import { type EvaluationItem, hashOfItems } from './items.ts'
import { type AskedModel, settingsOf } from './model-file.ts'

/** Whose answers, in an evaluation's ledger. */
export type Answerer =
  | { readonly kind: 'recorded' }
  | { readonly kind: 'generator'; readonly provider: string; readonly model: string; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly kind: 'run'; readonly run: string; readonly model: ModelRef | null; readonly maxAnswerTokens: number }

/** What an evaluation's `run` fact says: it stands where a run has its configuration. */
export type EvaluationConfig = {
  readonly recipe: 'evaluation'
  readonly name: string
  readonly evaluators: readonly string[]
  readonly answers: Answerer
  readonly judge: JudgeIdentity | null
  /** Of the answers that a judge compares with: null for the references. */
  readonly against: string | null
  /** Of items, right answers, recorded answers and what they are compared with. */
  readonly itemsHash: string
  /** Of what a judge compares with alone. */
  readonly baselinesHash: string | null
}

export type EvaluationDescription = {
  readonly config: EvaluationConfig & RunFact['config']
  readonly fingerprint: string
  readonly folderName: string
  readonly items: readonly HeldOutFact[]
}

export type Described = {
  readonly name: string
  readonly items: readonly EvaluationItem[]
  readonly evaluators: readonly Evaluator[]
  readonly judge: AskedModel | undefined
  readonly generator: AskedModel | undefined
  readonly model: { readonly run: string; readonly model: ModelRef | undefined; readonly maxAnswerTokens: number } | undefined
  readonly against: string | null
}

/** Puts down what is evaluated and how. Where files lie, what they are called and what things cost is no part of the fingerprint. */
export function describeEvaluation({ name, items, evaluators, judge, generator, model, against }: Described): EvaluationDescription {
  const config: EvaluationConfig = {
    recipe: 'evaluation',
    name,
    evaluators: evaluators.map(({ id }) => id),
    answers: answererOf(generator, model),
    judge: judge === undefined ? null : { ...identityOf(judge), promptHash: judgePromptHash },
    against,
    itemsHash: hashOfItems(items),
    baselinesHash: judge === undefined ? null : sha256(canonicalJson(items.map(({ id, baseline }) => [id, baseline]))),
  }
  const { name: _, against: _file, ...results } = config
  const fingerprint = sha256(canonicalJson(results))
  return { config, fingerprint, folderName: folderNameOf(name, fingerprint), items: items.map(heldOutFact) }
}

function answererOf(generator: AskedModel | undefined, model: Described['model']): Answerer {
  if (model !== undefined) return { kind: 'run', run: model.run, model: model.model ?? null, maxAnswerTokens: model.maxAnswerTokens }
  return generator === undefined ? { kind: 'recorded' } : { kind: 'generator', ...identityOf(generator) }
}

function identityOf(asked: AskedModel) {
  const { id: provider, model = provider } = asked.generator
  return { provider, model, settings: settingsOf(asked) }
}

/** Readable, and another one for anything that changes results. */
function folderNameOf(name: string, fingerprint: string): string {
  const file = name
    .split(/[/\\]/)
    .at(-1)!
    .replace(/\.\w+$/, '')
  return `${file.replace(/[^\w.-]+/g, '-').slice(0, 60) || 'evaluation'}-${fingerprint.slice(0, 10)}`
}

const heldOutFact = ({ id: itemId, instruction, input, references, group }: EvaluationItem): HeldOutFact => ({
  kind: 'held-out',
  itemId,
  instruction,
  input,
  reference: references[0] ?? '',
  group,
})
