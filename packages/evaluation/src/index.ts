export { loadVerbNounParser, type VerbNoun, type VerbNounParser } from './diversity/root-verb-noun.ts'
export { type VerbNounProfile, verbNounProfile } from './diversity/verb-noun-profile.ts'
export { evaluators } from './evaluators/registry.gen.ts'
export { type Interval, wilsonInterval } from './statistics/wilson-interval.ts'
