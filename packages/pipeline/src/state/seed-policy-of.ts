import { type SeedPolicy, seedPolicies } from '@sedi/core'
import type { RunConfig } from '@sedi/spec'

export const policyOf = ({ seedPolicy }: Pick<RunConfig, 'seedPolicy'>): SeedPolicy => seedPolicies[seedPolicy.rule as keyof typeof seedPolicies]
