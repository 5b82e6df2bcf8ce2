import { providers } from '@sedi/generators'
import type { Issue, RunConfig } from '@sedi/spec'
import { trainers } from '@sedi/trainers'

/** What the schema cannot say: keys that are right alone and wrong together. Each issue says what to do. */
export function checkConfig(config: RunConfig): Issue[] {
  const issues: Issue[] = []
  const report = (path: string, message: string): void => {
    issues.push({ path, code: 'does-not-fit', message })
  }
  const provider = providers[config.generator.id as keyof typeof providers]
  const trainer = config.trainer.id === 'none' ? undefined : trainers[config.trainer.id as keyof typeof trainers]

  if (provider.needsModel && config.generator.model === undefined) report('generator.model', `the provider “${provider.id}” needs the name of a model`)
  if (config.generator.price === undefined) {
    if (config.budget.maxCostUsd !== undefined) report('budget.maxCostUsd', 'a budget cannot be held at an unknown price; set generator.price')
    if (config.target.costUsd !== undefined) report('target.costUsd', 'cost cannot be counted at an unknown price; set generator.price')
  }
  if (/^\w+:\/\//.test(config.store)) report('store', `“${config.store}” is not supported yet; expected a folder`)
  if (config.evaluation.evaluators.length > 0) {
    if (config.evaluation.heldOut === undefined) report('evaluation.heldOut', 'evaluators need a test set')
    if (trainer === undefined) report('evaluation.evaluators', 'without a trainer there is no student to evaluate; remove the evaluators or choose a trainer')
    else if (!trainer.capabilities.serves) report('evaluation.evaluators', `the trainer “${trainer.id}” cannot open the model it trained`)
  }
  if (trainer !== undefined && config.seedPolicy.rule === 'attractive' && !trainer.capabilities.perStepGradNorm) {
    report('feedback.signal', `the trainer “${trainer.id}” does not report gradient norms; set seedPolicy.rule to fixed`)
  }
  if (trainer !== undefined && config.feedback.pick === 'hardest' && !trainer.capabilities.perExampleLoss) {
    report('feedback.pick', `“hardest” needs per-example losses, which the trainer “${trainer.id}” does not report`)
  }
  return issues
}
