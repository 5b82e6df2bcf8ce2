import type { ReactElement } from 'react'
import { formatNumber } from '../../format.ts'

type Props = { readonly score: number; readonly threshold: number; readonly measure: 'rouge-l' | 'cosine' }

/** A score from 0 to 1 beside the threshold above which a text is rejected. */
export function ScoreBar({ score, threshold, measure }: Props): ReactElement {
  const name = measure === 'cosine' ? 'Cosine' : 'ROUGE-L'
  return (
    <div className="score-bar">
      <svg viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
        <rect className="track" width="1000" height="12" rx="6" />
        <rect className={score > threshold ? 'over' : 'under'} width={Math.max(0, Math.min(1, score)) * 1000} height="12" rx="6" />
        <rect className="limit" x={threshold * 1000 - 2} width="4" height="12" />
      </svg>
      <p>
        {name} <strong>{formatNumber(score)}</strong> <span className="muted">· rejected above {formatNumber(threshold)}</span>
      </p>
    </div>
  )
}
