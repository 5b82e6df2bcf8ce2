type Form = { readonly pattern: RegExp; readonly isValid?: (digits: string, found: string) => boolean }

const dni = 'TRWAGMYFPDXBNJZSQVHLCKE'
const remainder = (digits: string, modulus: number): number => Number(BigInt(digits) % BigInt(modulus))

/** Sums digits × weights. */
const weighted = (digits: string, weights: readonly number[]): number => weights.reduce((sum, weight, i) => sum + weight * Number(digits[i]), 0)

const forms: readonly Form[] = [
  // United States, social security number: the hyphens are required; ranges that are never issued and the advertised samples are passed.
  {
    pattern: /(?<![\p{L}\p{N}-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\p{L}\p{N}]|-\d)/gu,
    isValid: (digits) => !['123456789', '078051120', '219099999', '111111111', '987654321'].includes(digits),
  },
  // United Kingdom, national insurance number, with its spaces or as one word.
  { pattern: /(?<![\p{L}\p{N}])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:\d{6}| \d{2} \d{2} \d{2} )[A-D](?![\p{L}\p{N}])/gu },
  // Spain, DNI and NIE: the letter is the number modulo 23.
  {
    pattern: /(?<![\p{L}\p{N}])[XYZ\d]-?\d{7}-?[A-HJ-NP-TV-Z](?![\p{L}\p{N}])/gu,
    isValid: (_, found) => {
      const bare = found.replaceAll('-', '')
      const number = bare.slice(0, -1).replace('X', '0').replace('Y', '1').replace('Z', '2')
      return bare !== '12345678Z' && dni[Number(number) % 23] === bare.at(-1)
    },
  },
  // Italy, codice fiscale: letters, year, month letter, day, municipality, check letter.
  { pattern: /(?<![\p{L}\p{N}])[A-Z]{6}\d{2}[ABCDEHLMPRST](?:[04][1-9]|[1256]\d|[37][01])[A-Z]\d{3}[A-Z](?![\p{L}\p{N}])/gu },
  // France, NIR: the last two digits are 97 minus the rest modulo 97.
  {
    pattern: /(?<![\p{L}\p{N}])[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}(?![\p{L}\p{N}])/gu,
    isValid: (digits) => Number(digits.slice(13)) === 97 - remainder(digits.slice(0, 13), 97),
  },
  // Brazil, CPF, with its punctuation: two check digits.
  {
    pattern: /(?<![\p{L}\p{N}.])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\p{L}\p{N}])/gu,
    isValid: (digits) => {
      const checkDigit = (length: number): number =>
        ((weighted(
          digits,
          Array.from({ length }, (_, i) => length + 1 - i),
        ) *
          10) %
          11) %
        10
      return !/^(\d)\1*$/.test(digits) && digits !== '12345678909' && checkDigit(9) === Number(digits[9]) && checkDigit(10) === Number(digits[10])
    },
  },
  // China, resident identity number: a date of birth inside, ISO 7064 MOD 11-2 at the end.
  {
    pattern: /(?<![\p{L}\p{N}])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\p{L}\p{N}])/gu,
    isValid: (_, found) => '10X98765432'[weighted(found, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] === found.at(-1)!.toUpperCase(),
  },
]

/** Numbers by which a state knows a person, of seven countries, each in its own form and with its own checksum. */
export function hasNationalId(text: string): boolean {
  return forms.some(({ pattern, isValid }) => {
    for (const [found] of text.matchAll(pattern)) if (isValid?.(found.replace(/\D/g, ''), found) ?? true) return true
    return false
  })
}
