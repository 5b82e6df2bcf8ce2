// Exit 0 when the server answers; for HEALTHCHECK.
const answered = await fetch(`http://127.0.0.1:${process.env.SEDI_PORT ?? 4870}/healthz`, { signal: AbortSignal.timeout(4000) }).catch(() => undefined)
process.exit(answered?.ok === true ? 0 : 1)
