import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { ScrollScale } from './scroll-scale.ts'

export const rowPx = 36

/** Rows drawn beyond what is seen, above and below: what a fast wheel moves before the next frame. */
const spareRows = 12

/** Nothing has moved for so long: the scrollbar may be put right. */
const restMs = 160

export type ScrolledRows = {
  /** Of the element that holds the rows. */
  readonly height: number
  /** Rows to draw, inclusive; `last` is −1 without any. */
  readonly first: number
  readonly last: number
  /** Where a row lies in that element. */
  readonly topOf: (index: number) => number
  /** Whole rows seen at once. */
  readonly page: number
  /** Brings a row into sight, moving as little as possible. */
  readonly reveal: (index: number) => void
}

type Drawn = { readonly first: number; readonly last: number; readonly shift: number; readonly page: number }

/**
 * Which of `total` rows of one height are in sight of a scrolled element, of which the first `headPx` are covered by a head that stays. Rows of one height
 * need no measuring: where one lies is a product, so a million cost what a hundred do.
 */
export function useScrolledRows(element: RefObject<HTMLElement | null>, total: number, headPx: number): ScrolledRows {
  const [scale] = useState(() => new ScrollScale({ total: total * rowPx, viewport: 0 }))
  const [drawn, setDrawn] = useState<Drawn>({ first: 0, last: -1, shift: 0, page: 1 })
  const viewport = useRef(0)
  const height = Math.min(total * rowPx, scale.tallest)

  const draw = useCallback(() => {
    const first = Math.max(0, Math.floor(scale.offset / rowPx) - spareRows)
    const last = Math.min(total - 1, Math.ceil((scale.offset + viewport.current) / rowPx) + spareRows)
    const next: Drawn = { first, last, shift: scale.shift, page: Math.max(1, Math.floor(viewport.current / rowPx)) }
    setDrawn((now) => (now.first === first && now.last === last && now.shift === next.shift && now.page === next.page ? now : next))
  }, [scale, total])

  useLayoutEffect(() => {
    const scrolled = element.current!
    const fit = (): void => {
      viewport.current = Math.max(0, scrolled.clientHeight - headPx)
      scale.resize({ total: total * rowPx, viewport: viewport.current })
      scrolled.scrollTop = scale.top
      draw()
    }
    fit()
    const observer = new ResizeObserver(fit)
    observer.observe(scrolled)
    return () => observer.disconnect()
  }, [element, scale, total, headPx, draw])

  useEffect(() => {
    const scrolled = element.current!
    let resting: ReturnType<typeof setTimeout> | undefined
    const settle = (): void => {
      const top = scale.settle()
      if (top === undefined) return
      scrolled.scrollTop = top
      draw()
    }
    const onScroll = (): void => {
      scale.moved(scrolled.scrollTop)
      if (scale.stuck) settle()
      clearTimeout(resting)
      resting = setTimeout(settle, restMs)
      draw()
    }
    scrolled.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      clearTimeout(resting)
      scrolled.removeEventListener('scroll', onScroll)
    }
  }, [element, scale, draw])

  const reveal = useCallback(
    (index: number) => {
      const top = index * rowPx
      const { offset } = scale
      const to = top < offset ? top : top + rowPx > offset + viewport.current ? top + rowPx - viewport.current : offset
      if (to === offset) return
      element.current!.scrollTop = scale.jump(to)
      draw()
    },
    [element, scale, draw],
  )

  return { height, first: drawn.first, last: Math.min(drawn.last, total - 1), topOf: (index) => index * rowPx + drawn.shift, page: drawn.page, reveal }
}
