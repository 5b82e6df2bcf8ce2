export {
  type TuningEndpoint,
  type TuningFault,
  type TuningScenario,
  tuningScenarios,
} from './fake-fine-tuning/scenarios.ts'
export { type FakeFineTuning, type FakeFineTuningOptions, startFakeFineTuning, type TuningBook } from './fake-fine-tuning/start-fake-fine-tuning.ts'
export type { HubFault } from './fake-hub/faults.ts'
export type { HubJob, Machine, MachineProgram } from './fake-hub/jobs.ts'
export { type FakeHub, type FakeHubOptions, type HubEntry, startFakeHub } from './fake-hub/start-fake-hub.ts'
export type { Batches, BatchOptions } from './fake-provider/batches/batch-endpoints.ts'
export { type BatchEndpoint, type BatchScenario, batchScenarios, type EndpointFault } from './fake-provider/batches/scenarios.ts'
export type { Plan, RandomFaults, Rule } from './fake-provider/fault-plan.ts'
export type { ExpectedAnswer, ExpectedFailure, Fault } from './fake-provider/faults/fault.ts'
export { type FaultKind, faultGroups, faultKinds, faultsOf, unicodeText } from './fake-provider/faults.ts'
export { type ImitationId, imitationIds, listImitations } from './fake-provider/list-imitations.ts'
export { models } from './fake-provider/models.ts'
export { flaggedWords } from './fake-provider/moderate.ts'
export type { RateLimitOptions } from './fake-provider/rate-limits.ts'
export { type Book, type BookEntry, readBook } from './fake-provider/read-book.ts'
export { type RunFakeProviderOptions, runFakeProvider } from './fake-provider/run-fake-provider.ts'
export { type FakeProvider, type FakeProviderOptions, startFakeProvider } from './fake-provider/start-fake-provider.ts'
export { type TogetherEndpoint, type TogetherFault, type TogetherScenario, togetherScenarios } from './fake-together/scenarios.ts'
export { type FakeTogether, type FakeTogetherOptions, startFakeTogether, type TogetherBook } from './fake-together/start-fake-together.ts'
export { type RayHead, type RayHeadOptions, startRayHead } from './ray-head.ts'
export { type Direction, type Link, startLink, type Verdict } from './start-link.ts'
export { type PostgresServer, startPostgres } from './start-postgres.ts'
