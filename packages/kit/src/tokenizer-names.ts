import { type TokenizerName, tokenizers } from '@sedi/core'

export type { TokenizerName }

/** What `filter.tokenizer` and `--tokenizer` may say. */
export const tokenizerNames = Object.keys(tokenizers) as readonly TokenizerName[]
