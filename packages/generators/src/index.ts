export { defineEmbedder, type EmbedderDefinition } from './define-embedder.ts'
export { type Credential, defineProvider, type ProviderContext, type ProviderDefinition } from './define-provider.ts'
export { embedders } from './embedders/registry.gen.ts'
export { providers } from './providers/registry.gen.ts'
