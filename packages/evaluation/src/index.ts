export { evaluators } from './evaluators/registry.gen.ts'
export { type Interval, wilsonInterval } from './statistics/wilson-interval.ts'
