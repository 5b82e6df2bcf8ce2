export { adjustedSignals, attractiveBatches, type BatchSignal, closedWindows, type FeedbackWindow } from './attractiveness.ts'
export { type BatchSimilarity, batchSimilarity } from './batch-similarity.ts'
export type { BatchComposer, ComposedBatch, ComposerInput, ComposerNeeds } from './composers/composer.ts'
export { composers } from './composers/registry.gen.ts'
export { type ConflictGraph, conflictGraph, conflictGraphOfPairs } from './conflicts/conflict-graph.ts'
export { type LimitedBatch, limitConflicts } from './conflicts/limit-conflicts.ts'
export { type Separation, separateConflicts } from './conflicts/separate-conflicts.ts'
export { chooseEvictions, type EvictionOptions, type SeedStanding } from './evictions.ts'
export { type KMeansOptions, type KMeansResult, kMeans } from './k-means.ts'
export { type LexicalEmbeddingOptions, lexicalEmbeddings } from './lexical-embeddings.ts'
export { createLcsPattern, type LcsPattern, lcsOfPattern, longestCommonSubsequence } from './longest-common-subsequence.ts'
export { type ClusterSpread, clusterSpread, entropyOfCounts } from './metrics/cluster-spread.ts'
export { distinctN } from './metrics/distinct-n.ts'
export { type DuplicateProfile, duplicateProfile } from './metrics/duplicate-profile.ts'
export { type LengthProfile, lengthProfile } from './metrics/length-profile.ts'
export { mtld } from './metrics/mtld.ts'
export { type LocalDensityOptions, localDensities, novelSum } from './metrics/novel-sum.ts'
export { type SelfBleuOptions, selfBleu } from './metrics/self-bleu.ts'
export { drawSubsamples, type Estimate, meanAndSd, type SubsampleOptions } from './metrics/subsamples.ts'
export { symmetricEigenvalues } from './metrics/symmetric-eigenvalues.ts'
export { vendiScore, vendiScoreOfRows } from './metrics/vendi-score.ts'
export {
  createNoveltyIndex,
  type Neighbour,
  type NoveltyIndex,
  type NoveltyIndexOptions,
  type NoveltyStatistics,
  type NoveltyVerdict,
} from './novelty-index.ts'
export type { PickInput, PickRule } from './picks/pick.ts'
export { picks } from './picks/registry.gen.ts'
export { createRng, hash32, type Rng } from './rng.ts'
export { rougeL, rougeLF, rougeLOfTokens } from './rouge-l.ts'
export { tokenizeRouge } from './tokenize-rouge.ts'
export { tokenizeUnicode } from './tokenize-unicode.ts'
export { createTokenizerLossCounter, measureTokenizerLoss, type TokenizerLoss, type TokenizerLossCounter } from './tokenizer-loss.ts'
export { type TokenizerName, tokenizers } from './tokenizers.ts'
export { createVocabulary, type Vocabulary } from './vocabulary.ts'
