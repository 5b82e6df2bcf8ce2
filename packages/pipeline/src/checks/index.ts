export { type BenchmarkItem, type Check, type CheckContext, type CheckResources, fieldNames } from './check.ts'
export { checks } from './registry.gen.ts'
export { type CheckModes, type CheckOutcome, type Checks, createChecks } from './run-checks.ts'
