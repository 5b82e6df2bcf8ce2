import type { BatchOptions, FilterOptions } from '@sedi/kit'
import type { PlainError } from '../plain-error.ts'

/** What a service is asked to do with the rows of a file. */
export type ServiceRequest =
  | { readonly service: 'filter'; readonly file: string; readonly output: 'decisions' | 'kept'; readonly options: Omit<FilterOptions, 'onDecision'> }
  | { readonly service: 'batch'; readonly file: string; readonly options: BatchOptions }

/** From the worker: JSON lines, some at a time, of which it sends more only when it is told to; then how it ended. */
export type ServiceMessage =
  | { readonly type: 'lines'; readonly text: string }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: PlainError }
