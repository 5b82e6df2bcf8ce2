import { readFileSync } from 'node:fs'

/** Version of the installed command line, and of all our packages: they have one. Asking the kit would load it. */
export const softwareVersion: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
