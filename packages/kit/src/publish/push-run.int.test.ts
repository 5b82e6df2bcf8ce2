import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { RunConfig } from '@sedi/spec'
import { readRows } from '@sedi/store'
import { type FakeHub, startFakeHub } from '@sedi/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { finishedRun, smallConfig, trainedConfig } from '../fixtures/small-run.ts'
import { createRun, openRun } from '../runs/open-run.ts'
import { openStore } from '../runs/open-store.ts'
import { makePackage } from './dataset-package.ts'
import { publishableSettings } from './publishable-settings.ts'
import { type Pushed, type PushOptions, pushRun } from './push-run.ts'

const token = 'hf_0123456789abcdefSECRET'
const secretUrl = 'https://user:pa55word@teacher.example/v1?api_key=sk-abcdefghijklmnopqrstuvwx'
const folder = mkdtempSync(join(tmpdir(), 'sedi-push-test-'))
const license = 'cc-by-4.0'

let hub: FakeHub
let store: ReturnType<typeof openStore>
let run: string

beforeAll(async () => {
  hub = await startFakeHub({ token })
  const config: RunConfig = { ...trainedConfig(), target: { calls: 2 } }
  const held = await finishedRun(config)
  run = held.runId
  store = openStore(config)
  await held.close()
})
afterAll(async () => {
  await hub.close()
  rmSync(folder, { recursive: true, force: true })
})

const bytesOf = (text: string): Buffer => Buffer.from(text)

const push = (options: Partial<PushOptions> = {}, from = run): Promise<Pushed> =>
  pushRun(store, from, { repo: 'tester/poems', license, hub: { url: hub.url, token }, ...options })

const fileOf = (path: string, repo = 'tester/poems'): string | undefined => hub.file(repo, path, 'dataset')?.toString('utf8')
const commitsOf = (repo = 'tester/poems'): number => hub.repository(repo, 'dataset').commits.length
const metadataOf = (card: string): Record<string, unknown> => parse(/^---\n([\s\S]*?)---\n/.exec(card)![1]!)

async function rowsOf(path: string, repo = 'tester/poems'): Promise<Record<string, unknown>[]> {
  const local = join(folder, 'read-back.parquet')
  writeFileSync(local, hub.file(repo, path, 'dataset')!)
  return (await Array.fromAsync(readRows(local))).map((row) => ('value' in row ? (row.value as Record<string, unknown>) : {}))
}

describe('a first push', () => {
  it('makes a private data set in one commit: data as the ledger has it, card, plots, lineage, manifest', async () => {
    const pushed = await push({ private: true, testShare: 0.2 })
    expect(pushed).toMatchObject({ action: 'created', isNew: true, private: true, branch: 'main', before: undefined })
    expect([hub.repository('tester/poems', 'dataset').private, commitsOf()]).toEqual([true, 2])

    const ledger = await store.read(run)
    const kept = await ledger.find('candidate', { verdict: 'kept' })
    const digest = await ledger.digest()
    const promoted = (await ledger.find('seed-event')).filter(({ origin }) => origin === 'machine')
    await ledger.close()
    const [train, test] = [await rowsOf('data/train-00000-of-00001.parquet'), await rowsOf('data/test-00000-of-00001.parquet')]
    expect([train.length, test.length]).toEqual([pushed.rows.train, pushed.rows.test])
    const byId = new Map([...train, ...test].map((row) => [row.id, row]))
    expect([...byId.keys()].sort()).toEqual(kept.map(({ id }) => id).sort())
    for (const { id, instruction, output, round } of kept) {
      const [user, assistant] = byId.get(id)!.messages as { role: string; content: string }[]
      expect(user!.content.startsWith(instruction)).toBe(true)
      expect([user!.role, assistant, byId.get(id)!.round]).toEqual(['user', { role: 'assistant', content: output }, round])
    }

    const card = fileOf('README.md')!
    expect(metadataOf(card)).toMatchObject({
      license,
      dataset_info: {
        splits: [
          { name: 'train', num_examples: train.length },
          { name: 'test', num_examples: test.length },
        ],
      },
    }) // prettier-ignore
    for (const words of [digest, 'Where the figures come from', 'simulated-teacher', 'Licence and terms', 'ROUGE-L with an earlier text above 0.85'])
      expect(card).toContain(words)
    for (const [, path] of card.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) expect(fileOf(path!)).toMatch(/^<svg/)
    const lineage = fileOf('sedi/lineage.jsonl')!
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)) // prettier-ignore
    expect(lineage.filter(({ origin }) => origin === 'machine')).toHaveLength(promoted.length)
    expect(promoted.length).toBeGreaterThan(0)
    expect(lineage.some((event) => 'instruction' in event)).toBe(false)
    expect(JSON.parse(fileOf('sedi/manifest.json')!)).toMatchObject({ run, digest, shape: 'messages', settings: { seeds: 'seeds.json' } })
  })

  it('commits nothing when it is repeated, and says so', async () => {
    const before = commitsOf()
    expect(await push({ private: true, testShare: 0.2 })).toMatchObject({ action: 'unchanged', changes: [], isNew: false })
    expect(await push({ private: true, testShare: 0.2, license: undefined })).toMatchObject({ action: 'unchanged' })
    expect(commitsOf()).toBe(before)
  })
})

