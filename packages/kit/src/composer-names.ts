import { composers } from '@sedi/core'

/** For options of commands. */
export const composerNames: readonly string[] = Object.keys(composers)
