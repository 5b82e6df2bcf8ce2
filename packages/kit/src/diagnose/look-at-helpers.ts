import { type RunConfig, toSediError } from '@sedi/spec'
import { createEmbedder, createModerator } from '../adapters.ts'
import { type Finding, failed, ok, unknown } from './finding.ts'

const sample = 'Which planet is nearest to the sun?'

/**
 * Looks at the embedders and the moderator before a run has paid its teacher: whether they can be made (key, package, folder), and with
 * `probe` whether they answer to one short text. What needs no one else is made and not mentioned.
 */
export async function lookAtHelpers({ embedder, filter, moderator }: RunConfig, { probe }: { readonly probe: boolean }): Promise<Finding[]> {
  const embedders = [
    ['embedder', embedder, 'embedder'],
    ['semantic', filter.semantic?.embedder, 'filter.semantic.embedder'],
  ] as const
  const findings: Finding[] = []
  for (const [subject, chosen, configKey] of embedders) {
    if (chosen === undefined) continue
    findings.push(
      ...(await look(subject, probe, async () => {
        const made = await createEmbedder(chosen, configKey)
        const name = `${made.provider} ${made.modelId}`
        return { name, isAsked: made.bought === true, ask: async () => `a vector of ${(await made.embed([sample])).embeddings[0]?.length ?? 0} numbers` }
      })),
    )
  }
  if (moderator !== undefined) {
    findings.push(
      ...(await look('moderator', probe, async () => {
        const made = await createModerator(moderator)
        const ask = async (): Promise<string> => {
          await made.moderate([sample])
          return 'answers'
        }
        return { name: `${made.provider} ${made.modelId}`, isAsked: true, ask }
      })),
    )
  }
  return findings
}

type Helper = { readonly name: string; readonly isAsked: boolean; ask(): Promise<string> }

async function look(subject: string, probe: boolean, make: () => Promise<Helper>): Promise<Finding[]> {
  try {
    const { name, isAsked, ask } = await make()
    if (!isAsked) return []
    return [probe ? ok(subject, `${name}: ${await ask()}`) : unknown(subject, `${name} is not tried without --probe, which sends it one short text`)]
  } catch (thrown) {
    return [failed(subject, toSediError(thrown).message)]
  }
}
