import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trainingSpec } from '@sedi/testing/contracts'
import { afterAll, expect, it } from 'vitest'
import { createJobStore } from './job-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-job-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Attempt = { readonly id: string; readonly state?: string | undefined; readonly note?: string | undefined }

it('amends the last attempt only, and has it on disk', () => {
  const store = createJobStore<Attempt>(folder)
  const record = store.claim(trainingSpec(), 'hash')
  store.write('r01', { ...record, attempts: [{ id: 'first' }, { id: 'second', note: 'kept', state: 'new' }] })
  expect(store.amend('r01', { state: undefined })).toEqual({ id: 'second', note: 'kept' })
  expect(createJobStore<Attempt>(folder).read('r01')).toEqual({ ...record, attempts: [{ id: 'first' }, { id: 'second', note: 'kept' }] })
})
