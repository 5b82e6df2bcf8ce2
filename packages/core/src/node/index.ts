export { filterInParallel, type ParallelFilterOptions, type ParallelFilterResult } from './filter-in-parallel.ts'
