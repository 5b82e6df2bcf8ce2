/**
 * How the simulated teacher behaves. Shares are probabilities in [0, 1]; skews are exponents of rank^-skew, 0 for no favourites.
 * The defaults were chosen so that the similarity of what it writes, seen by the filter, resembles a real stream (README);
 * they are calibrated, not evidence.
 */
export type TeacherSettings = {
  /** Share of items that start from an example in the prompt; the rest come from the teacher's habits. */
  readonly anchoring: number
  /** Share of anchored items of their example's kind; the rest are of another kind of its family. */
  readonly keepKind: number
  /** Share of same-kind items put in their example's wording. */
  readonly keepWording: number
  /** Share of operands (in lists: of list items) an item of the same kind takes over from its example. */
  readonly keepOperand: number
  /** Share of anchored items that take over what their example says around the question. */
  readonly keepFiller: number
  /** Share of single words left alone in whatever is taken over. */
  readonly keepWord: number
  /** How much the teacher prefers some kinds. */
  readonly kindSkew: number
  /** How much it prefers some wordings of a kind. */
  readonly wordingSkew: number
  /** How much it prefers some phrases around the question. */
  readonly fillerSkew: number
  /** Share of the habitual items that are near-copies of one of its favourite items, a few words changed. */
  readonly selfRepetition: number
  /** How many favourite items there are. */
  readonly favouriteItems: number
  /** Share of the other habitual items whose operands come from its favourites of the kind. */
  readonly favouriteOperands: number
  /** Share of the other habitual items that stand in one of its favourite phrases. */
  readonly favouriteFillers: number
  /** Share of wrong answers. */
  readonly wrongAnswers: number
  /** Share of wrong answers where the example an item started from was itself wrong. */
  readonly inheritErrors: number
  /** Share of items for which kind and operands alone decide whether and how the teacher is wrong: it errs the same way each time. */
  readonly consistentErrors: number
  /** Share of items that are broken: a label, number or answer missing, two tasks run together, a remark instead of a task. */
  readonly malformed: number
  /** Share of answers that explain themselves in three sentences before the line “Answer: …”. */
  readonly explanations: number
  /** Share of answers that are sentences (“It is …”), in one of four wordings. */
  readonly rewordings: number
  /** Share of replies that open with a line to the reader. */
  readonly greetings: number
}

export const defaultTeacherSettings: TeacherSettings = {
  anchoring: 0.65,
  keepKind: 0.8,
  keepWording: 0.9,
  keepOperand: 0.4,
  keepFiller: 0.9,
  keepWord: 0.3,
  kindSkew: 1,
  wordingSkew: 0.8,
  fillerSkew: 0.8,
  selfRepetition: 0.8,
  favouriteItems: 25,
  favouriteOperands: 0.4,
  favouriteFillers: 0.3,
  wrongAnswers: 0.08,
  inheritErrors: 0.6,
  consistentErrors: 0,
  malformed: 0.04,
  explanations: 0,
  rewordings: 0,
  greetings: 0.15,
}

/** The defaults with what is given in their place. Throws RangeError for a share outside [0, 1], a negative skew or count. */
export function completeSettings(given: { readonly [Name in keyof TeacherSettings]?: number | undefined }): TeacherSettings {
  const settings: Record<string, number> = { ...defaultTeacherSettings }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const most = /Skew$|^favouriteItems$/.test(name) ? 10_000 : 1
    if (!(value >= 0 && value <= most)) throw new RangeError(`createWorld: expected ${name} in 0..${most}, got ${value}`)
    settings[name] = value
  }
  return settings as TeacherSettings
}
