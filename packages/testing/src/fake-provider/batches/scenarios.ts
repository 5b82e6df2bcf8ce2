/**
 * What happens to one batch. Read in: OpenAI's Batch API reference and guide (states, files, error codes), and threads of its users: all requests
 * failed and no output file, paid partial results of batches that ended early, an empty text as error_file_id, the queue limit that is reported only
 * after the batch was created, answers to old ids. None of it was tried against the real service.
 *
 * - `normal`: every request is answered, in order.
 * - `line-errors`: validation refuses the file and names the first and the last line.
 * - `token-limit`: created, then failed: the queue has no room for its tokens.
 * - `expired`: half of the requests are answered, then time is up.
 * - `expired-silently`: the same, and the others are in no file.
 * - `all-failed`: every request is refused with 400; completed, without an output file.
 * - `shuffled`: the answers come in reverse order.
 * - `missing-line`: the first answer is paid for and in no file.
 * - `nameless-line`: the first answer has no custom_id.
 * - `duplicate-lines`: every answer comes twice, and an answer to a request that nobody made.
 * - `torn-line`: the last answer's line is cut.
 * - `empty-error-file-id`: answered, with '' where no file is.
 * - `forgotten`: answered, then the batch and its files are gone (404).
 * - `forgotten-200`: the same, and the batch's address answers `{ error }` with status 200.
 * - `new-status`: goes through a status that no documentation names.
 * - `stuck`: never gets beyond validating, unless it is cancelled.
 * - `stuck-half-way`: half of the requests are answered, and nothing more happens until it is cancelled.
 */
export const batchScenarios = [
  'normal',
  'line-errors',
  'token-limit',
  'expired',
  'expired-silently',
  'all-failed',
  'shuffled',
  'missing-line',
  'nameless-line',
  'duplicate-lines',
  'torn-line',
  'empty-error-file-id',
  'forgotten',
  'forgotten-200',
  'new-status',
  'stuck',
  'stuck-half-way',
] as const

export type BatchScenario = (typeof batchScenarios)[number]

/** The addresses of files and batches. */
export type BatchEndpoint =
  | 'upload-file'
  | 'list-files'
  | 'retrieve-file'
  | 'delete-file'
  | 'file-content'
  | 'create-batch'
  | 'list-batches'
  | 'retrieve-batch'
  | 'cancel-batch'

/**
 * What happens to one request to such an address: refused with a status; the connection is reset before (`reset-before`) or after (`reset-after`)
 * the work is done; the reply is cut short; a 200 with an error in it.
 */
export type EndpointFault = '401' | '400' | '429' | '500' | '502-html' | 'reset-before' | 'reset-after' | 'cut-short' | 'error-200'
