import type { DiversityMap, Training, TrainingBatch } from '@sedi/spec/api'
import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { getJson, runAddress } from './client.ts'

/** The run’s texts in a plane. The first who asks sets the computing going; it is asked again until it is there. */
export const useMap = (run: string, points: number): UseQueryResult<DiversityMap> =>
  useQuery({
    queryKey: ['run', run, 'map', points],
    queryFn: ({ signal }) => getJson<DiversityMap>(runAddress(run, '/map', { points }), signal),
    refetchInterval: ({ state: { data } }) => (data?.state !== 'computing' ? false : data.points.length === 0 ? 700 : 5_000),
    staleTime: 60_000,
  })

export const useTraining = (run: string, points: number, live: boolean): UseQueryResult<Training> =>
  useQuery({
    queryKey: ['run', run, 'training', points],
    queryFn: ({ signal }) => getJson<Training>(runAddress(run, '/training', { points }), signal),
    refetchInterval: live ? 5_000 : false,
  })

/** One batch with its instructions; without a step nothing is asked. */
export const useTrainingBatch = (run: string, step: number | undefined): UseQueryResult<TrainingBatch> =>
  useQuery({
    queryKey: ['run', run, 'batch', step],
    queryFn: ({ signal }) => getJson<TrainingBatch>(runAddress(run, `/batches/${step}`), signal),
    enabled: step !== undefined,
    staleTime: 10_000,
  })
