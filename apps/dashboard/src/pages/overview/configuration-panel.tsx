import type { ReactElement } from 'react'
import { Link } from 'wouter'
import type { RunDetail } from '../../api/runs.ts'

type Props = { readonly run: string; readonly detail: RunDetail | undefined; readonly notes: readonly string[] }

/** What the run was told, and what is off, advisory or unknown in it. */
export function ConfigurationPanel({ run, detail, notes }: Props): ReactElement {
  const said = [...new Set([...notes, ...(detail?.warnings ?? [])])]
  return (
    <section className="panel stack-tight" aria-labelledby="configuration">
      <h2 id="configuration">Configuration</h2>
      {said.length > 0 && (
        <ul className="notes">
          {said.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {detail !== undefined && (
        <>
          <details>
            <summary>All of it, with every default</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
            <pre className="json" tabIndex={0}>
              {JSON.stringify(detail.config, null, 2)}
            </pre>
          </details>
          <p className="muted">
            Recipe {detail.recipe}. Digest of the results: <code>{detail.digest.slice(0, 16)}</code>.{' '}
            <Link href={`/new?from=${encodeURIComponent(run)}`}>Plan a run like this one</Link>.
          </p>
        </>
      )}
    </section>
  )
}
