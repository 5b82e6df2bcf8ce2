import type { Reply } from '../fake-provider/reply.ts'
import type { JobEvent, TuningJob } from './stored.ts'

/** A page of a list: newest first, `after` is the id of the last one seen. */
export function pageOf<Stored extends { readonly id: string }>(
  newestFirst: readonly Stored[],
  query: URLSearchParams,
  show: (stored: Stored) => object,
): object {
  const after = query.get('after')
  const limit = Math.min(100, Number(query.get('limit') ?? 20))
  const start = after === null ? 0 : newestFirst.findIndex(({ id }) => id === after) + 1
  const shown = newestFirst.slice(start, start + limit)
  const ends = { first_id: shown[0]?.id ?? null, last_id: shown.at(-1)?.id ?? null }
  return { object: 'list', data: shown.map(show), ...ends, has_more: start + limit < newestFirst.length }
}

/** Small pages where the scenario is about paging, whatever is asked for. Numbers that JSON does not have are written as Python writes them. */
export function pageOfEvents(job: TuningJob, query: URLSearchParams, show: (event: JobEvent) => object): Reply {
  const newestFirst = job.events.toReversed()
  let page = pageOf(newestFirst, query, show)
  if (job.scenario === 'overlapping-pages' || job.scenario === 'endless-pages') {
    const after = newestFirst.findIndex(({ id }) => id === query.get('after'))
    const start = job.scenario === 'overlapping-pages' ? Math.max(0, after) : (after + 1) % Math.max(1, newestFirst.length)
    const size = 3
    const shown = newestFirst.slice(start, start + size)
    page = {
      object: 'list',
      data: shown.map(show),
      last_id: shown.at(-1)?.id ?? null,
      has_more: job.scenario === 'endless-pages' || start + size < newestFirst.length,
    }
  }
  const body = JSON.stringify(page, (_, value: unknown) => (Number.isNaN(value) ? '__NaN__' : value)).replaceAll('"__NaN__"', 'NaN')
  return { status: 200, body }
}
