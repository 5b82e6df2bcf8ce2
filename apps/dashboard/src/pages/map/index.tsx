import type { ReactElement } from 'react'
import { DiversitySection } from './diversity-section.tsx'
import './map.css'
import { TrainingSection } from './training-section.tsx'

/** What was written, as a map; and how training went through it, batch by batch. */
export default function MapAndBatches({ run }: { readonly run: string }): ReactElement {
  return (
    <div className="stack">
      <DiversitySection run={run} />
      <TrainingSection run={run} />
    </div>
  )
}
