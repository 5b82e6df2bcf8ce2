import type { ReactElement } from 'react'
import { Link } from 'wouter'
import type { RunOverview } from '../../api/runs.ts'
import { formatCount, formatShare } from '../../format.ts'

/** Why texts were rejected; each reason leads to what it rejected. */
export function RejectionPanel({ run, overview }: { readonly run: string; readonly overview: RunOverview }): ReactElement {
  const reasons = Object.entries(overview.rejected)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
  const most = reasons[0]?.[1] ?? 0
  const list = `/runs/${encodeURIComponent(run)}/instructions`
  return (
    <section className="panel" aria-labelledby="rejected">
      <h2 id="rejected">Rejected</h2>
      {reasons.length === 0 ? (
        <p className="muted">Nothing has been rejected yet.</p>
      ) : (
        <>
          <p className="muted">
            {formatCount(overview.raw - overview.kept)} of {formatCount(overview.raw)} texts ({formatShare(1 - overview.kept / overview.raw)}), by reason. Each
            leads to the texts.
          </p>
          <table className="reasons">
            <thead>
              <tr>
                <th scope="col">Reason</th>
                <th scope="col" className="figure">
                  Texts
                </th>
                <th scope="col" className="figure">
                  Of all written
                </th>
                <td className="reason-bar-head" aria-hidden="true" />
              </tr>
            </thead>
            <tbody>
              {reasons.map(([reason, count]) => (
                <tr key={reason}>
                  <th scope="row">
                    <Link href={`${list}?verdict=rejected&reason=${reason}`}>{reason}</Link>
                  </th>
                  <td className="figure">{formatCount(count)}</td>
                  <td className="figure">{formatShare(count / overview.raw)}</td>
                  <td className="reason-bar" aria-hidden="true">
                    <span style={{ width: `${(100 * count) / most}%` }} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  )
}
