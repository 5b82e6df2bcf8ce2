import type { ReactElement } from 'react'
import { Link } from 'wouter'
import { PageHead } from '../parts/page-head.tsx'

export function NotFound(): ReactElement {
  return (
    <>
      <PageHead title="There is no such page" />
      <p>
        The address may be cut off. All that there is begins at the <Link href="/">list of runs</Link>.
      </p>
    </>
  )
}
