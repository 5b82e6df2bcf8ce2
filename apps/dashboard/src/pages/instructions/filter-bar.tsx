import { type ReactElement, useEffect, useRef, useState } from 'react'
import type { RowFilters } from '../../api/instructions.ts'
import { reasonWords } from './why.ts'

type Props = {
  readonly filters: RowFilters
  /** Rounds the run has begun. */
  readonly rounds: number
  readonly onChange: (change: RowFilters) => void
}

/** Typing pauses this long before it is searched for. */
const typingMs = 300

/** What the list is narrowed to; each choice is in the address. */
export function FilterBar({ filters, rounds, onChange }: Props): ReactElement {
  const show = (verdict: string | undefined, reason: string | undefined): string => (reason === undefined ? (verdict ?? '') : `reason:${reason}`)
  const pick = (value: string): void =>
    onChange(value.startsWith('reason:') ? { verdict: 'rejected', reason: value.slice(7) } : { verdict: value || undefined, reason: undefined })
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  return (
    <search className="filter-bar">
      <SearchField value={filters.search ?? ''} onChange={(search) => onChange({ search: search || undefined })} />
      <label>
        <span className="hidden-text">Verdict</span>
        <select value={show(filters.verdict, filters.reason)} onChange={({ target }) => pick(target.value)}>
          <option value="">Kept and rejected</option>
          <option value="kept">Kept</option>
          <option value="rejected">Rejected</option>
          <optgroup label="Rejected because it">
            {Object.entries(reasonWords).map(([reason, words]) => (
              <option key={reason} value={`reason:${reason}`}>
                {words} ({reason})
              </option>
            ))}
          </optgroup>
        </select>
      </label>
      <label>
        <span className="hidden-text">Round</span>
        <select value={filters.round ?? ''} onChange={({ target }) => onChange({ round: target.value || undefined })}>
          <option value="">All rounds</option>
          {Array.from({ length: Math.max(rounds, Number(filters.round ?? 0)) }, (_, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a round is its number
            <option key={i} value={i + 1}>
              Round {i + 1}
            </option>
          ))}
        </select>
      </label>
      {isFiltered && (
        <button type="button" className="button quiet" onClick={() => onChange({ verdict: undefined, reason: undefined, round: undefined, search: undefined })}>
          Show all
        </button>
      )}
    </search>
  )
}

/** Searches when typing pauses, at once with Enter. */
function SearchField({ value, onChange }: { readonly value: string; readonly onChange: (value: string) => void }): ReactElement {
  const [typed, setTyped] = useState(value)
  const sent = useRef(value)
  if (value !== sent.current) {
    sent.current = value
    if (typed !== value) setTyped(value)
  }
  const send = (text: string): void => {
    if (text === sent.current) return
    sent.current = text
    onChange(text)
  }
  useEffect(() => {
    const timer = setTimeout(() => send(typed.trim()), typingMs)
    return () => clearTimeout(timer)
  })
  return (
    <label className="search-field">
      <span className="hidden-text">Search in instruction, input and output</span>
      <input
        type="search"
        placeholder="Search the texts"
        value={typed}
        maxLength={200}
        onChange={({ target }) => setTyped(target.value)}
        onKeyDown={({ key }) => key === 'Enter' && send(typed.trim())}
      />
    </label>
  )
}
