import type { TrainingSpec } from '@sedi/spec'
import { expect, it } from 'vitest'
import { hashSpec } from './embedded/job-files.ts'
import { trainingSpec } from './openai-job/fixtures/spec.ts'
import { type PythonOptions, specHashOf } from './python-job/job-document.ts'
import { specHash } from './spec-hash.ts'

const spec = trainingSpec()
const next: TrainingSpec = { ...spec, jobName: 'r02', continueFrom: { trainer: 'x', uri: 'r01/model', digest: 'd1' } }
const python: PythonOptions = {
  baseModel: 'm',
  method: 'lora',
  lora: { rank: 8, alpha: 16, dropout: 0, targetModules: 'all-linear' },
  rowsPerDevice: 4,
  precision: 'auto',
  gradientCheckpointing: false,
  checkpointEverySteps: 100,
  tooLong: 'truncate',
  chatTemplate: 'plain',
  mayDownload: false,
  keepOptimiser: true,
}

// They stand in the folders of jobs: with another hash, a job that is under way is taken for another one. Of `command`: its own tests.
it.each([
  [
    'services',
    (one: TrainingSpec) => specHash(one, { options: { baseModel: 'm', learningRateMultiplier: undefined } }),
    ['a71db8b9383e36a4b026b3de1faf3111a7e467d802a72c3ccc92c3509e805d25', 'd7a37dab82220f9277c8b9b1487ead441e714e4606784a36f1716260a7747012'],
  ],
  [
    'python',
    (one: TrainingSpec) => specHashOf(one, python),
    ['96f4cbf713f9cac234a847abe1a02aa99a4489cc236f3bc90fd868b257cbcfa8', '82c25708b12ab91296891097f9934cfbc53318a49174303b44dc2e4d209d74f7'],
  ],
  [
    'embedded',
    (one: TrainingSpec) => hashSpec(one, { layers: 2, width: 64, heads: 4, baseModel: undefined, earlyStop: undefined }),
    ['70c80bf4b72b7f683b0b5f2868623789e092c85d08064b3c98121936c11e728c', '0d3f27549c469a766f1f202d7e285b5f38c8af5ca10bb1d2a4746c23403ccf3b'],
  ],
] as const)('the hash of a spec for %s is what it was', (_, hash, expected) => {
  expect([hash(spec), hash(next)]).toEqual(expected)
  expect(hash({ ...next, continueFrom: { ...next.continueFrom!, uri: 'elsewhere/model' } })).toBe(expected[1])
})
