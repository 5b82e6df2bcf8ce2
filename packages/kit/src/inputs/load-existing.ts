import { basename } from 'node:path'
import { type ExistingFact, type Issue, issuesError, SediError } from '@sedi/spec'
import { readTexts } from './read-texts.ts'

/**
 * The instructions of data that there was before the run, of any record shape that we know, in order. Every broken row is reported: what is not
 * read is not compared with, and its copies would be bought and kept. Throws `invalid-input`.
 */
export async function loadExisting(files: readonly string[]): Promise<ExistingFact[]> {
  const names = distinctNames(files)
  const texts: ExistingFact[] = []
  const issues: Issue[] = []
  for (const [i, file] of files.entries()) {
    const before = texts.length + issues.length
    for await (const { text, line } of readTexts(file, 'instruction', issues)) {
      texts.push({ kind: 'existing', textId: `${names[i]}:${line}`, instruction: text })
      if (texts.length > mostTexts) throw tooMany()
    }
    if (texts.length + issues.length === before) issues.push({ path: file, code: 'empty', message: 'expected at least one row' })
  }
  if (issues.length === 0) return texts
  throw issuesError(
    'invalid-input',
    'The data in filter.against cannot be used as it is (“sedi import <file> --as pool --out clean.jsonl” writes a file without the broken rows):',
    issues,
  )
}

/** A run copies them and indexes them anew in every session, in every replay and for every threshold somebody looks at. */
const mostTexts = 200_000

const tooMany = (): SediError =>
  new SediError(
    'invalid-input',
    `filter.against: expected at most ${mostTexts} texts, got more. Leave it out and compare what the run exports instead, which streams: sedi filter data.jsonl --against <file> --out new.jsonl.`,
  )

/** Of two files with one last name, the second becomes `data.jsonl(2)`. */
function distinctNames(files: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return files.map((file) => {
    const name = basename(file)
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    return times === 1 ? name : `${name}(${times})`
  })
}
