import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Writes texts one after another, no faster than the disk takes them; a file that exists is replaced. */
export const writeTexts = (path: string, texts: AsyncIterable<string>): Promise<void> => pipeline(Readable.from(texts), createWriteStream(path))
