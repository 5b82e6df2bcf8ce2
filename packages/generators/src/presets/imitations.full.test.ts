import { createFakeProviderSubject, describeTextGeneratorContract, skipFaults } from '@sedi/testing/contracts'
import openai from '../providers/openai.ts'
import { presets } from './registry.gen.ts'

type Skip = Parameters<typeof describeTextGeneratorContract>[0]['skip']

const { compatible: _, ...others } = presets
type Id = keyof typeof others

const noSeed = 'DeepSeek has no seed: it is not sent, and the answer says so'
const skips: Partial<Record<Id, Skip>> = {
  deepseek: { answers: noSeed, 'sends every setting, 0 included': noSeed, ...skipFaults(['schema-cut'], 'DeepSeek is sent no schema') },
  mistral: {
    ...skipFaults(['unsupported-limit'], 'Mistral has no other name for the limit on tokens'),
    ...skipFaults(['unsupported-seed'], 'the seed is called random_seed there, the refusal names OpenAI’s'),
  },
}

for (const preset of Object.keys(others) as Id[]) {
  for (const stream of [false, true]) {
    // In every run of the tests: providers/openai.test.ts.
    if (preset === 'openai' && !stream) continue
    describeTextGeneratorContract({
      name: `preset ${preset}${stream ? ', streaming' : ''}`,
      streams: stream,
      create: () =>
        createFakeProviderSubject(
          ({ baseUrl, model, apiKey, timeoutMs }) =>
            openai.createTextGenerator(model, openai.options.parse({ preset, baseUrl, stream, idleTimeoutMs: 1_000 }), { credentials: { apiKey }, timeoutMs }),
          { imitation: preset },
        ),
      destroy: (subject) => subject.close(),
      skip: skips[preset] ?? {},
    })
  }
}
