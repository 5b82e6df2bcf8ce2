import { writeFileSync } from 'node:fs'
import { sha256 } from '@sedi/pipeline'
import { expect, it } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { contentHash, fingerprintOf } from './fingerprint.ts'

it('takes files of any size by all of their content and not by their name', () => {
  const config = smallConfig({ filter: { against: ['./data.jsonl'] } })
  const [file] = config.filter.against!
  // More than two pieces, every byte there is, characters of several bytes across the seams.
  const bytes = Buffer.concat([Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i)), Buffer.from('ä€😀'.repeat(300_000))])
  writeFileSync(file!, bytes)
  expect(contentHash(file!)).toBe(sha256(bytes.toString('latin1')))
  const before = fingerprintOf(config)
  const copy = `${file}.copy`
  writeFileSync(copy, bytes)
  expect(fingerprintOf({ ...config, filter: { ...config.filter, against: [copy] } })).toBe(before)
  bytes[bytes.length - 1]! ^= 1
  writeFileSync(copy, bytes)
  expect(fingerprintOf({ ...config, filter: { ...config.filter, against: [copy] } })).not.toBe(before)
})
