const dotted = /(?<![\p{L}\p{N}.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\p{L}\p{N}]|[./]\d)/gu
const colons = /(?<![\p{L}\p{N}:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\p{L}\p{N}:/])/gu
const versionBefore = /(?:version|release|build|firmware|driver|v|ver)[.: ]{0,2}$/i

/** Services everybody names: Google’s, Cloudflare’s and Quad9’s resolvers. */
const famous = new Set(['8.8.8.8', '8.8.4.4', '1.1.1.1', '1.0.0.1', '9.9.9.9'])

/** A single address that may lead to somebody: no private, local, multicast or documentation range (RFC 1918, 5737, 3849), no network in CIDR form, no version number. */
export function hasIpAddress(text: string): boolean {
  for (const { 0: found, 1: a, 2: b, 3: c, 4: d, index } of text.matchAll(dotted)) {
    const parts = [a!, b!, c!, d!]
    const written = parts.every((part) => Number(part) <= 255 && String(Number(part)) === part)
    if (written && isPublic(Number(a), Number(b), Number(c)) && !famous.has(found) && !versionBefore.test(text.slice(Math.max(0, index - 12), index)))
      return true
  }
  for (const [found] of text.matchAll(colons)) if (isPublicV6(found)) return true
  return false
}

function isPublic(a: number, b: number, c: number): boolean {
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false
  if ((a === 192 && b === 168) || (a === 172 && b >= 16 && b <= 31) || (a === 169 && b === 254) || (a === 100 && b >= 64 && b <= 127)) return false
  return !((a === 192 && b === 0) || (a === 198 && (b === 18 || b === 19)) || (a === 198 && b === 51 && c === 100) || (a === 203 && b === 0 && c === 113))
}

/** Eight groups, or at least four and one gap; global unicast (2000::/3), without 2001:db8::/32. */
function isPublicV6(text: string): boolean {
  const groups = text.split(':')
  const filled = groups.filter((group) => group !== '')
  const gaps = text.split('::').length - 1
  const whole = gaps === 0 ? groups.length === 8 && filled.length === 8 : gaps === 1 && filled.length >= 4 && filled.length < 8
  return whole && /^[23][0-9a-f]{3}$/i.test(groups[0]!) && !/^2001:0?db8(:|$)/i.test(text)
}
