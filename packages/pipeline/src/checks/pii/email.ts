// Up to 64 characters before the @ and eight labels after it: bounded, so that the search stays linear whatever the text.
const address = /(?<![\p{L}\p{N}])([\p{L}\p{N}_][\p{L}\p{N}._%+-]{0,63})@((?:[\p{L}\p{N}-]{1,63}\.){1,8})(\p{L}{2,24})(?![\p{L}\p{N}])/gu

/** Generic top-level domains people have addresses in; every two-letter one counts as a country's. `icon@2x.png` and `a@b.shape` are none. */
const genericDomains = new Set(
  'com org net edu gov mil int info biz name pro dev app tech online site store shop blog xyz cloud email live news agency digital studio design'.split(' '),
)

/** RFC 2606 and RFC 6761: names that belong to nobody. */
const reservedDomain = /(?:^|\.)(?:example\.(?:com|net|org|edu)|(?:example|test|invalid|localhost|local))$/i

/** Senders that are no person. */
const machines = new Set(['git', 'noreply', 'no-reply', 'donotreply', 'do-not-reply', 'mailer-daemon'])

export function hasEmail(text: string): boolean {
  if (!text.includes('@')) return false
  for (const [, name, labels, top] of text.matchAll(address)) {
    const real = top!.length === 2 || genericDomains.has(top!.toLowerCase()) || !/^[a-z]/i.test(top!)
    if (real && !reservedDomain.test(labels! + top!) && !machines.has(name!.toLowerCase())) return true
  }
  return false
}
