import { readFileSync } from 'node:fs'

/** Version of the installed kit, recorded with each run. */
export const softwareVersion: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
