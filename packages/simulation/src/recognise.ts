import type { FamilyKind } from './universe.ts'
import type { Wording, WordingMatch } from './wording.ts'

export type Recognised = WordingMatch & {
  readonly kind: FamilyKind
  readonly wording: Wording
  /** What stands before and after the wording in the instruction. */
  readonly prefix: string
  readonly suffix: string
}

/** Longer texts than the world ever writes are not searched: the checker is reachable over HTTP. */
const longestInstruction = 2000

export interface Recogniser {
  /**
   * Finds the wording and the operands in a task's text, whatever is said around them; undefined when it is no task of these kinds.
   * Where several wordings match, the longest match wins (no two kinds are put alike: kinds.test.ts).
   */
  recognise(task: { readonly instruction: string; readonly input: string }): Recognised | undefined
  /** The same for an instruction that comes without the input it speaks of; `values` has only the operands it names itself. */
  recogniseInstruction(instruction: string): Recognised | undefined
}

type Candidate = { readonly kind: FamilyKind; readonly wording: Wording }

export function createRecogniser(kinds: readonly FamilyKind[]): Recogniser {
  // Every wording under its landmark, so that a text is matched only against the few that can be in it.
  const byLandmark = Map.groupBy(
    kinds.flatMap((kind) => kind.wordings.map((wording) => ({ kind, wording }))),
    ({ wording }) => wording.landmark,
  )

  function longestMatch(instruction: string, read: (candidate: Candidate) => WordingMatch | undefined): Recognised | undefined {
    const words = new Set(['', ...(instruction.toLowerCase().match(/[a-z]+/g) ?? [])])
    let best: Recognised | undefined
    for (const word of words) {
      for (const { kind, wording } of byLandmark.get(word) ?? []) {
        const match = read({ kind, wording })
        if (match === undefined) continue
        if (best !== undefined && match.end - match.start <= best.end - best.start) continue
        best = { ...match, kind, wording, prefix: instruction.slice(0, match.start).trim(), suffix: instruction.slice(match.end).trim() }
      }
    }
    return best
  }

  return {
    recognise({ instruction, input }) {
      if (instruction.length + input.length > longestInstruction) return undefined
      return longestMatch(instruction, ({ kind, wording }) => {
        const match = wording.read(instruction, input)
        return match !== undefined && kind.accepts(match.values) ? match : undefined
      })
    },
    recogniseInstruction(instruction) {
      if (instruction.length > longestInstruction) return undefined
      return longestMatch(instruction, ({ wording }) => wording.readInstruction(instruction))
    },
  }
}
