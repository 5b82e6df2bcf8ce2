import { createHash } from 'node:crypto'
import type { GenerateRequest } from '@sedi/spec'

/** One request of a batch, as it stands in the input file. */
export type BatchLine = {
  /** Its key, as far as a custom_id can hold it. */
  readonly id: string
  readonly customId: string
  /** JSON without the line's end. */
  readonly text: string
  readonly bytes: number
}

/** @param body what is sent for the request; another one may be sent for it later, when the model's refusals have taught more */
export function batchLine(key: string, request: GenerateRequest, body: object): BatchLine {
  const id = lineIdOf(key)
  const customId = `${id}.${hash(JSON.stringify(request), 12)}`
  const text = JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/chat/completions', body })
  return { id, customId, text, bytes: Buffer.byteLength(text) + 1 }
}

/** What stands for a key in a custom_id: itself where it is short and plain, else its hash. */
export const lineIdOf = (key: string): string => (/^[\x21-\x7e]{1,51}$/.test(key) ? key : hash(key, 40))

/** The part of a custom_id that stands for the key; what follows tells whether an answer belongs to the request that asks for it. */
export const idIn = (customId: string): string => customId.slice(0, Math.max(0, customId.lastIndexOf('.')))

const hash = (text: string, characters: number): string => createHash('sha256').update(text).digest('hex').slice(0, characters)

export type FileLimits = { readonly maxLines: number; readonly maxBytes: number }

/** Cuts lines into files that the provider takes, in order. A line that is too long by itself gets a file of its own. */
export function splitIntoFiles<Line extends { readonly bytes: number }>(lines: readonly Line[], { maxLines, maxBytes }: FileLimits): Line[][] {
  const files: Line[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const line of lines) {
    const last = files.at(-1)
    if (last === undefined || last.length >= maxLines || bytes + line.bytes > maxBytes) {
      files.push([line])
      bytes = line.bytes
    } else {
      last.push(line)
      bytes += line.bytes
    }
  }
  return files
}
