export { describeEmbedderContract, type EmbedderContract, type EmbedderTest } from './embedder.ts'
export { type Connection, createFakeProviderSubject, type FakeProviderSubject } from './fake-provider-subject.ts'
export { describeLedgerContract, type LedgerContract, type LedgerTest } from './ledger.ts'
export {
  describeTextGeneratorContract,
  skipWireTests,
  type TextGeneratorContract,
  type TextGeneratorSubject,
  type TextGeneratorTest,
} from './text-generator.ts'
