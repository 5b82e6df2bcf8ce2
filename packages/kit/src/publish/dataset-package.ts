import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { reportMarkdown } from '@sedi/evaluation'
import { type Ledger, redact, SediError } from '@sedi/spec'
import { type Columns, type ColumnType, writeRows } from '@sedi/store'
import { type CardFacts, readCardFacts } from './card/card-facts.ts'
import { cardParts } from './card/card-parts.ts'
import { renewCard, type SplitFile } from './card/data-card.ts'
import { splitRun } from './export-run.ts'
import { extraColumns } from './extra-columns.ts'
import { arrowBytes } from './features.ts'
import { lineage } from './lineage.ts'
import { publishableSettings } from './publishable-settings.ts'
import { createRowSource, type RowOptions } from './row-source.ts'
import type { ClusterSplit } from './split-by-cluster.ts'

export type PackageOptions = RowOptions & {
  /** `owner/name`. */
  readonly repo: string
  /** As the hub names it; undefined keeps what the card that is there says. */
  readonly license?: string | undefined
  /** ISO 639 codes. */
  readonly language?: readonly string[] | undefined
  readonly title?: string | undefined
  readonly testShare?: number | undefined
  /** Of the split. @default the run's own */
  readonly randomSeed?: number | undefined
  /** Whether the texts of human seeds are published. @default false */
  readonly seedTexts?: boolean | undefined
}

export type PackageFile = { readonly path: string; readonly bytes: number; readonly sha256: string; readonly gitSha1: string }

/** The files of a data set in a folder, as they are pushed, but for the card. */
export type DatasetPackage = {
  readonly folder: string
  readonly facts: CardFacts
  readonly shape: string
  readonly rows: { readonly train: number; readonly test: number | undefined }
  readonly files: readonly PackageFile[]
  /** What people should know before it is public. */
  readonly notes: readonly string[]
  /** The card, made from the one that is there. */
  card(existing: string | undefined): Promise<PackageFile>
}

export const cardPath = 'README.md'
export const manifestPath = 'sedi/manifest.json'

/**
 * Makes a data set of a run's kept instructions: Parquet files, plots, the lineage of its seeds, a manifest. The same ledger and options give the same bytes.
 *
 * @param secret never published: a row that holds it is an error (`invalid-input`)
 */
