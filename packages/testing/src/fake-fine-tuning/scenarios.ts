/**
 * What happens to one fine-tuning job. Read in: OpenAI's fine-tuning reference and guide (states, events, result files), the types of its SDK,
 * and threads of its users (base64 results, results that come late). None of it was tried against the real service.
 *
 * - `normal`: every step is told as an event while it runs; the results are a CSV file.
 * - `invalid-file`: validation refuses the file.
 * - `stuck-in-queue`: never begins, unless it is cancelled.
 * - `stuck-uncancellable`: the same, and its cancellation fails with 500.
 * - `starts-when-cancelled`: in the queue until it is to be cancelled; then it refuses that and begins.
 * - `paused`: pauses in the middle until somebody resumes it.
 * - `new-status`: goes through a status that no documentation names, until somebody has seen it.
 * - `no-events`: tells no steps while it runs.
 * - `base64-results`: the results are the CSV in base64.
 * - `late-results`: has succeeded, and for a while has no result files.
 * - `no-results`: has succeeded, and never has any.
 * - `foreign-results`: the results are a CSV without a step and a loss.
 * - `events-gap`: tells no event for step 3; the results have it.
 * - `metrics-gap`: neither events nor results have step 3.
 * - `duplicate-steps`: tells step 3 twice, the second time with another loss, in events and results.
 * - `overlapping-pages`: every page of events repeats the last event of the page before.
 * - `endless-pages`: the events' cursor leads in a circle.
 * - `nan-loss`: from step 3 on the loss is not a number; it goes on to its end.
 * - `more-steps`: makes two steps more than the file has batches.
 * - `fails`: fails after step 2, as the service's own mistake.
 * - `vanishes`: is gone (404) once somebody has read the event of step 2.
 * - `cancelled-there`: somebody else cancels it after step 2.
 * - `wins-the-race`: when it is to be cancelled it has just succeeded.
 * - `late-model`: has succeeded; its model answers (404) only after a while.
 * - `no-model`: has succeeded without naming a model.
 */
export const tuningScenarios = [
  'normal',
  'invalid-file',
  'stuck-in-queue',
  'stuck-uncancellable',
  'starts-when-cancelled',
  'paused',
  'new-status',
  'no-events',
  'base64-results',
  'late-results',
  'no-results',
  'foreign-results',
  'events-gap',
  'metrics-gap',
  'duplicate-steps',
  'overlapping-pages',
  'endless-pages',
  'nan-loss',
  'more-steps',
  'fails',
  'vanishes',
  'cancelled-there',
  'wins-the-race',
  'late-model',
  'no-model',
] as const

export type TuningScenario = (typeof tuningScenarios)[number]

export const tuningEndpoints = [
  'upload-file',
  'retrieve-file',
  'file-content',
  'create-job',
  'list-jobs',
  'retrieve-job',
  'cancel-job',
  'pause-job',
  'resume-job',
  'list-events',
  'list-checkpoints',
  'chat',
] as const

export type TuningEndpoint = (typeof tuningEndpoints)[number]

/**
 * What happens to one request to such an address: refused with a status; no fine-tuning for this account (`closed`); the connection is reset before
 * or after the work is done; the work is done and the reply is a 500; the reply is cut short; a 200 with an error in it; a page instead of JSON.
 */
export type TuningFault =
  | '400'
  | '401'
  | '404'
  | '429'
  | '429-wait'
  | 'no-quota'
  | '500'
  | '502-html'
  | 'closed'
  | 'reset-before'
  | 'reset-after'
  | '500-after'
  | 'cut-short'
  | 'error-200'
  | 'html-200'
