import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

/**
 * How far the ledger had come, kept beside it: SQLite takes a write-ahead log that was cut off for a shorter one and says nothing, so what
 * the ledger itself says about its end cannot be trusted alone.
 *
 * Written after each commit and before anybody is told of it, so facts that somebody was told of are always covered. Not synced: the log is,
 * before this is written, so after a power loss the mark may lag behind the ledger but never be ahead of it. Two lines are written in
 * turns, each with a checksum: one that was torn leaves the other.
 */
export type TailMark = { write(seq: number): void; close(): void }

const lineBytes = 32

const markPathOf = (ledgerPath: string): string => `${ledgerPath}-mark`

export function openTailMark(ledgerPath: string): TailMark {
  const path = markPathOf(ledgerPath)
  const file = openSync(path, existsSync(path) ? 'r+' : 'w+')
  let turn = 0
  return {
    write(seq) {
      writeSync(file, lineOf(seq), turn * lineBytes)
      turn = 1 - turn
    },
    close: () => closeSync(file),
  }
}

/** The largest sequence number that was committed for certain; 0 when no mark can be read. */
export function readTailMark(ledgerPath: string): number {
  const path = markPathOf(ledgerPath)
  if (!existsSync(path)) return 0
  const lines = readFileSync(path, 'latin1')
    .split('\n')
    .map((line) => `${line}\n`)
  const seqs = lines.map((line) => Number.parseInt(line, 10)).filter((seq, i) => lines[i] === lineOf(seq))
  return Math.max(0, ...seqs)
}

function lineOf(seq: number): string {
  return `${`${seq} ${crc32(String(seq)).toString(16)}`.padEnd(lineBytes - 1)}\n`
}
