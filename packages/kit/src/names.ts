import { composers, type TokenizerName, tokenizers } from '@sedi/core'
import { embedders } from '@sedi/generators'

export type { TokenizerName }

// What options of commands may say.
export const composerNames: readonly string[] = Object.keys(composers)
export const embedderNames: readonly string[] = Object.keys(embedders)
export const tokenizerNames = Object.keys(tokenizers) as readonly TokenizerName[]
