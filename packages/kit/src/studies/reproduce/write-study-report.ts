import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reportHtml, reportMarkdown } from '@sedi/evaluation'
import type { StudyResult } from './analyse-study.ts'
import type { CellFigures } from './measure-cell.ts'
import { reportStudy, type StudyContext } from './report-study.ts'
import { type Study, studyHash } from './study.ts'

/** Writes `report.html`, `report.md` with its drawings, and `results.json` with everything in them. */
export async function writeStudyReport(
  folder: string,
  study: Study,
  figures: readonly CellFigures[],
  result: StudyResult,
  context: StudyContext,
): Promise<void> {
  const report = await reportStudy(study, figures, result, context)
  const { text, files } = reportMarkdown(report)
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify({ hash: studyHash(study), context, figures, ...result })}\n`)
  writeFileSync(join(folder, 'report.md'), text)
  writeFileSync(join(folder, 'report.html'), reportHtml(report))
  for (const [name, content] of files) writeFileSync(join(folder, name), content)
}
