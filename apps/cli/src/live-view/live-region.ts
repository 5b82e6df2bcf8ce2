import { stripVTControlCharacters } from 'node:util'

/** What of a terminal is needed; that of a process is one. */
export type TerminalStream = NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number }

/**
 * Some lines at the end of a terminal that are drawn again in their place; other texts scroll above them.
 *
 * The cursor rests at the beginning of the row below, visible as ever: whatever ends the process, there is nothing to restore. A terminal that was
 * made narrower has wrapped the lines; they are counted as it shows them now.
 */
export type LiveRegion = {
  readonly columns: () => number
  readonly rows: () => number
  /** Replaces what the region shows. Every line has to fit into `columns`, all of them into `rows` less one. */
  draw(lines: readonly string[]): void
  /** A text that stays, above. */
  above(text: string): void
  /** Takes the region off the screen. */
  clear(): void
}

export function createLiveRegion(stream: TerminalStream): LiveRegion {
  let shown: readonly string[] = []
  const columns = (): number => stream.columns || 80
  const rows = (): number => stream.rows || 24

  /** To the beginning of what is shown. */
  function up(): string {
    const taken = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns())), 0)
    return taken === 0 ? '\r' : `\r\u001b[${Math.min(taken, rows() - 1)}A`
  }
  const written = (lines: readonly string[]): string => lines.map((line) => `${line}\u001b[K\n`).join('')

  return {
    columns,
    rows,
    draw(lines) {
      if (lines.length === shown.length && lines.every((line, i) => line === shown[i])) return
      // One write, over what is there: a terminal shows no state in between.
      stream.write(`${up()}${written(lines)}\u001b[J`)
      shown = lines
    },
    above(text) {
      stream.write(`${up()}\u001b[J${text}\n${written(shown)}`)
    },
    clear() {
      if (shown.length > 0) stream.write(`${up()}\u001b[J`)
      shown = []
    },
  }
}
