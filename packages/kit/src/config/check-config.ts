import { type EmbedderDefinition, embedders, providers } from '@sedi/generators'
import { maskRule, type PromptStrategy, policyOf, signalFor, strategies } from '@sedi/pipeline'
import type { Issue, RunConfig } from '@sedi/spec'
import { isStoreAddress, publicStoreAddress } from '@sedi/store'
import { trainerCapabilities } from '@sedi/trainers'
import { builtInSeedNames, isBuiltIn } from '../inputs/built-in-seeds.ts'

/** What the schema cannot say: keys that are right alone and wrong together. Each issue says what to do. */
export function checkConfig(config: RunConfig): Issue[] {
  const issues: Issue[] = []
  const report = (path: string, message: string): void => {
    issues.push({ path, code: 'does-not-fit', message })
  }
  const provider = providers[config.generator.id as keyof typeof providers]
  const can = trainerCapabilities(config.trainer)

  if (provider.needsModel && config.generator.model === undefined) report('generator.model', `the provider “${provider.id}” needs the name of a model`)
  if (config.generator.price === undefined) {
    if (config.budget.maxCostUsd !== undefined)
      report('budget.maxCostUsd', 'a budget in dollars cannot be held at an unknown price; set generator.price, or budget.maxTokens instead')
    if (config.target.costUsd !== undefined) report('target.costUsd', 'cost cannot be counted at an unknown price; set generator.price')
  }
  for (const [key, embedder] of boughtEmbedders(config)) {
    if (embedder.price === undefined && config.budget.maxCostUsd !== undefined)
      report(`${key}.price`, `“${embedder.id}” may charge, and a budget in dollars cannot be held at an unknown price; set it, or budget.maxTokens instead`)
  }
  const strategy: PromptStrategy = strategies[config.prompt.strategy as keyof typeof strategies]
  if (!strategy.formats.includes(config.prompt.format))
    report('prompt.format', `the strategy “${strategy.id}” is read as ${strategy.formats.join(' or ')} only; got ${config.prompt.format}`)
  if (!isStoreAddress(config.store))
    report('store', `“${publicStoreAddress(config.store)}” is not supported; expected a folder, or an address like postgres://host/database`)
  if (config.evaluation.evaluators.length > 0) {
    if (config.evaluation.heldOut === undefined) report('evaluation.heldOut', 'evaluators need a test set')
    if (can === undefined) report('evaluation.evaluators', 'without a trainer there is no student to evaluate; remove the evaluators or choose a trainer')
    else if (!can.serves) report('evaluation.evaluators', `the trainer “${config.trainer.id}” cannot open the model it trained`)
  }
  if (can !== undefined && policyOf(config).needs.signal && signalFor(config, can) === undefined) {
    const { signal } = config.feedback
    const problem =
      signal === 'auto' || signal === 'ifd'
        ? `tells ${signal === 'auto' ? 'nothing of its steps' : 'no difficulty of examples'}; set feedback.scorer (a trainer with a model that scores examples)`
        : `tells not what “${signal}” needs; set feedback.signal: auto (the strongest that there is)`
    report('feedback.signal', `the trainer “${config.trainer.id}” ${problem}, or seedPolicy.rule: fixed`)
  }
  if (can !== undefined && policyOf(config).needs.gaps && !can.perExampleGap) {
    report('seedPolicy.rule', `“${config.seedPolicy.rule}” needs the gaps of examples, which the trainer “${config.trainer.id}” does not report`)
  }
  if (can !== undefined && policyOf(config).needs.losses && !can.perExampleLoss) {
    report('seedPolicy.rule', `“${config.seedPolicy.rule}” needs the losses of examples, which the trainer “${config.trainer.id}” does not report`)
  }
  const scorer = config.feedback.scorer === undefined ? undefined : trainerCapabilities(config.feedback.scorer)
  if (scorer?.serves === false) report('feedback.scorer', `the trainer “${config.feedback.scorer!.id}” cannot open a model`)
  if (can !== undefined && maskRule(config, can) !== 'none' && !can.masks) {
    report('training.mask', `the trainer “${config.trainer.id}” cannot leave rows out of the loss; set it to none`)
  }
  if (can !== undefined && maskRule(config, can) === 'gap' && config.training.maskClusterShare < 1 && !can.perExampleGap) {
    report('training.maskClusterShare', `below 1 needs the gaps of examples, which the trainer “${config.trainer.id}” does not report; set it to 1`)
  }
  if (can !== undefined && config.feedback.pick === 'hardest' && !can.perExampleLoss) {
    report('feedback.pick', `“hardest” needs per-example losses, which the trainer “${config.trainer.id}” does not report`)
  }
  if (config.filter.checks.moderation !== 'off' && config.moderator === undefined)
    report('moderator', 'the check “moderation” needs a moderation model; set moderator, or set filter.checks.moderation to off')
  if (config.filter.checks.contamination === 'off' && config.filter.benchmarks.length > 0)
    report('filter.checks.contamination', 'nothing looks for the benchmarks while it is off; set it to drop or flag, or remove filter.benchmarks')
  if (isBuiltIn(config.seeds) && !builtInSeedNames.includes(config.seeds))
    report('seeds', `expected ${builtInSeedNames.join(', ')}, or a file; got ${config.seeds}`)
  return issues
}

/** The embedders that may charge, by the key they stand under. */
function boughtEmbedders({ embedder, filter }: RunConfig): [key: string, embedder: RunConfig['embedder']][] {
  const named: [string, RunConfig['embedder'] | undefined][] = [
    ['embedder', embedder],
    ['filter.semantic.embedder', filter.semantic?.embedder],
  ]
  return named.flatMap(([key, one]) => {
    const definition = one === undefined ? undefined : (embedders[one.id as keyof typeof embedders] as unknown as EmbedderDefinition)
    return one !== undefined && definition?.bought === true ? [[key, one]] : []
  })
}
