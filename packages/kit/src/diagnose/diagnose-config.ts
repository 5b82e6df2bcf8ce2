import { type CostEstimate, toUsd } from '@sedi/pipeline'
import { type RunConfig, SediError, type TextGenerator, toSediError } from '@sedi/spec'
import { createGenerator } from '../adapters.ts'
import { priceNote } from '../config/with-list-price.ts'
import { planRun, priceNotesOf } from '../runs/plan-run.ts'
import { type Finding, failed, ok, unknown, warning } from './finding.ts'
import { lookAtHelpers } from './look-at-helpers.ts'
import { describeModel } from './model-findings.ts'
import { probe } from './probe.ts'

export type DiagnoseOptions = {
  /** Also buys one short completion, which says what nobody can know otherwise: does it answer, count its tokens, keep to a schema. */
  readonly probe?: boolean | undefined
  /** Instead of the one the configuration names. */
  readonly generator?: TextGenerator | undefined
  readonly now?: number | undefined
}

/**
 * Looks at everything a run of this configuration needs before it buys anything: its inputs, the key, the model, its context, its end,
 * the price, the budget. Without `probe` nothing is bought. Never throws for what it finds.
 */
export async function diagnoseConfig(config: RunConfig, options: DiagnoseOptions = {}): Promise<Finding[]> {
  const findings: Finding[] = []
  const estimate = await lookAtInputs(config, findings)
  findings.push(...priceFindings(config, estimate))
  const generator = await lookAtKey(config, options, findings)
  if (generator === undefined) return findings
  try {
    findings.push(...(await describeModel(generator, { config, estimate, now: options.now ?? Date.now() })))
    const usable = findings.every(({ status }) => status !== 'failed')
    if (options.probe && usable) findings.push(...(await probe(generator, config)))
    else if (!options.probe) findings.push(unknown('answers', 'not tried: nothing is bought without --probe, which buys one short completion'))
    findings.push(...(await lookAtHelpers(config, { probe: options.probe === true && usable })))
  } finally {
    await generator.close?.()
  }
  return findings
}

async function lookAtInputs(config: RunConfig, findings: Finding[]): Promise<CostEstimate | undefined> {
  try {
    const { estimate, seeds, testItems, notes } = await planRun(config)
    findings.push(ok('seeds', `${seeds} in ${config.seeds}${testItems === 0 ? '' : `, ${testItems} test items`}`))
    const saidApart = new Set(priceNotesOf(config))
    findings.push(...notes.filter((note) => !saidApart.has(note)).map((note) => warning('note', note)))
    return estimate
  } catch (error) {
    findings.push(failed('seeds', toSediError(error).message))
    return undefined
  }
}

async function lookAtKey(config: RunConfig, { generator }: DiagnoseOptions, findings: Finding[]): Promise<TextGenerator | undefined> {
  try {
    return generator ?? (await createGenerator(config))
  } catch (thrown) {
    const error = toSediError(thrown)
    findings.push(failed(SediError.is(error, 'missing-dependency') ? 'package' : 'key', error.message))
    return undefined
  }
}

function priceFindings(config: RunConfig, estimate: CostEstimate | undefined): Finding[] {
  const { price } = config.generator
  const { maxTokens } = config.budget
  if (price === undefined) {
    const said = warning('price', 'unknown: dollars are not counted and cannot be capped. Set generator.price to what your bill says.')
    return maxTokens === undefined
      ? [said, warning('budget', 'none is set; with an unknown price, tokens can be capped (budget.maxTokens or --max-tokens)')]
      : [said, ok('budget', `pauses before ${maxTokens} tokens`)]
  }
  const figures = priceNote(config) ?? `$${price.inputPerMTokUsd} in and $${price.outputPerMTokUsd} out per million tokens, as configured.`
  const cap = config.budget.maxCostUsd
  const findings = [figures.includes('days ago') ? warning('price', figures) : ok('price', figures)]
  const worst = estimate?.worstCaseNanoUsd
  const total = worst === undefined || worst === null ? 'a total that is not known beforehand' : `at most $${toUsd(worst).toFixed(4)} in all`
  if (cap === undefined) return [...findings, warning('budget', `none is set (budget.maxCostUsd or --max-cost); the run may cost ${total}`)]
  const perRequest = estimate?.worstCaseNanoUsdPerRequest ?? null
  if (perRequest !== null && toUsd(perRequest) > cap) {
    return [...findings, failed('budget', `$${cap} does not cover one call, which may cost $${toUsd(perRequest).toFixed(6)}`)]
  }
  return [...findings, ok('budget', `pauses before $${cap}; the plan may cost ${total}`)]
}
