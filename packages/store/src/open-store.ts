import { type RunStore, SediError } from '@sedi/spec'
import type { StoreDriver, StoreOptions } from './drivers/driver.ts'
import { drivers } from './drivers/registry.gen.ts'

/** The store at an address: a folder, or `postgres://…`. Throws `unsupported` for a scheme that no driver takes. */
export function openStoreAt(address: string, options: StoreOptions): RunStore {
  return driverOf(address).open(address, options)
}

/** The address without what is secret in it; what no driver takes comes back without everything after its scheme. */
export function publicStoreAddress(address: string): string {
  const scheme = schemeOf(address)
  return isStoreAddress(address) ? driverOf(address).publicAddress(address) : `${scheme}://…`
}

/** Whether some driver takes it. Every path is a folder. */
export const isStoreAddress = (address: string): boolean => findDriver(address) !== undefined

/** Whether it is an address of a scheme and no path. */
export const hasScheme = (address: string): boolean => schemeOf(address) !== undefined

function driverOf(address: string): StoreDriver {
  const driver = findDriver(address)
  if (driver !== undefined) return driver
  const known = Object.values(drivers as Readonly<Record<string, StoreDriver>>).flatMap(({ schemes }) => schemes.map((scheme) => `${scheme}://`))
  throw new SediError(
    'unsupported',
    `A store at ${schemeOf(address)}:// is not supported; expected a folder, or an address that begins with ${known.join(' or ')}.`,
  )
}

function findDriver(address: string): StoreDriver | undefined {
  const scheme = schemeOf(address)
  const all: readonly StoreDriver[] = Object.values(drivers)
  return all.find(({ schemes }) => (scheme === undefined ? schemes.length === 0 : schemes.includes(scheme)))
}

const schemeOf = (address: string): string | undefined => /^(\w+):\/\//.exec(address)?.[1]
