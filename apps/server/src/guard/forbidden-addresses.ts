import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import type { Issue } from '@sedi/spec'

// Link-local, where clouds answer with the machine's own credentials, and the addresses outside it where some of them do.
const forbidden = new BlockList()
forbidden.addSubnet('169.254.0.0', 16, 'ipv4')
forbidden.addSubnet('fe80::', 10, 'ipv6')
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')
forbidden.addAddress('fd00:ec2::254', 'ipv6')
forbidden.addAddress('fd20:ce::254', 'ipv6')
forbidden.addAddress('100.100.100.200', 'ipv4')
forbidden.addAddress('192.0.0.192', 'ipv4')
forbidden.addAddress('168.63.129.16', 'ipv4')

const metadataNames = new Set(['metadata.google.internal', 'metadata.goog', 'metadata', 'instance-data', 'instance-data.ec2.internal'])

/**
 * Addresses in a configuration that lead to link-local or metadata services: through them, whoever sends a configuration would read the
 * machine's own credentials. Names are resolved; one that does not resolve now is let through, and is resolved again by whoever asks it.
 *
 * @param allowed host names that are asked all the same
 */
export async function forbiddenAddressesIn(config: unknown, allowed: readonly string[]): Promise<readonly Issue[]> {
  const issues: Issue[] = []
  for (const { key, host } of hostsIn(config, [])) {
    if (allowed.includes(host) || !(await isForbidden(host))) continue
    issues.push({
      path: key,
      code: 'forbidden-address',
      message: `“${host}” is a link-local or metadata address, which this server does not ask; start it with --allow-host ${host} if it should`,
    })
  }
  return issues
}

function hostsIn(value: unknown, key: readonly string[]): { readonly key: string; readonly host: string }[] {
  if (typeof value === 'string') {
    const host = /^(https?|wss?):/i.test(value.trim()) && URL.canParse(value) ? new URL(value).hostname : ''
    return host === '' ? [] : [{ key: key.join('.'), host: host.replace(/^\[|\]$/g, '').replace(/\.$/, '') }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => hostsIn(inner, [...key, name]))
}

async function isForbidden(host: string): Promise<boolean> {
  if (metadataNames.has(host.toLowerCase())) return true
  const addresses = isIP(host) > 0 ? [{ address: host }] : await lookup(host, { all: true }).catch(() => [])
  return addresses.some(({ address }) => forbidden.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'))
}
