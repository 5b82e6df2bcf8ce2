/**
 * The closed vocabularies of the world. Every operand of every task comes from here, so a checker can name it and a small
 * student can learn it. Facts are one to one unless a docstring says otherwise.
 */

/** Members of each category; no word is in two of them, and none begins with a vowel, so that "a" is always right before it. */
export const categories: Readonly<Record<string, readonly string[]>> = {
  fruit: ['pear', 'plum', 'cherry', 'grape', 'lemon', 'banana'],
  vegetable: ['carrot', 'potato', 'cabbage', 'bean', 'leek', 'pepper'],
  tool: ['hammer', 'saw', 'drill', 'rake', 'spade', 'ladder'],
  clothing: ['coat', 'hat', 'scarf', 'shirt', 'sock', 'boot'],
  furniture: ['table', 'chair', 'bed', 'sofa', 'desk', 'bench'],
  vehicle: ['car', 'bus', 'train', 'bicycle', 'boat', 'tram'],
  animal: ['dog', 'cat', 'horse', 'goat', 'mouse', 'wolf'],
}

export const things: readonly string[] = Object.values(categories).flat()

/** What shopping and packing lists are made of. */
export const groceries: readonly string[] = [...categories.fruit!, ...categories.vegetable!]

/** Things one can buy and carry. */
export const objects: readonly string[] = [...groceries, ...categories.tool!, ...categories.clothing!, ...categories.furniture!]

/** Category → how a question names its members. */
export const categoryPlurals: Readonly<Record<string, string>> = {
  fruit: 'fruits',
  vegetable: 'vegetables',
  tool: 'tools',
  clothing: 'clothes',
  furniture: 'pieces of furniture',
  vehicle: 'vehicles',
  animal: 'animals',
}

export function categoryOf(thing: string): string | undefined {
  return Object.keys(categories).find((category) => categories[category]!.includes(thing))
}

export const people: readonly string[] = ['Dana', 'Omar', 'Lena', 'Marco', 'Priya', 'Tom', 'Yuki', 'Grace', 'Nora', 'Sam', 'Rosa', 'Amina']

export const surnames: readonly string[] = ['Lopez', 'Weber', 'Okafor', 'Tanaka', 'Silva', 'Novak', 'Khan', 'Larsen']

export const weekdays: readonly string[] = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

export const months: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

export const colours: readonly string[] = ['red', 'blue', 'green', 'yellow', 'white', 'black', 'brown', 'pink']

/** Things people have several of. */
export const goods: readonly string[] = ['pens', 'books', 'coins', 'cards', 'cups', 'shells', 'stamps', 'tickets']

export const numberWords: readonly string[] = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
  'eighteen',
  'nineteen',
  'twenty',
]

/** Adjective → opposite, in both directions. */
export const opposites: Readonly<Record<string, string>> = bothWays({
  hot: 'cold',
  early: 'late',
  full: 'empty',
  light: 'dark',
  fast: 'slow',
  hard: 'soft',
  wet: 'dry',
  old: 'new',
  loud: 'quiet',
  strong: 'weak',
  happy: 'sad',
  clean: 'dirty',
})

/** Word → a plainer word of the same meaning. */
export const synonyms: Readonly<Record<string, string>> = {
  begin: 'start',
  finish: 'end',
  purchase: 'buy',
  assist: 'help',
  ill: 'sick',
  gift: 'present',
  store: 'shop',
  repair: 'fix',
  select: 'choose',
  speak: 'talk',
  rapid: 'quick',
  large: 'big',
}

/** Noun → plural, where adding an s is not enough. */
export const plurals: Readonly<Record<string, string>> = {
  child: 'children',
  mouse: 'mice',
  foot: 'feet',
  tooth: 'teeth',
  goose: 'geese',
  knife: 'knives',
  leaf: 'leaves',
  wolf: 'wolves',
  shelf: 'shelves',
  box: 'boxes',
  city: 'cities',
  baby: 'babies',
  potato: 'potatoes',
  bus: 'buses',
}

/** Verb → simple past. */
export const pastTenses: Readonly<Record<string, string>> = {
  eat: 'ate',
  see: 'saw',
  give: 'gave',
  run: 'ran',
  swim: 'swam',
  write: 'wrote',
  sing: 'sang',
  buy: 'bought',
  think: 'thought',
  teach: 'taught',
  sleep: 'slept',
  find: 'found',
  break: 'broke',
  speak: 'spoke',
}

/** Words short enough to spell. */
export const spellable: readonly string[] = ['cat', 'sun', 'box', 'pen', 'bus', 'key', 'leaf', 'moon', 'bird', 'milk', 'door', 'hat']

/** Groups of words that rhyme within the group and not across. */
export const rhymes: readonly (readonly string[])[] = [
  ['cat', 'hat', 'mat'],
  ['sun', 'run', 'fun'],
  ['pen', 'hen', 'ten'],
  ['key', 'tree', 'bee'],
  ['moon', 'spoon', 'soon'],
  ['cake', 'lake', 'snake'],
  ['ring', 'king', 'sing'],
  ['rose', 'nose', 'toes'],
  ['boat', 'coat', 'goat'],
  ['night', 'light', 'kite'],
]

/** Capital → country. */
export const countries: Readonly<Record<string, string>> = {
  Paris: 'France',
  Rome: 'Italy',
  Madrid: 'Spain',
  Berlin: 'Germany',
  Lisbon: 'Portugal',
  Athens: 'Greece',
  Oslo: 'Norway',
  Cairo: 'Egypt',
  Tokyo: 'Japan',
  Lima: 'Peru',
  Ottawa: 'Canada',
  Vienna: 'Austria',
}

/** Animal → where it lives. */
export const habitats: Readonly<Record<string, string>> = {
  cow: 'farm',
  pig: 'farm',
  hen: 'farm',
  sheep: 'farm',
  wolf: 'forest',
  bear: 'forest',
  deer: 'forest',
  fox: 'forest',
  whale: 'sea',
  shark: 'sea',
  crab: 'sea',
  squid: 'sea',
}

/** From the smallest to the biggest; neighbours differ enough for nobody to argue. */
export const animalsBySize: readonly string[] = ['ant', 'mouse', 'rabbit', 'sheep', 'horse', 'elephant', 'whale']

/** Animals → legs of one. */
export const legs: Readonly<Record<string, number>> = { dogs: 4, cats: 4, horses: 4, hens: 2, ducks: 2, ants: 6, spiders: 8 }

function bothWays(pairs: Readonly<Record<string, string>>): Record<string, string> {
  return { ...pairs, ...Object.fromEntries(Object.entries(pairs).map(([word, other]) => [other, word])) }
}
