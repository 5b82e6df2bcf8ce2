import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type CorpusName, createCorpus } from './corpora.ts'
import { workFolder } from './paths.ts'

export type CorpusFile = { readonly name: string; readonly path: string; readonly count: number }

/** A generated corpus as a file, one text per line; made once. */
export function generatedCorpus(name: CorpusName, count: number): CorpusFile {
  const path = join(workFolder, 'corpora', `${name}-${count}.txt`)
  if (!existsSync(path)) {
    mkdirSync(join(workFolder, 'corpora'), { recursive: true })
    const part = `${path}.part`
    const file = openSync(part, 'w')
    let lines: string[] = []
    const flush = (): void => {
      if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`)
      lines = []
    }
    for (const text of createCorpus(name, count)) if (lines.push(text) === 20_000) flush()
    flush()
    closeSync(file)
    renameSync(part, path)
  }
  return { name, path, count }
}

/** A file of the user's: JSONL with an `instruction`, or plain lines. */
export function ownCorpus(path: string): CorpusFile {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  const texts = lines.map((line) => (path.endsWith('.jsonl') ? String((JSON.parse(line) as { instruction?: unknown }).instruction ?? '') : line))
  mkdirSync(join(workFolder, 'corpora'), { recursive: true })
  const copy = join(workFolder, 'corpora', `own-${basename(path)}.txt`)
  writeFileSync(copy, `${texts.map((text) => text.replaceAll(/\s+/g, ' ')).join('\n')}\n`)
  return { name: basename(path), path: copy, count: texts.length }
}
