const digitRun = /(?<![\p{L}\p{N}.,+-])\d(?:[ -]?\d){12,18}(?![\p{L}\p{N}])/gu
// As printed on cards: fours, or 4-6-5; with one kind of separator, or none.
const printed = /^(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{5})$/

/** Issuer and length: Visa, Mastercard (two ranges), American Express, Discover, Diners Club, JCB, UnionPay. Source: ISO/IEC 7812 issuer ranges. */
const issued =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14})$/

/** What payment services publish for tests. */
const testCards = new Set(['4111111111111111', '4242424242424242', '4012888888881881', '5555555555554444', '5105105105105100', '378282246310005', '371449635398431', '6011111111111117', '30569309025904', '3530111333300000']) // biome-ignore format: a list

/** A number of an issuer's range and length, grouped as on a card, whose Luhn checksum is right. */
export function hasCardNumber(text: string): boolean {
  for (const [found] of text.matchAll(digitRun)) {
    const digits = found.replace(/\D/g, '')
    if (printed.test(found) && issued.test(digits) && passesLuhn(digits) && !testCards.has(digits)) return true
  }
  return false
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    sum += i % 2 === 0 ? digit : digit < 5 ? 2 * digit : 2 * digit - 9
  }
  return sum % 10 === 0
}
