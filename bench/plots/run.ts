import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../similarity/paths.ts'
import { drawBatchSimilarity } from './batch-similarity.ts'
import { drawCostPerCandidate } from './cost-per-candidate.ts'

/** Draws what docs/similarity.md shows, from the tables in bench/results. The same tables give the same files. */
export async function runPlots(): Promise<void> {
  const drawings = {
    'batch-similarity.svg': drawBatchSimilarity('composers-52K.md', 'How alike two instructions of one batch are (52,000 in batches of 128)'),
    'cost-per-candidate.svg': drawCostPerCandidate(),
  }
  for (const [name, drawing] of Object.entries(drawings)) {
    writeFileSync(join(repository, 'docs', name), drawing)
    console.log(`docs/${name}`)
  }
}
