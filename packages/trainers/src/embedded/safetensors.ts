import { createHash } from 'node:crypto'
import { SediError } from '@sedi/spec'
import * as z from 'zod'

export type NamedTensor = { readonly name: string; readonly shape: readonly number[]; readonly values: Float32Array }

export type TensorFile = {
  readonly tensors: readonly NamedTensor[]
  /** Text by key, the header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
  /** SHA-256 of the tensors' bytes as they lie in the file (hex); metadata does not count. */
  readonly digest: string
}

const count = z.int().min(0)
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).default({}) })
  .catchall(z.object({ dtype: z.string(), shape: z.array(count), data_offsets: z.tuple([count, count]) }))

// The format's own limit (huggingface/safetensors, README, "Format").
const maxHeaderBytes = 100_000_000

/**
 * The bytes of a safetensors file of float32 tensors: header length (8 bytes, little-endian), JSON header padded with spaces to a multiple of 8,
 * then the tensors' bytes without gaps, little-endian, in the order given.
 * Format: https://github.com/huggingface/safetensors#format
 */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): { readonly bytes: Uint8Array; readonly digest: string } {
  let end = 0
  const entries = tensors.map(({ name, shape, values }) => {
    const begin = end
    end += values.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }] as const
  })
  const json = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) })
  const header = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8), ' '))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const data = Buffer.concat(tensors.map(({ values }) => littleEndianBytes(values)))
  return { bytes: Buffer.concat([length, header, data]), digest: sha256(data) }
}

/**
 * Reads a safetensors file; `source` names it in errors. Throws `invalid-input` for broken files, what `check` throws, and `unsupported` for other types
 * than float32, in this order.
 */
export function decodeSafetensors(bytes: Uint8Array, source: string, check: (metadata: TensorFile['metadata']) => void = () => {}): TensorFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const broken = (what: string): SediError => new SediError('invalid-input', `${source} is not a readable safetensors file: ${what}.`)
  if (file.length < 8) throw broken(`expected at least 8 bytes, got ${file.length}`)
  const headerLength = file.readBigUInt64LE(0)
  if (headerLength > maxHeaderBytes || 8 + Number(headerLength) > file.length) throw broken(`its header would be ${headerLength} bytes long`)

  const data = file.subarray(8 + Number(headerLength))
  const { __metadata__: metadata, ...entries } = parseHeader(file.toString('utf8', 8, 8 + Number(headerLength)), broken)
  check(metadata)
  const tensors = Object.entries(entries).map(([name, { dtype, shape, data_offsets: offsets }]) => {
    if (dtype !== 'F32') throw new SediError('unsupported', `${source}: tensor ${name} is ${dtype}; only F32 is read.`)
    const [begin, end] = offsets
    const elements = shape.reduce((a, b) => a * b, 1)
    if (end > data.length || end - begin !== 4 * elements) throw broken(`tensor ${name} [${shape}] lies at ${begin}..${end} of ${data.length} bytes`)
    return { name, shape, values: floatsOf(data.subarray(begin, end)) }
  })
  return { tensors, metadata, digest: sha256(data) }
}

function parseHeader(json: string, broken: (what: string) => SediError): z.output<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(json))
  } catch (error) {
    throw broken(`its header cannot be read (${error instanceof Error ? error.message : error})`)
  }
}

// Every platform Node supports with WebAssembly SIMD is little-endian, so the bytes in memory are the bytes of the format.
function littleEndianBytes(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}

/** A copy, so that the floats are aligned whatever the header's length is. */
function floatsOf(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
