/**
 * Milliseconds since the machine started (Linux `CLOCK_MONOTONIC`, and what the other systems have like it). Processes of one machine read
 * the same number; setting the clock does not move it, and it stands still while a laptop sleeps, which makes a window longer, never shorter.
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6
