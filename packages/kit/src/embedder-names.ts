import { embedders } from '@sedi/generators'

/** For options of commands. */
export const embedderNames = Object.keys(embedders)
