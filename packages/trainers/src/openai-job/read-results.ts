import type { StepEvent } from './fine-tuning-api.ts'

/** A step's loss as the service tells it; NaN where it says that it is not a number. */
export type ToldLoss = Pick<StepEvent, 'step' | 'loss'>

/**
 * Reads a result file: a CSV with the columns `step` and `train_loss`, as it is or in base64. Rows without a loss (validation only) are left out.
 * Undefined: it is no such file.
 */
export function readResults(text: string): ToldLoss[] | undefined {
  const [header = '', ...rows] = decode(text)
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
  const columns = cellsOf(header)
  const [step, loss] = [columns.indexOf('step'), columns.indexOf('train_loss')]
  if (step < 0 || loss < 0) return undefined
  const told: ToldLoss[] = []
  for (const row of rows) {
    const cells = cellsOf(row)
    if (!cells[step] || !cells[loss]) continue
    // Number('nan') is NaN, and so is what else is no number. Some write a step as 12.0.
    told.push({ step: Number(cells[step]), loss: Number(cells[loss]) })
  }
  return told
}

const cellsOf = (line: string): string[] =>
  line.split(',').map((cell) =>
    cell
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toLowerCase(),
  )

function decode(text: string): string {
  const bare = text.replaceAll(/\s/g, '')
  if (text.includes(',') || bare === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return text
  return Buffer.from(bare, 'base64').toString('utf8')
}
