/** What one server puts up with. Sizes in bytes, times in milliseconds. */
export type ServerLimits = {
  /** Requests of one address in a minute. @default 3000 */
  readonly requestsPerMinute: number
  /** Runs created or resumed by one address in a minute. @default 60 */
  readonly startsPerMinute: number
  /** Wrong tokens of one address in a minute. @default 10 */
  readonly wrongTokensPerMinute: number
  /** A JSON body. @default 4 MiB */
  readonly bodyBytes: number
  /** Rows handed to a service. @default 64 MiB */
  readonly uploadBytes: number
  /** Memory of one service at work. @default 512 */
  readonly serviceMegabytes: number
  /** Services at work at once. @default 2 */
  readonly services: number
  /** Analyses at work at once, of each kind: comparisons, maps, replays at other thresholds, shadow baselines. @default 1 */
  readonly analyses: number
  /** Memory of one analysis, beside what its indexes take. @default 2048 */
  readonly analysisMegabytes: number
  /** Streams of events at once. @default 1000 */
  readonly streams: number
  /** Processes of runs at once that this server started. @default 8 */
  readonly runs: number
  /** How long a reader may take nothing of a stream before it is let go. @default 60000 */
  readonly slowReaderMs: number
}

export const defaultLimits: ServerLimits = {
  requestsPerMinute: 3000,
  startsPerMinute: 60,
  wrongTokensPerMinute: 10,
  bodyBytes: 4 * 1024 * 1024,
  uploadBytes: 64 * 1024 * 1024,
  serviceMegabytes: 512,
  services: 2,
  analyses: 1,
  analysisMegabytes: 2048,
  streams: 1000,
  runs: 8,
  slowReaderMs: 60_000,
}
