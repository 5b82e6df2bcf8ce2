import { defineCheck, describeFields, eachTask } from './check.ts'
import { hasApiKey } from './pii/api-key.ts'
import { hasCardNumber } from './pii/card-number.ts'
import { hasEmail } from './pii/email.ts'
import { hasIban } from './pii/iban.ts'
import { hasIpAddress } from './pii/ip-address.ts'
import { hasNationalId } from './pii/national-id.ts'
import { hasPhoneNumber } from './pii/phone-number.ts'

const kinds: readonly (readonly [name: string, has: (text: string) => boolean])[] = [
  ['an e-mail address', hasEmail],
  ['a phone number', hasPhoneNumber],
  ['an IBAN', hasIban],
  ['a credit card number', hasCardNumber],
  ['an IP address', hasIpAddress],
  ['a national identity number', hasNationalId],
  ['an API key', hasApiKey],
]

/**
 * Personal data and secrets that have a form: found by pattern and, where there is one, by checksum. What is reserved for documentation
 * (example.com, 555-01xx, 192.0.2.1, test cards) is passed. Names, addresses and birthdays have no form and are not found. The finding names the
 * kind and the field, never the text.
 */
export default defineCheck({
  id: 'pii',
  title: 'e-mail addresses, phone, card, bank and identity numbers, public IP addresses, API keys',
  defaultMode: 'flag',
  create: eachTask((task) => describeFields(task, kindsOfPersonalData)),
})

/** The kinds a text has, in a fixed order. Cost O(characters). */
export function kindsOfPersonalData(text: string): string[] {
  // Each kind needs one of these; most texts end here.
  if (!/[@\d_]|--/.test(text)) return []
  return kinds.filter(([, has]) => has(text)).map(([name]) => name)
}
