import type { SQLOutputValue } from 'node:sqlite'
import type { Pages } from './pages.ts'

/** A row of some table, found on a leaf page. */
export type RawRecord = { readonly rowid: number; readonly values: readonly SQLOutputValue[] }

const leafTablePage = 0x0d
/** Columns of our widest table, and then some: a record that claims more is no record. */
const mostColumns = 64
/** Longest record we believe in. */
const mostBytes = 1 << 30

/** Where the cells of a leaf page of a table begin; nothing for any other page. */
export function cellsOf(page: Buffer, pageNumber: number): number[] {
  const header = pageNumber === 1 ? 100 : 0
  if (page[header] !== leafTablePage) return []
  const count = Math.min(page.readUInt16BE(header + 3), Math.floor((page.length - header - 8) / 2))
  const cells = Array.from({ length: count }, (_, i) => page.readUInt16BE(header + 8 + 2 * i))
  return cells.filter((at) => at >= header + 8 && at < page.length - 4)
}

/** Decodes a cell; undefined for anything that does not hold together. Its content proves itself elsewhere, by its checksum. */
export function recordAt(pages: Pages, page: Buffer, cell: number): RawRecord | undefined {
  const payloadBytes = varint(page, cell)
  const rowid = payloadBytes && varint(page, payloadBytes.next)
  if (payloadBytes === undefined || rowid === undefined || payloadBytes.value > mostBytes) return undefined
  const payload = payloadOf(pages, page, rowid.next, payloadBytes.value)
  const values = payload && decodeValues(payload)
  return values && { rowid: rowid.value, values }
}

/** What lies in the page, and the overflow pages it goes on in. */
function payloadOf(pages: Pages, page: Buffer, at: number, bytes: number): Buffer | undefined {
  const usable = page.length
  const most = usable - 35
  if (bytes <= most) return at + bytes <= usable ? page.subarray(at, at + bytes) : undefined
  const least = Math.floor(((usable - 12) * 32) / 255) - 23
  const fitting = least + ((bytes - least) % (usable - 4))
  const local = fitting <= most ? fitting : least
  if (at + local + 4 > usable) return undefined
  const parts = [page.subarray(at, at + local)]
  let missing = bytes - local
  for (let next = page.readUInt32BE(at + local); missing > 0; ) {
    const [newest] = pages.versionsOf(next)
    if (newest === undefined) return undefined
    const overflow = pages.read(newest)
    parts.push(overflow.subarray(4, 4 + Math.min(missing, usable - 4)))
    missing -= usable - 4
    next = overflow.readUInt32BE(0)
  }
  return Buffer.concat(parts)
}

function decodeValues(payload: Buffer): SQLOutputValue[] | undefined {
  const header = varint(payload, 0)
  if (header === undefined || header.value > payload.length) return undefined
  const types: number[] = []
  for (let at = header.next; at < header.value; ) {
    const type = varint(payload, at)
    if (type === undefined || types.length >= mostColumns) return undefined
    types.push(type.value)
    at = type.next
  }
  const values: SQLOutputValue[] = []
  let at = header.value
  for (const type of types) {
    const bytes = bytesOf(type)
    if (at + bytes > payload.length) return undefined
    values.push(decodeValue(type, payload.subarray(at, at + bytes)))
    at += bytes
  }
  return values
}

const integerBytes: readonly number[] = [0, 1, 2, 3, 4, 6, 8]

function bytesOf(type: number): number {
  if (type <= 6) return integerBytes[type]!
  if (type === 7) return 8
  return type < 12 ? 0 : (type - (type % 2 === 0 ? 12 : 13)) / 2
}

function decodeValue(type: number, bytes: Buffer): SQLOutputValue {
  if (type === 0) return null
  if (type === 6) return Number(bytes.readBigInt64BE())
  if (type < 6) return bytes.readIntBE(0, bytes.length)
  if (type === 7) return bytes.readDoubleBE()
  if (type === 8 || type === 9) return type - 8
  return type % 2 === 0 ? new Uint8Array(bytes) : bytes.toString('utf8')
}

/** A variable-length integer of up to nine bytes; undefined when it runs out of the buffer or beyond what a number holds. */
function varint(bytes: Buffer, at: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i]
    if (byte === undefined) return undefined
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? { value, next: at + i + 1 } : undefined
  }
  return undefined
}
