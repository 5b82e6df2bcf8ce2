import type { BatchScenario } from './scenarios.ts'

/** A file the server keeps. */
export type StoredFile = {
  readonly id: string
  readonly filename: string
  readonly purpose: string
  readonly createdAt: number
  readonly content: string
}

export type BatchStatus = 'validating' | 'failed' | 'in_progress' | 'warming_up' | 'finalizing' | 'completed' | 'expired' | 'cancelling' | 'cancelled'

/** A batch the server works on. */
export type StoredBatch = {
  readonly id: string
  readonly inputFileId: string
  readonly metadata: Readonly<Record<string, string>> | null
  readonly createdAt: number
  readonly scenario: BatchScenario
  readonly key: string
  status: BatchStatus
  counts: { total: number; completed: number; failed: number }
  errors: readonly BatchProblem[]
  outputFileId: string | undefined
  errorFileId: string | undefined
}

export type BatchProblem = { readonly code: string; readonly line: number | null; readonly message: string; readonly param: string | null }

export const activeStatuses: ReadonlySet<BatchStatus> = new Set(['validating', 'in_progress', 'warming_up', 'finalizing', 'cancelling'])

/** In the shape of `GET /v1/files/{id}`. */
export const fileObject = ({ id, filename, purpose, createdAt, content }: StoredFile): object => ({
  id,
  object: 'file',
  bytes: Buffer.byteLength(content),
  created_at: createdAt,
  expires_at: null,
  filename,
  purpose,
  status: 'processed',
})

/** In the shape of `GET /v1/batches/{id}`. */
export const batchObject = ({ id, inputFileId, metadata, createdAt, status, counts, errors, outputFileId, errorFileId }: StoredBatch): object => ({
  id,
  object: 'batch',
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
  input_file_id: inputFileId,
  created_at: createdAt,
  expires_at: createdAt + 24 * 3600,
  status,
  metadata,
  request_counts: counts,
  ...(errors.length === 0 ? {} : { errors: { object: 'list', data: errors } }),
  ...(outputFileId === undefined ? {} : { output_file_id: outputFileId }),
  ...(errorFileId === undefined ? {} : { error_file_id: errorFileId }),
})
