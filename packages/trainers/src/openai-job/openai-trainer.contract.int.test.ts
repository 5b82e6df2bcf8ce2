import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeFineTuning, startFakeFineTuning } from '@sedi/testing'
import { describeTrainerContract, type TrainerSubject } from '@sedi/testing/contracts'
import backend from '../backends/openai.ts'
import { key, trainerAt } from './fixtures/trainer-at.ts'

type Subject = TrainerSubject & { readonly service: FakeFineTuning; readonly folder: string }

describeTrainerContract<Subject>({
  name: 'openai, a service on loopback',
  capabilities: backend.capabilities,
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'sedi-openai-'))
    const service = await startFakeFineTuning({ apiKey: key, minExamples: 1, msPerStep: 8 })
    return { service, folder, open: () => trainerAt(service.url, folder) }
  },
  async destroy({ service, folder }) {
    await service.close()
    rmSync(folder, { recursive: true, force: true })
  },
  skip: { 'scores as the trained model': 'the protocol has no log-probabilities of a given answer' },
})