export async function makePackage(ledger: Ledger, folder: string, options: PackageOptions, secret: string | undefined): Promise<DatasetPackage> {
  const { shape: shapeName = 'messages', extras = ['id', 'round', 'seeds'], testShare, randomSeed, seedTexts = false } = options
  const source = createRowSource(ledger, { ...options, shape: shapeName, extras }, 'parquet')
  const facts = await readCardFacts(ledger)
  if (facts.report.kept === 0) throw new SediError('invalid-input', `The run ${ledger.runId} has kept no instruction: there is nothing to push.`)
  const split = testShare === undefined ? undefined : await splitRun(ledger, testShare, randomSeed)
  const suspicious: string[] = []
  const splits: SplitFile[] = []
  for (const name of split === undefined ? (['train'] as const) : (['train', 'test'] as const)) {
    const path = `data/${name}-00000-of-00001.parquet`
    const passes = split === undefined ? undefined : (i: number) => split.isTest[i] === (name === 'test')
    splits.push({ name, path, ...(await writeData(join(folder, path), source.rows(passes), source.columns, secret, suspicious)) })
  }
  const figures = split && withoutRows(split)
  const rows = { train: splits[0]!.rows, test: splits[1]?.rows }

  const columns = Object.entries(source.columns).map(([name, type]) => [name, holdsOf(name, type)] as const)
  const parts = await cardParts(facts, { columns, rows, split: figures, seedTexts })
  const { text, files: drawings } = reportMarkdown({ title: '', parts }, 'plots/')
  const ours = redact(text.replace(/^# *\n+/, ''), secret === undefined ? [] : [secret])
  for (const [path, svg] of drawings) await write(folder, path, svg)
  await writeLineage(ledger, folder, seedTexts)

  const data = await Promise.all([...splits.map(({ path }) => path), ...drawings.keys(), lineagePath].map((path) => fileOf(folder, path)))
  const manifest = {
    ...{ specVersion: 1, software: `SeDi ${facts.softwareVersion}`, run: ledger.runId, fingerprint: facts.fingerprint, digest: facts.report.digest },
    ...{ state: facts.report.state, rows, shape: source.shape.id, columns: source.columns, split: split === undefined ? null : { testShare, ...figures } },
    settings: publishableSettings(facts.config),
    files: Object.fromEntries(data.map(({ path, bytes, sha256 }) => [path, { bytes, sha256 }])),
  }
  await write(folder, manifestPath, `${JSON.stringify(manifest, null, 2)}\n`)
  return {
    folder,
    facts,
    shape: source.shape.id,
    rows,
    files: [...data, await fileOf(folder, manifestPath)],
    notes: [...(figures?.notes ?? []), ...keyNotes(suspicious)],
    async card(existing) {
      const head = { repo: options.repo, license: options.license, language: options.language, title: options.title, columns: source.columns, splits }
      await write(folder, cardPath, renewCard(existing, head, ours))
      return fileOf(folder, cardPath)
    },
  }
}

const lineagePath = 'sedi/lineage.jsonl'

const withoutRows = ({ isTest: _, clusters: __, ...figures }: ClusterSplit): Omit<ClusterSplit, 'isTest' | 'clusters'> => figures

async function writeData(
  path: string,
  rows: AsyncIterable<Readonly<Record<string, unknown>>>,
  columns: Columns,
  secret: string | undefined,
  suspicious: string[],
): Promise<Pick<SplitFile, 'rows' | 'bytes' | 'arrowBytes'>> {
  let inArrow = 0
  async function* looked(): AsyncGenerator<object> {
    for await (const row of rows) {
      const text = JSON.stringify(row)
      if (secret !== undefined && text.includes(secret))
        throw new SediError(
          'invalid-input',
          `The row ${String(row.id ?? '')} holds the key in HF_TOKEN. Nothing was pushed; replace that key, it has been where texts are made.`,
        )
      if (redact(text) !== text) suspicious.push(String(row.id ?? 'a row'))
      inArrow += arrowBytes(Object.values(row)) - 4
      yield row
    }
  }
  await mkdir(dirname(path), { recursive: true })
  const count = await writeRows(path, looked(), columns)
  return { rows: count, bytes: (await stat(path)).size, arrowBytes: inArrow }
}

const keyNotes = (rows: readonly string[]): string[] =>
  rows.length === 0
    ? []
    : [
        `${rows.length} rows hold something that looks like a key (${rows.slice(0, 5).join(', ')}${rows.length > 5 ? ', …' : ''}). Look at them: what is public stays public.`,
      ]

async function writeLineage(ledger: Ledger, folder: string, seedTexts: boolean): Promise<void> {
  await mkdir(join(folder, 'sedi'), { recursive: true })
  await writeRows(join(folder, lineagePath), lineage(ledger, seedTexts), {})
}

function holdsOf(name: string, type: ColumnType): string {
  if (name in extraColumns) return extraColumns[name as keyof typeof extraColumns].title.replaceAll('`', '')
  if (typeof type === 'string') return name === 'system' ? 'the system prompt' : `the ${name}`
  return type.list === 'string' ? 'a list of texts' : `the conversation, a list of ${Object.keys(type.list).join(' and ')}`
}

async function write(folder: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text).catch((cause: Error) => {
    throw new SediError('storage', `Cannot write ${join(folder, path)}: ${cause.message}.`, { cause })
  })
}

async function fileOf(folder: string, path: string): Promise<PackageFile> {
  const { size: bytes } = await stat(join(folder, path))
  const sha256 = createHash('sha256')
  const gitSha1 = createHash('sha1').update(`blob ${bytes}\0`)
  for await (const part of createReadStream(join(folder, path))) {
    sha256.update(part)
    gitSha1.update(part)
  }
  return { path, bytes, sha256: sha256.digest('hex'), gitSha1: gitSha1.digest('hex') }
}
