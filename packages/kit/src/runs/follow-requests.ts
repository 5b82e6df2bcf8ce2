import { type OpenRun, type RunRequest, SediError } from '@sedi/spec'

const reasons: Readonly<Record<RunRequest['action'], string>> = {
  pause: 'paused by sedi pause',
  cancel: 'cancelled by sedi cancel',
}

/** Joins the caller's own signal with what other processes ask for. A cancel may follow a pause while what is in flight is finished. */
export function followRequests(
  run: Pick<OpenRun, 'onRequest'>,
  stop: AbortSignal,
  onNotice: (message: string) => void,
): { readonly stop: AbortSignal; readonly cancel: AbortSignal } {
  const pausing = new AbortController()
  const cancelling = new AbortController()
  run.onRequest((action) => {
    onNotice(
      action === 'pause'
        ? 'Pausing, as asked by sedi pause: what is in flight is finished.'
        : 'Cancelling, as asked by sedi cancel: what is in flight is finished.',
    )
    const reason = new SediError('aborted', reasons[action])
    if (action === 'cancel') cancelling.abort(reason)
    pausing.abort(reason)
  })
  return { stop: AbortSignal.any([stop, pausing.signal]), cancel: cancelling.signal }
}
