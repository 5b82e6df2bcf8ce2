export { type Comparison, comparisonSchema } from './comparison.ts'
export { type InstructionDetail, instructionSchema } from './instruction.ts'
export { type Lineage, lineageSchema } from './lineage.ts'
export { type DiversityMap, mapSchema } from './map.ts'
export { type Overview, overviewSchema } from './overview.ts'
export { type Row, type Rows, rowSchema, rowsSchema } from './rows.ts'
export {
  type RunDetail,
  type RunList,
  type RunReportAnswer,
  type RunSummaryAnswer,
  runDetailSchema,
  runListSchema,
  runReportSchema,
  runSummarySchema,
} from './runs.ts'
export type { SeedEntry, SeedFigures, SeedRound, SeedStory } from './seed-story.ts'
export { type Thresholds, thresholdsSchema } from './thresholds.ts'
export { type Training, trainingSchema } from './training.ts'
export { type TrainingBatch, trainingBatchSchema } from './training-batch.ts'