describe('an update', () => {
  it('keeps what people wrote in the card, sends what differs only, removes what it had pushed and no more', async () => {
    const card = fileOf('README.md')!
    const edited = card.replace('# Poems\n', '# Poems\n\nMy own words.\n').replace('license:', 'viewer: true\nlicense:')
    hub.change(
      'tester/poems',
      'by hand',
      [
        { add: 'README.md', bytes: bytesOf(edited) },
        { add: 'notes.md', bytes: bytesOf('mine') },
      ],
      'dataset',
    ) // prettier-ignore
    const pushed = await push({ seedTexts: true, license: undefined })
    expect(pushed).toMatchObject({ action: 'updated', before: { run, shape: 'messages', rows: { train: expect.any(Number), test: expect.any(Number) } } })
    const changes = Object.fromEntries(pushed.changes.map(({ path, change }) => [path, change]))
    expect(changes).toEqual({
      'data/train-00000-of-00001.parquet': 'changed',
      'data/test-00000-of-00001.parquet': 'removed',
      'sedi/lineage.jsonl': 'changed',
      'sedi/manifest.json': 'changed',
      'README.md': 'changed',
    })
    expect([fileOf('data/test-00000-of-00001.parquet'), fileOf('notes.md')]).toEqual([undefined, 'mine'])
    expect(fileOf('README.md')).toContain('# Poems\n\nMy own words.\n')
    expect(metadataOf(fileOf('README.md')!)).toMatchObject({ viewer: true, license, configs: [{ data_files: [{ split: 'train' }] }] })
    expect(fileOf('sedi/lineage.jsonl')).toContain('"instruction":')
  })

  it('proposes: main stays, the pull request has it, and a repetition makes no second one', async () => {
    const before = commitsOf()
    const proposed = await push({ testShare: 0.5, pullRequest: true })
    expect(proposed).toMatchObject({ action: 'proposed', pullRequestUrl: `${hub.url}/datasets/tester/poems/discussions/1` })
    expect(await push({ testShare: 0.5, pullRequest: true })).toMatchObject({ action: 'unchanged', pullRequestUrl: proposed.pullRequestUrl })
    const { pullRequests, branches } = hub.repository('tester/poems', 'dataset')
    expect([commitsOf(), pullRequests.length]).toEqual([before, 1])
    expect(branches.get('refs/pr/1')!.at(-1)!.files.has('data/test-00000-of-00001.parquet')).toBe(true)
    expect(await push({ testShare: 0.4, pullRequest: true })).toMatchObject({ action: 'proposed', pullRequestUrl: expect.stringMatching(/discussions\/2$/) })
  })

  it('goes to a branch that it makes', async () => {
    const before = commitsOf()
    expect(await push({ branch: 'next', shape: 'alpaca', extras: [] })).toMatchObject({ action: 'updated', branch: 'next' })
    expect(await push({ branch: 'next', shape: 'alpaca', extras: [] })).toMatchObject({ action: 'unchanged' })
    expect([commitsOf(), hub.repository('tester/poems', 'dataset').branches.has('next')]).toEqual([before, true])
  })

  it('does not overwrite a commit that came between', async () => {
    const looks = (): number => hub.book.filter(({ path }) => path.endsWith('/revision/main')).length
    const before = looks()
    const late = push({ testShare: 0.3 }).catch((error: unknown) => error)
    while (looks() === before) await wait(1)
    hub.change('tester/poems', 'between', [{ add: 'x.txt', bytes: bytesOf('x') }], 'dataset')
    expect(await late).toMatchObject({ code: 'conflict', message: expect.stringMatching(/Somebody else changed/) })
    expect(hub.repository('tester/poems', 'dataset').commits.at(-1)!.title).toBe('between')
  })

  it('takes a commit whose answer was lost for done', async () => {
    const before = commitsOf()
    hub.addFault({ method: 'POST', path: /\/commit\/main$/, does: 'lose-answer' })
    expect(await push({ testShare: 0.25 })).toMatchObject({ action: 'updated', commit: expect.stringMatching(/^[0-9a-f]{40}$/) })
    expect(commitsOf()).toBe(before + 1)
  })
})

