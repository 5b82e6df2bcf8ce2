// Reached before the first byte of the request: finding the host, connecting to it, trusting its certificate.
const beforeSending = /^(?:connect|getaddrinfo)$/
const connectionCodes = /^UND_ERR_CONNECT_TIMEOUT$|CERT|^UNABLE_TO_VERIFY_LEAF_SIGNATURE$/

type NetworkError = { readonly code?: unknown; readonly syscall?: unknown; readonly socket?: unknown; readonly cause?: unknown; readonly errors?: unknown }

/** True when it is certain that nothing of the request left this machine, so that it cannot have been charged. Looks through causes. */
export function wasNeverSent(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, syscall, socket, cause, errors } = error as NetworkError
  if (beforeSending.test(String(syscall)) || connectionCodes.test(String(code))) return true
  // undici's SocketError says how much went out over the connection it lost.
  if (typeof socket === 'object' && socket !== null && 'bytesWritten' in socket && socket.bytesWritten === 0) return true
  // One error per address tried (IPv6 and IPv4 of one name).
  if (Array.isArray(errors) && errors.length > 0 && errors.every(wasNeverSent)) return true
  return wasNeverSent(cause)
}
