/**
 * What happens to one fine-tuning job. Read in: the types of together-ai 0.52.0 (states, events, rows of figures), Together's documentation of
 * its metrics, and its Python SDK (`user_error`, prices in nanodollars). None of it was tried against the real service.
 *
 * - `normal`: every step is told.
 * - `invalid-file`: the check of the file refuses it.
 * - `slow-check`: the check of the file takes three looks.
 * - `never-starts`: stays in the queue until it is cancelled.
 * - `uncancellable`: the same, and its cancellation fails with 500.
 * - `new-status`: goes through a status that no documentation names, until somebody has seen it.
 * - `fails`: runs out of memory after step 2, and says so in an event.
 * - `fails-silently`: fails after step 2 as `user_error` without an event about it.
 * - `vanishes`: is gone (404) after step 2.
 * - `cancelled-there`: somebody else cancels it after step 2.
 * - `nan-loss`: from step 3 on the loss is a bare NaN, as Python writes it.
 * - `null-loss`: from step 3 on the loss is null.
 * - `gap`: step 3 is never told.
 * - `late-row`: step 3 is told after step 5.
 * - `late-figures`: the last step is told a while after the job is completed.
 * - `duplicates`: every row comes twice, that of step 3 with another loss the second time.
 * - `no-norm`: step 2 has no gradient norm.
 * - `eval-rows`: rows about evaluation between those about training, and one about training without a step.
 * - `no-model`: is completed without naming a model.
 * - `no-price`: never says what it cost.
 */
export const togetherScenarios = [
  'normal',
  'invalid-file',
  'slow-check',
  'never-starts',
  'uncancellable',
  'new-status',
  'fails',
  'fails-silently',
  'vanishes',
  'cancelled-there',
  'nan-loss',
  'null-loss',
  'gap',
  'late-row',
  'late-figures',
  'duplicates',
  'no-norm',
  'eval-rows',
  'no-model',
  'no-price',
] as const

export type TogetherScenario = (typeof togetherScenarios)[number]

export const togetherEndpoints = [
  'upload-file',
  'list-files',
  'retrieve-file',
  'model-limits',
  'estimate-price',
  'create-job',
  'list-jobs',
  'retrieve-job',
  'cancel-job',
  'list-events',
  'list-metrics',
  'chat',
] as const

export type TogetherEndpoint = (typeof togetherEndpoints)[number]

/**
 * What happens to one request to such an address: refused with a status; reset before or after its work is done; the work is done and the reply
 * is a 500; cut short; a page or an empty object instead of what was asked for; no reply at all.
 */
export type TogetherFault =
  | '400'
  | '401'
  | '402'
  | '403'
  | '404'
  | '429'
  | '500'
  | '502-html'
  | '503'
  | 'reset-before'
  | 'reset-after'
  | '500-after'
  | 'cut-short'
  | 'html-200'
  | 'empty-200'
  | 'never'