describe('what is refused before anything is sent', () => {
  const sent = (): number => hub.book.filter(({ method, path }) => method === 'POST' && !path.includes('paths-info')).length
  async function refused(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
    const before = sent()
    const error = await promise.then(() => undefined).catch((thrown: { code: string; message: string }) => thrown)
    expect(sent()).toBe(before)
    return { code: error!.code, message: error!.message }
  }

  it('no licence, a strange one, a strange name or language', async () => {
    expect(await refused(push({ repo: 'tester/new', license: undefined }))).toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(/Under which licence/),
    })
    expect(await refused(push({ license: 'mine' }))).toMatchObject({ code: 'invalid-config' })
    for (const repo of ['poems', 'a/b/c', '../x', 'me/x.git', 'me/-x-']) expect(await refused(push({ repo }))).toMatchObject({ code: 'invalid-config' })
    expect(await refused(push({ language: ['English'] }))).toMatchObject({ code: 'invalid-config', message: expect.stringMatching(/ISO 639/) })
  })

  it('a private push to a public data set, a proposal to none, data of others', async () => {
    hub.makeRepository('tester/public', { private: false, type: 'dataset' })
    expect(await refused(push({ repo: 'tester/public', private: true }))).toMatchObject({
      code: 'invalid-config',
      message: expect.stringMatching(/is there and public/),
    })
    expect(await refused(push({ repo: 'tester/none', pullRequest: true }))).toMatchObject({ code: 'not-found' })
    hub.change('tester/public', 'theirs', [{ add: 'data/train-00000-of-00001.parquet', bytes: bytesOf('theirs') }], 'dataset')
    expect(await refused(push({ repo: 'tester/public' }))).toMatchObject({ code: 'conflict', message: expect.stringMatching(/SeDi did not push.*--overwrite/) })
    expect(await push({ repo: 'tester/public', overwrite: true })).toMatchObject({ action: 'updated' })
  })

  it('a wrong key, without showing it', async () => {
    const error = await push({ hub: { url: hub.url, token: 'hf_wrongwrongwrongwrong' } }).catch((thrown) => thrown)
    expect([error.code, error.message]).toEqual(['invalid-credential', expect.stringMatching(/HF_TOKEN/)])
    expect(JSON.stringify([error.message, error.details, String(error.cause?.stack)])).not.toContain('wrongwrong')
  })

  it('a run that has not ended, unless it is wished, and one that is being written', async () => {
    const config = smallConfig()
    const paused = await createRun(config)
    const stop = new AbortController()
    await paused.execute({
      stop: stop.signal,
      onProgress: ({ done }) => {
        if (done >= 1) stop.abort()
      },
    }) // prettier-ignore
    const own = openStore(config)
    const from = (options: Partial<PushOptions>) => pushRun(own, paused.runId, { repo: 'tester/half', license, hub: { url: hub.url, token }, ...options })
    expect(await refused(from({ unfinished: true }))).toMatchObject({ code: 'conflict', message: expect.stringMatching(/is being written/) })
    await paused.close()
    expect(await refused(from({}))).toMatchObject({ code: 'conflict', message: expect.stringMatching(/has not ended: it is paused.*--unfinished/) })
    expect(await from({ unfinished: true })).toMatchObject({ action: 'created' })
    expect(fileOf('README.md', 'tester/half')).toMatch(/has not ended/)
    await (await openRun(paused.runId, own)).close()
  })
})

describe('what is never published', () => {
  it('keys, addresses and folders of the configuration', () => {
    const config = smallConfig()
    const generator = {
      ...config.generator,
      baseUrl: secretUrl,
      headers: { authorization: 'Bearer sk-abcdefghijklmnopqrstuvwx' },
      model: 'sk-abcdefghijklmnopqrstuvwx',
    }
    const scorer = { id: 'ray', address: secretUrl, runtimeEnv: { env_vars: { HF: 'sk-abcdefghijklmnopqrstuvwx' } }, sharedFolder: tmpdir() }
    const published = JSON.stringify(publishableSettings({ ...config, generator, feedback: { ...config.feedback, scorer } }))
    expect(published).toContain('"scorer":{"id":"ray"}')
    for (const part of ['pa55word', 'sk-abc', 'teacher.example', tmpdir(), 'Bearer']) expect(published).not.toContain(part)
    for (const part of ['"seeds":"seeds.json"', '"threshold":0.85', '"temperature":1']) expect(published).toContain(part)
  })

  it('folders of this machine and the key, in any file of a push', async () => {
    const preview = join(folder, 'whole')
    await push({ dryRun: true, repo: 'tester/preview', folder: preview })
    const files = readdirSync(preview, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    expect(files.length).toBeGreaterThan(5)
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), 'latin1')
      for (const part of [tmpdir(), token]) expect([name, text.includes(part)]).toEqual([name, false])
    }
  })

  it('a row that holds the key', async () => {
    const ledger = await store.read(run)
    const [{ instruction } = { instruction: '' }] = await ledger.find('candidate', { verdict: 'kept' })
    const made = makePackage(ledger, join(folder, 'leak'), { repo: 'tester/leak', license }, instruction.slice(0, 15))
    await expect(made).rejects.toMatchObject({ code: 'invalid-input', message: expect.stringMatching(/holds the key in HF_TOKEN/) })
    await ledger.close()
  })

  it('a dry run leaves the files in a folder, asks no hub without a key, and sends nothing with one', async () => {
    const asked = hub.book.length
    const planned = await push({ hub: undefined, dryRun: true, folder: join(folder, 'preview'), repo: 'tester/preview' })
    expect([planned.action, hub.book.length]).toEqual(['planned', asked])
    expect(readFileSync(join(folder, 'preview', 'README.md'), 'utf8')).toContain('# Preview')
    expect(await push({ dryRun: true, repo: 'tester/preview' })).toMatchObject({ action: 'planned', isNew: true })
    expect(() => hub.repository('tester/preview', 'dataset')).toThrow()
  })
})
