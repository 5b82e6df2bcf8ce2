import { SediError } from '@sedi/spec'

/** Who judged, and how it was asked. Win rates of two identities say different things. */
export type JudgeIdentity = {
  readonly provider: string
  readonly model: string
  /** Of `judgePromptHash`. */
  readonly promptHash: string
  /** Sampling and whatever else the provider was told, as plain JSON. */
  readonly settings: Readonly<Record<string, unknown>>
}

/** Throws `conflict`, saying what differs, unless both are the same judge asked the same way. */
export function assertSameJudge(a: JudgeIdentity, b: JudgeIdentity): void {
  const [one, two] = [flatten(a), flatten(b)]
  const different = [...new Set([...Object.keys(one), ...Object.keys(two)])].filter((key) => JSON.stringify(one[key]) !== JSON.stringify(two[key]))
  if (different.length === 0) return
  const shown = different.map((key) => `${key} ${shorten(one[key])} and ${shorten(two[key])}`).join('; ')
  throw new SediError('conflict', `These were judged by different judges, so their win rates do not compare: ${shown}. Have one judge judge both.`, {
    details: { different },
  })
}

const flatten = ({ settings, ...identity }: JudgeIdentity): Record<string, unknown> => ({ ...settings, ...identity })

const shorten = (value: unknown): string => (value === undefined ? '(not set)' : String(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 40))
