/**
 * What the strategy table is measured on. Fixed before any strategy but `joint` existed and not changed since: the table prints this
 * file's hash. Strategies may be changed because of what the table shows; this file may not.
 *
 * The worst of the fifteen cells (teacher × price) is the headline, not their mean.
 */
export const strategySettings = {
  /** Which simulated worlds each cell is repeated in; figures are means over them, differences are paired. */
  worldSeeds: [1, 2, 3],
  randomSeed: 1,
  /** Every arm buys until it has kept so many: rejection rises with the pool, so only equal pools compare. */
  kept: 1500,
  rounds: 5,
  /** ROUGE-L thresholds: all arms are compared at each. */
  thresholds: [0.7, 0.85],

  /** What differs from the simulated teacher's defaults (packages/simulation, TeacherSettings). */
  teachers: {
    /** As calibrated to a real stream. Answers have at most 8 words. */
    default: {},
    /** Explains its answers: four in five are a few sentences long, as answers of chat models are. */
    verbose: { explanations: 0.8, greetings: 0.8 },
    /** Copies its favourites more often. */
    repetitive: { anchoring: 0.45, selfRepetition: 0.9, favouriteItems: 15 },
    /** Wrong in a quarter of its answers; one item in seven is broken. */
    'error-prone': { wrongAnswers: 0.25, malformed: 0.15, greetings: 0.5 },
    /** Seldom repeats itself: little is rejected, so little is saved by not buying answers to what is rejected. */
    inventive: { anchoring: 0.4, keepWording: 0.5, keepFiller: 0.5, selfRepetition: 0.2, kindSkew: 0.5, favouriteFillers: 0.1 },
  },

  /**
   * USD per million tokens, and when a prompt's beginning is billed as cached: from `minTokens`, in whole `blockTokens`, if an earlier
   * prompt of the run began with the same tokens.
   */
  prices: {
    /** Output costs eight times input. Short prompts are not cached. */
    'output-expensive': { inputPerMTokUsd: 0.25, cachedInputPerMTokUsd: 0.025, outputPerMTokUsd: 2, cache: { minTokens: 1024, blockTokens: 128 } },
    /** One price for all tokens, as hosts of open models often have. */
    flat: { inputPerMTokUsd: 0.6, cachedInputPerMTokUsd: 0.6, outputPerMTokUsd: 0.6, cache: { minTokens: Number.POSITIVE_INFINITY, blockTokens: 1 } },
    /** Cached input costs a tenth, from the first 64 tokens on; output costs little more than input. */
    'cached-input-cheap': { inputPerMTokUsd: 0.28, cachedInputPerMTokUsd: 0.028, outputPerMTokUsd: 0.42, cache: { minTokens: 64, blockTokens: 64 } },
  },

  /** What a batch endpoint takes off; a row of its own, never part of a comparison of strategies. */
  batchDiscount: 0.5,

  /** `joint` with Alpaca's prompt: 3 human seeds, a list of 20. */
  baseline: { strategy: 'joint', seedsPerPrompt: 3, tasksPerCall: 20 },

  /** Diversity is measured on equal samples of what is kept, the same positions in every arm. */
  diversity: { samples: 20, size: 300, embeddingDimensions: 256 },

  /**
   * “No lower” than the baseline: the mean paired difference is at least this. Pairwise: 1 − mean pairwise ROUGE-L F. Vendi: relative.
   * Correct: share of right answers among those the world can judge.
   */
  margins: { pairwise: -0.005, vendi: -0.02, correct: -0.01 },

  /** Wanted: dollars per kept below the baseline at equal threshold without batch discount; and below recipe `alpaca` with everything on. */
  reach: { strategyAlone: 0.3, everythingOn: 0.6 },
} as const
