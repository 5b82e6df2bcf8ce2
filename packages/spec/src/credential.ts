/** A key an adapter needs: given as an argument by programs, read from the environment by the kit, never part of a config file. */
export type Credential = {
  /** Name of the programmatic option. */
  readonly option: string
  readonly env: string
  /** Without it the adapter cannot work at all. @default true */
  readonly required?: boolean
}
