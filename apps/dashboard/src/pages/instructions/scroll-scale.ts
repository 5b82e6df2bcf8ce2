/**
 * The tallest an element gets here, in CSS pixels. Browsers cap heights (Firefox at about 17.9 million, Chromium at 33.5 million, half of that on a
 * display with two device pixels to one), and draw text cleanly only as long as a 32-bit float has halves of a pixel left: up to about four million.
 */
export const tallestPx = 4_000_000

/** Scrolling less than this many viewports at once is by wheel, key or finger; more is somebody dragging the scrollbar. */
const nearViewports = 4

/** How much of each end is scrolled pixel by pixel wherever one comes from. */
const edgeViewports = 40

export type ScrollSize = {
  /** Height of all rows together, pixels. */
  readonly total: number
  /** Height of what is seen of them, pixels. */
  readonly viewport: number
  /** @default tallestPx */
  readonly tallest?: number | undefined
}

/**
 * Lets a browser scroll more rows than it can lay out. An **offset** is a place in the rows, a **top** the browser's `scrollTop` in an element that is at
 * most `tallest` high. Small movements are passed on pixel by pixel, so that scrolling feels as in a shorter list; a dragged scrollbar maps its whole
 * track onto all rows. What small movements let the two drift apart is put right by `settle`, when nothing moves.
 *
 * Rows lie at their offset plus `shift`, which changes only when the rows have to be drawn anew anyway.
 */
export class ScrollScale {
  #total = 0
  #viewport = 0
  #tallest = tallestPx
  #top = 0
  #offset = 0

  constructor(size: ScrollSize) {
    this.resize(size)
  }

  get tallest(): number {
    return this.#tallest
  }

  /** Of the element that is scrolled. */
  get height(): number {
    return Math.min(this.#total, this.#tallest)
  }

  get offset(): number {
    return this.#offset
  }

  get top(): number {
    return this.#top
  }

  get shift(): number {
    return this.#top - this.#offset
  }

  /** Keeps the offset, as far as there still is one. The caller then sets the browser's scrollTop to `top`. */
  resize({ total, viewport, tallest = tallestPx }: ScrollSize): void {
    this.#total = total
    this.#viewport = viewport
    this.#tallest = tallest
    this.jump(this.#offset)
  }

  /** The browser scrolled to `top`. Returns the new offset. */
  moved(top: number): number {
    const by = top - this.#top
    const near = Math.abs(by) < nearViewports * this.#viewport
    const offset = near && this.#scaled ? this.#offset + by : this.#toOffset(top)
    this.#top = top
    this.#offset = clamp(offset, 0, this.#lastOffset)
    return this.#offset
  }

  /** To a place in the rows. Returns the scrollTop that shows it. */
  jump(offset: number): number {
    this.#offset = clamp(offset, 0, this.#lastOffset)
    this.#top = this.#toTop(this.#offset)
    return this.#top
  }

  /** Whether the end of the track was reached before the end of the rows, or the other way round: settle at once. */
  get stuck(): boolean {
    if (!this.#scaled) return false
    const atStart = this.#top <= 0 !== this.#offset <= 0
    const atEnd = this.#top >= this.#lastTop !== this.#offset >= this.#lastOffset
    return atStart || atEnd
  }

  /** The scrollTop where the browser should be by now; undefined when it is there, to a pixel. Rows do not move by it. */
  settle(): number | undefined {
    const right = this.#toTop(this.#offset)
    if (Math.abs(right - this.#top) < 1) return undefined
    this.#top = right
    return right
  }

  get #scaled(): boolean {
    return this.#total > this.#tallest
  }

  get #lastTop(): number {
    return Math.max(0, this.height - this.#viewport)
  }

  get #lastOffset(): number {
    return Math.max(0, this.#total - this.#viewport)
  }

  /** At both ends as long a piece of the track is as long as its rows, so that wheels and keys reach the first row and the last. */
  get #edge(): number {
    return Math.min(edgeViewports * this.#viewport, this.#lastTop / 2)
  }

  #toOffset(top: number): number {
    const edge = this.#edge
    if (!this.#scaled || top <= edge) return top
    if (this.#lastTop - top <= edge) return this.#lastOffset - (this.#lastTop - top)
    return edge + ((top - edge) * (this.#lastOffset - 2 * edge)) / (this.#lastTop - 2 * edge)
  }

  /** A whole number where it is scaled: a browser rounds others, and a rounded one would come back as a movement. */
  #toTop(offset: number): number {
    const edge = this.#edge
    if (!this.#scaled || offset <= edge) return offset
    if (this.#lastOffset - offset <= edge) return this.#lastTop - (this.#lastOffset - offset)
    return Math.round(edge + ((offset - edge) * (this.#lastTop - 2 * edge)) / (this.#lastOffset - 2 * edge))
  }
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)
