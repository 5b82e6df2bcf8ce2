import type { ReactElement } from 'react'
import { Dialog } from '../../parts/dialog.tsx'

type Props = { readonly atWork: boolean; readonly onClose: () => void; readonly onStop: (action: 'pause' | 'cancel') => void }

/** Cancelling loses the rest of a run for good, so it is asked once more; pausing loses nothing. */
export function CancelDialog({ atWork, onClose, onStop }: Props): ReactElement {
  return (
    <Dialog title="Cancel this run for good?" onClose={onClose}>
      <p>
        What it recorded stays and can be read, exported and compared. It cannot be continued.
        {atWork && ' What is in flight is finished and recorded first. To go on another time, pause it instead.'}
      </p>
      <div className="row dialog-buttons">
        <button type="button" className="button" onClick={onClose}>
          Leave it
        </button>
        {atWork && (
          <button type="button" className="button" onClick={() => onStop('pause')}>
            Pause instead
          </button>
        )}
        <button type="button" className="button danger" onClick={() => onStop('cancel')}>
          Cancel the run
        </button>
      </div>
    </Dialog>
  )
}
