// Runs of what numbers are written with, bounded in length; what they mean is decided below.
const international = /(?<![\p{L}\p{N}+.,/=*^)-])(?<![\p{N}=*/^)] )(?:\+|00)[1-9 ][\d ().\-/]{6,22}\d(?!\p{L})/gu
const northAmerican = /(?<![\p{L}\p{N}+.\-/$€£])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?![\p{L}\p{N}]|[-./,]\d)/gu
const words = [
  ...['phone', 'telephone', 'tel', 'mobile', 'cell', 'fax', 'whatsapp'],
  ...['telefon', 'telefonnummer', 'handy', 'mobil', 'téléphone', 'tél', 'portable', 'teléfono', 'móvil', 'celular', 'telefone', 'telemóvel', 'telefono', 'cellulare', 'telefoon'],
  ...['телефон', 'тел', 'τηλέφωνο', 'هاتف', 'फ़ोन', 'फोन', '電話', '电话', '手机', '전화'],
] // biome-ignore format: languages in groups
const named = new RegExp(`(?<!\\p{L})(?:${words.join('|')})(?!\\p{L})[^\\d\\n+]{0,12}(\\(?\\d[\\d ().\\-/]{5,20}\\d)(?!\\p{L})`, 'giu')

const dateLike = /^\(?(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})/
const digitsOf = (text: string): string => text.replace(/\D/g, '')

/**
 * Numbers in international form (`+49 30 …`), North American ones with their punctuation, and any number of 7 to 15 digits behind a word for
 * “phone”. Numbers kept free for fiction (555-01xx; 020 7946 0xxx) are passed.
 */
export function hasPhoneNumber(text: string): boolean {
  for (const [found] of text.matchAll(international)) {
    const digits = digitsOf(found).replace(/^00/, '')
    const grouped = /\d[ ().\-/]+\d/.test(found)
    if (digits.length >= (grouped ? 9 : 10) && digits.length <= 15 && !isFictional(digits)) return true
  }
  for (const [found] of text.matchAll(northAmerican)) {
    if (/[(.-]/.test(found) && !isFictional(digitsOf(found))) return true
  }
  for (const [, found] of text.matchAll(named)) {
    const digits = digitsOf(found!)
    if (digits.length >= 7 && digits.length <= 15 && !dateLike.test(found!) && !isFictional(digits)) return true
  }
  return false
}

/** Sources: NANPA (555-0100 to 555-0199), Ofcom (numbers for drama use). */
function isFictional(digits: string): boolean {
  return /^(?:1?\d{3})?55501\d\d$/.test(digits) || /^(?:44|0)?(?:20|0?20)?79460\d{3}$/.test(digits)
}
