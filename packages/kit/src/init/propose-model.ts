/** Names of models that do not write text. */
const notForText = /embed|rerank|moderat|whisper|transcri|tts|speech|audio|realtime|image|dall-e|sora|vision-preview|guard|ocr|search-preview|babbage|davinci/i

/** Names under which models that follow instructions go. */
const followsInstructions = /instruct|chat|versatile|[-_:]it\b|latest|turbo|mini|flash/i

/** The models of a list that may be teachers, in their order. */
export const teachersAmong = (models: readonly string[]): readonly string[] => models.filter((model) => !notForText.test(model))

/**
 * A model to begin with, by names alone: a known good one that is listed, else the first that is called an instruction follower, else the first.
 * A guess, to be said as one; undefined when there is none.
 *
 * @param wellKnown best first; the first of them when there is no list
 */
export function proposeModel(models: readonly string[] | undefined, wellKnown: readonly string[] = []): string | undefined {
  if (models === undefined) return wellKnown[0]
  const teachers = teachersAmong(models)
  return wellKnown.find((model) => teachers.includes(model)) ?? teachers.find((model) => followsInstructions.test(model)) ?? teachers[0]
}
