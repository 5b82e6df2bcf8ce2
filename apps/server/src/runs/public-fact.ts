import type { Fact, Recorded } from '@sedi/spec'
import { withoutSecrets } from '../guard/without-secrets.ts'

/** A fact as it may be sent: what came from a configuration is sent without secrets, texts of the run as they are. */
export function publicFact(fact: Recorded<Fact>): object {
  return fact.kind === 'run' || fact.kind === 'config-change' || fact.kind === 'training-job' ? (withoutSecrets(fact) as object) : fact
}
