import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeEmbedderContract } from '@sedi/testing/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { writeTinyOnnxModel } from '../fixtures/tiny-onnx-model.ts'
import transformers from './transformers.ts'

// The real package with a model made here. It is installed beside this test because it takes 470 MB; its scripts, which only fetch CUDA, are not run.
const modulesFrom = join(import.meta.dirname, '../../node_modules/.cache/transformers')
const [name, range] = Object.entries(transformers.dependencies)[0]!
const folder = mkdtempSync(join(tmpdir(), 'sedi-tiny-onnx-'))
const words = 'sort these words count the vowels in a word reverse list name capital of france'.split(' ')

beforeAll(() => {
  writeTinyOnnxModel(folder, [...new Set(words)], 16)
  if (existsSync(join(modulesFrom, 'node_modules', name))) return
  mkdirSync(modulesFrom, { recursive: true })
  writeFileSync(join(modulesFrom, 'package.json'), '{}')
  execFileSync('npm', ['install', `${name}@${range}`, '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: modulesFrom, stdio: 'inherit' })
}, 600_000)
afterAll(() => rmSync(folder, { recursive: true }))

const create = (options: Partial<z.input<typeof transformers.options>> = { folder }) =>
  transformers.createEmbedder(transformers.options.parse({ modulesFrom, ...options }), { credentials: {}, timeoutMs: 1_000 })

describeEmbedderContract({ name: 'transformers', create: () => create() })

describe('transformers', () => {
  it('is what the model computes: the mean of its words’ vectors, at unit length', async () => {
    const { embeddings } = await (await create()).embed(['sort', 'words', 'sort words', 'words sort'])
    const [a, b, both, swapped] = embeddings as Float32Array[]
    expect(both).toEqual(swapped)
    // Every word's vector has its own length, so the mean is checked by what it must lie between.
    const cosine = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, d) => sum + value * y[d]!, 0)
    expect(Math.min(cosine(both!, a!), cosine(both!, b!))).toBeGreaterThan(cosine(a!, b!))
  })

  it('gives a text the same vector whatever else is asked', async () => {
    const embedder = await create()
    const alone = (await embedder.embed(['sort these words'])).embeddings[0]
    expect((await embedder.embed(['count the vowels in a word of the list', 'sort these words'])).embeddings[1]).toEqual(alone)
  })

  it('downloads nothing unless allowed to', async () => {
    const embedder = await create({ model: 'nobody/has-this-model-anywhere' })
    await expect(embedder.embed(['a'])).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('embedder.allowDownload') })
  })

  it('says what a folder lacks', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'sedi-no-model-'))
    await expect((await create({ folder: empty })).embed(['a'])).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('onnx/model.onnx'),
    })
    rmSync(empty, { recursive: true })
  })
})
