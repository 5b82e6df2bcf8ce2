import type { ReactElement, ReactNode } from 'react'
import { Link, useLocation } from 'wouter'

type Props = {
  readonly href: string
  readonly children: ReactNode
  readonly className?: string | undefined
  /** Other paths at which this is where the reader is. */
  readonly also?: RegExp | undefined
  /** @default whether the address is this one */
  readonly current?: boolean | undefined
}

/** A link that says when it leads to where the reader is. */
export function NavLink({ href, children, className, also, current }: Props): ReactElement {
  const [path] = useLocation()
  const here = current ?? (path === href || also?.test(path) === true)
  return (
    <Link href={href} className={className ?? ''} aria-current={here ? 'page' : undefined}>
      {children}
    </Link>
  )
}
