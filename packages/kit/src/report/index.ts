export { asSentence, madeSentence } from './made-sentence.ts'
export { runStoryReport, runStorySummary } from './run-story-report.ts'
export { type RunStory, type TellOptions, tellRun } from './tell-run.ts'
