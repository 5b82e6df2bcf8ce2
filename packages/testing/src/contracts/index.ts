export { describeEmbedderContract, type EmbedderContract, type EmbedderTest } from './embedder.ts'
export { type Connection, createFakeProviderSubject, type FakeProviderSubject } from './fake-provider-subject.ts'
export { describeLedgerContract, type LedgerContract, type LedgerTest } from './ledger.ts'
export { answeredFact, attemptFact, callFact, candidateFact, failedFact, oneOfEach, runFact } from './ledger-facts.ts'
export { describeLimiterContract, type LimiterContract, type LimiterTest } from './limiter.ts'
export { describeSharedBudgetContract, type SharedBudgetContract, type SharedBudgetTest } from './shared-budget.ts'
export {
  describeTextGeneratorContract,
  type FaultTest,
  skipFaults,
  skipWireTests,
  type TextGeneratorContract,
  type TextGeneratorSubject,
  type TextGeneratorTest,
} from './text-generator.ts'
export { describeTrainerContract, type TrainerContract, type TrainerSubject, type TrainerTest, trainingSpec } from './trainer.ts'
