import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'

/** SQLite's file format, sqlite.org/fileformat2.html. */
const pageBytes = 4096
const walHeaderBytes = 32
const frameHeaderBytes = 24

/** Every page of the database file and every frame of its write-ahead log, damaged or not. */
export type Pages = {
  /** Sources are numbered: pages of the database first, then frames of the log. */
  readonly count: number
  /** The page number of a source, from 1. */
  numberOf(source: number): number
  read(source: number): Buffer
  /** The newest version of a page, from the log if it is there, then older ones. */
  versionsOf(pageNumber: number): readonly number[]
  close(): void
}

export function openPages(path: string): Pages {
  const database = openSync(path, 'r')
  const wal = existsSync(`${path}-wal`) ? openSync(`${path}-wal`, 'r') : undefined
  const databasePages = Math.ceil(fstatSync(database).size / pageBytes)
  const frames = wal === undefined ? [] : readFrames(wal)
  const framesOf = Map.groupBy(frames.keys(), (frame) => frames[frame]!.pageNumber)
  return {
    count: databasePages + frames.length,
    numberOf: (source) => (source < databasePages ? source + 1 : frames[source - databasePages]!.pageNumber),
    read(source) {
      if (source < databasePages) return readAt(database, source * pageBytes, pageBytes)
      return readAt(wal!, frames[source - databasePages]!.at, pageBytes)
    },
    versionsOf(pageNumber) {
      const own = (framesOf.get(pageNumber) ?? []).map((frame) => databasePages + frame).reverse()
      return pageNumber >= 1 && pageNumber <= databasePages ? [...own, pageNumber - 1] : own
    },
    close() {
      closeSync(database)
      if (wal !== undefined) closeSync(wal)
    },
  }
}

/** Frames of the log's current generation: a log is reused from its beginning, and what lies behind may be older. */
function readFrames(wal: number): { readonly pageNumber: number; readonly at: number }[] {
  const size = fstatSync(wal).size
  const salt = readAt(wal, 16, 8)
  const frames: { pageNumber: number; at: number }[] = []
  for (let at = walHeaderBytes; at + frameHeaderBytes < size; at += frameHeaderBytes + pageBytes) {
    const header = readAt(wal, at, frameHeaderBytes)
    if (header.subarray(8, 16).equals(salt)) frames.push({ pageNumber: header.readUInt32BE(0), at: at + frameHeaderBytes })
  }
  return frames
}

/** What is beyond the end of the file is zeros. */
function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(file, bytes, 0, length, position)
  return bytes
}
