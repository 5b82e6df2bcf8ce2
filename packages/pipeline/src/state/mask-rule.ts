import type { RunConfig, TrainerCapabilities } from '@sedi/spec'

/** The mask that training uses: the configured one, or for `auto` the gap mask where the trainer tells gaps and can leave rows out. */
export function maskRule(
  { training: { mask } }: Pick<RunConfig, 'training'>,
  can: Pick<TrainerCapabilities, 'masks' | 'perExampleGap'> | undefined,
): 'none' | 'gap' | 'trim' {
  if (mask !== 'auto') return mask
  return can?.masks === true && can.perExampleGap ? 'gap' : 'none'
}
