import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeTrainerContract } from '@sedi/testing/contracts'
import embedded from '../backends/embedded.ts'

describeTrainerContract({
  name: 'embedded',
  capabilities: embedded.capabilities,
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'sedi-embedded-contract-'))
    const options = embedded.options.parse({ layers: 1, width: 16, heads: 2, checkpointEverySteps: 5 })
    return { folder, open: () => embedded.createTrainer(options, { folder }) }
  },
  async destroy({ folder }) {
    rmSync(folder, { recursive: true })
  },
  longJobSteps: 150,
})
