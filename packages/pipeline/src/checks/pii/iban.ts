/** Lengths by country. Source: SWIFT, IBAN registry, release 99. */
const lengths: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BR: 29, BY: 28, CH: 21, CR: 22, CY: 28, CZ: 24, DE: 22, DK: 18, DO: 28,
  EE: 20, EG: 29, ES: 24, FI: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27, GT: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26,
  IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28, LI: 21, LT: 20, LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22, MK: 19, MR: 27, MT: 31, MU: 30, NL: 18,
  NO: 15, PK: 24, PL: 28, PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, SA: 24, SE: 24, SI: 19, SK: 24, SM: 27, TN: 24, TR: 26, UA: 29, VA: 22, XK: 20,
} // biome-ignore format: a table

const beginning = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?=[ -]?[A-Z0-9])/gu

/** Printed in every text book. */
const samples = new Set(['DE89370400440532013000', 'GB29NWBK60161331926819', 'GB82WEST12345698765432', 'FR1420041010050500013M02606'])

/** A bank account number in its country's length whose checksum is right (ISO 13616, remainder 1 modulo 97). */
export function hasIban(text: string): boolean {
  for (const { 0: found, index } of text.matchAll(beginning)) {
    const length = lengths[found.slice(0, 2)]
    if (length === undefined) continue
    // At most one space or hyphen between characters.
    const number = /^[A-Z0-9](?:[ -]?[A-Z0-9])*/
      .exec(text.slice(index, index + 2 * length))![0]
      .replace(/[ -]/g, '')
      .slice(0, length)
    if (number.length === length && remainder97(number) === 1 && !samples.has(number)) return true
  }
  return false
}

function remainder97(number: string): number {
  const moved = number.slice(4) + number.slice(0, 4)
  let remainder = 0
  for (const character of moved) {
    const value = Number.parseInt(character, 36)
    remainder = (remainder * (value < 10 ? 10 : 100) + value) % 97
  }
  return remainder
}
