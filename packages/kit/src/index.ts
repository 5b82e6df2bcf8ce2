export { type Report, type ReportPart, reportHtml, reportMarkdown, reportText } from '@sedi/evaluation'
export type { Progress, RunEvent, RunOutcome } from '@sedi/pipeline'
export { type CheckModes, type CheckOutcome, checks, createChecks } from '@sedi/pipeline'
export { createRowWriter, type ImportResult, importLedgerFile, type RowWriter, withRowWriter, writeLedgerFile } from '@sedi/store'
export { fingerprintOf } from './config/fingerprint.ts'
export { configJsonSchema, type JsonSchema } from './config/json-schema.ts'
export { type ConfigOptions, loadConfig } from './config/load-config.ts'
export { filesNamedIn, type NamedFile } from './config/named-files.ts'
export { parseConfig, type RawConfig } from './config/parse-config.ts'
export { programsNamedIn } from './config/programs-named.ts'
export { runConfigSchema } from './config/run-config-schema.ts'
export { hubAccess, keysFound, keyVariables } from './credentials.ts'
export { type DiagnoseOptions, diagnoseConfig } from './diagnose/diagnose-config.ts'
export type { Finding } from './diagnose/finding.ts'
export { type ComparedEvaluations, compareEvaluations, type EvaluatorComparison } from './evaluate/compare.ts'
export {
  type EvaluateOptions,
  type EvaluationOutcome,
  type EvaluationPlan,
  type EvaluationProgress,
  type EvaluationSource,
  evaluate,
  evaluatorDescriptions,
  planEvaluation,
} from './evaluate/evaluate.ts'
export { exportPromptfoo } from './evaluate/export-promptfoo.ts'
export { evaluateWithHarness, type HarnessEvaluationOptions, type HarnessPlan, harnessBenchmarks, planHarness } from './evaluate/harness.ts'
export { type EvaluationItem, loadEvaluationItems } from './evaluate/items.ts'
export { type AskedModel, loadAskedModel } from './evaluate/model-file.ts'
export { openEvaluations } from './evaluate/open-evaluations.ts'
export { type EvaluationCost, type EvaluationResult, type Judged, type Measured, readEvaluation } from './evaluate/result.ts'
export { predictionsOf } from './evaluate/result-files.ts'
export { type BatchedInstructions, type BatchFigures, type BatchOptions, batchInstructions, type InstructionBatch } from './files/batch-instructions.ts'
export { type ExportedBatches, type ExportOptions, exportBatches, exporterNames } from './files/export-batches.ts'
export { type FileCheckOptions, fileCheckNames } from './files/file-checks.ts'
export { type FilterOptions, type FilterResult, filterFile, type Rejection, type SemanticOptions } from './files/filter-file.ts'
export {
  type Dataset,
  type DatasetMetrics,
  type MeasureOptions,
  type MetricName,
  measureDatasets,
  metricDescriptions,
  readDataset,
} from './files/measure-datasets.ts'
export { type FileTraining, type TrainFileOptions, type TrainProgress, trainFile } from './files/train-file.ts'
export { type ImportedTasks, type ImportTasksOptions, importShapeNames, importTasks } from './import/import-tasks.ts'
export { builtInSeeds, type DomainSeed, domainsOf } from './init/choose-seeds.ts'
export { type InitTrainer, initTrainers, type ProjectChoices } from './init/config-text.ts'
export { type DetectOptions, detectTeachers, listModels, simulatedTeacher, type Teacher, teacherNames, wellKnownTeacher } from './init/detect-teachers.ts'
export { type LayOutOptions, layOutProject, projectConfigFile, projectFilesIn, projectSeedsFile, type WrittenFile } from './init/lay-out-project.ts'
export { proposeModel, teachersAmong } from './init/propose-model.ts'
export { builtInSeedNames } from './inputs/built-in-seeds.ts'
export { loadHeldOut, loadSeeds } from './inputs/load-tasks.ts'
export { composerNames, embedderNames, type TokenizerName, tokenizerNames } from './names.ts'
export { type ExportedRun, type ExportRunOptions, exportRun } from './publish/export-run.ts'
export { type FileChange, type Pushed, type PushOptions, pushRun } from './publish/push-run.ts'
export {
  createRowSource,
  extraColumnNames,
  extraColumnTitles,
  publishedShapeNames,
  type RowOptions,
  rowShapeNames,
  rowShapeTitles,
} from './publish/row-source.ts'
export type { ClusterSplit, Nearness } from './publish/split-by-cluster.ts'
export { recipes } from './recipes/registry.gen.ts'
export type { RejectionPoint } from './replay/rejection-curve.ts'
export { type ReplayCosts, type ReplayCostsOptions, replayCosts, type StreamCost, type ThresholdCosts } from './replay/replay-costs.ts'
export { replayCostsCaption, replayCostsReport, replayCostsTable, replayQuote } from './replay/replay-costs-report.ts'
export { type FilterReplay, type ReplayedThreshold, type ReplayOptions, type ReplaySource, replayFilter } from './replay/replay-filter.ts'
export * from './report/index.ts'
export { type CompareOptions, compareRuns } from './runs/compare/compare-runs.ts'
export type { ComparedRun, EvaluationComparison, ReplicateComparison, RunComparison, ScoreDifference, SpendingPoint } from './runs/compare/comparison.ts'
export { comparisonReport, differenceRows, diversityRows, figureCaption, shortValue } from './runs/compare/comparison-report.ts'
export { figureRows } from './runs/compare/comparison-table.ts'
export { type ExportedInstruction, exportInstructions } from './runs/export-instructions.ts'
export * from './runs/index.ts'
export { createRun, type ExecuteOptions, type HeldRun, openRun, type RunEnvironment } from './runs/open-run.ts'
export { notesOf, planRun, type RunPlan } from './runs/plan-run.ts'
export { projectCostUsd } from './runs/project-cost.ts'
export { type SalvageReport, salvageRun } from './runs/salvage-run.ts'
export { tellSeedStory } from './runs/seed-story/tell-seed-story.ts'
export { type StopOptions, type StopProgress, type Stopped, stopRun } from './runs/stop-run.ts'
export { type WorkEvent, type WorkOptions, workOnCalls } from './runs/work-on-calls.ts'
export { layOutQuickstart, type QuickstartArm, quickstartSettings } from './studies/quickstart.ts'
export {
  analyseStudy,
  type CellFigures,
  cellsOf,
  measureStudents,
  planHash,
  quotable,
  runStudy,
  type Study,
  type StudyProgress,
  type StudyResult,
  studies,
  studyHash,
  writeStudyReport,
} from './studies/reproduce/index.ts'
export { trainers, usableSignal } from './trainers.ts'
export { loadUsearchNeighbours, type UsearchOptions } from './usearch-neighbours.ts'
export { softwareVersion } from './version.ts'
export * from './views/index.ts'
