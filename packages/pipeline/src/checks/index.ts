export type { BenchmarkItem, Check, CheckContext } from './check.ts'
export { checks } from './registry.gen.ts'
export { type CheckModes, type CheckOutcome, type Checks, createChecks } from './run-checks.ts'
