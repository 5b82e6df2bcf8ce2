import type { FillerSetting } from '../filler-settings.ts'

/** Short remarks around a puzzle, from about ninety words. */
export const puzzles: FillerSetting = {
  prefixes: ['{person} asks:', 'A {manner} {thing}:', '{time}, {person}:', '{manner} {thing} {time}:', 'The {place} {thing}:', '{person} needs {thing}:'],
  questionPrefixes: ['{person} wonders:'],
  suffixes: ['For {person}.', '{time}, please.', 'A {manner} {thing}.', 'For the {place}.', '{person} waits {time}.', 'No {thing}.'],
  words: {
    person: ['Ada', 'Bo', 'Cleo', 'Dev', 'Eli', 'Finn', 'Gus', 'Hana', 'Ines', 'Jon', 'Kai', 'Lou', 'Mia', 'Nils', 'Otto', 'Pia', 'Quinn', 'Ravi'],
    thing: ['riddle', 'game', 'test', 'lock', 'quiz', 'task', 'trick', 'round', 'card', 'sheet', 'locker', 'safe', 'badge', 'ticket', 'drill', 'joke'],
    manner: ['quick', 'rare', 'new', 'hard', 'simple', 'long', 'short', 'fair', 'silly', 'plain', 'calm', 'loud', 'final', 'brisk', 'secret', 'tidy'],
    place: ['gate', 'club', 'desk', 'lab', 'market', 'harbour', 'school', 'museum', 'garden', 'office', 'kitchen', 'cellar', 'tower', 'bridge', 'station'],
    time: ['today', 'tonight', 'tomorrow', 'Monday', 'Tuesday', 'Friday', 'Sunday', 'soon', 'now', 'later', 'daily', 'yearly', 'weekly', 'always'],
  },
}
