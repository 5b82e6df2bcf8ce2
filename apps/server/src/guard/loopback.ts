const names: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])

/** Whether only this machine can reach who listens there. */
export const isLoopback = (host: string): boolean => names.has(host)

/** Under which names a server on loopback may be addressed. */
export const loopbackNames = (port: number): string[] => ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)

export const urlOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`
