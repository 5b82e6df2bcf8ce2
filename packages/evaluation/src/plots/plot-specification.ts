/**
 * A Vega-Lite specification with its data inside. Not Vega-Lite's own type: that package is optional, and types that name it would not compile
 * where it is missing.
 */
export type PlotSpecification = {
  readonly title?: unknown
  readonly width?: unknown
  readonly height?: unknown
  readonly data?: unknown
  readonly mark?: unknown
  readonly layer?: unknown
}
