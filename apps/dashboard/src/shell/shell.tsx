import { type ReactElement, type ReactNode, useEffect, useRef } from 'react'
import { useLocation } from 'wouter'
import { NavLink } from '../parts/nav-link.tsx'
import { LogOut } from './log-out.tsx'
import { ThemeSwitch } from './theme-switch.tsx'

/** What is around every page. */
export function Shell({ children }: { readonly children: ReactNode }): ReactElement {
  const main = useRef<HTMLElement>(null)
  useFocusOnNewPage(main)
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <header className="shell-header">
        <NavLink className="brand" href="/" current={false}>
          SeDi
        </NavLink>
        <nav aria-label="Main">
          <ul className="nav-list">
            <li>
              <NavLink href="/" also={/^\/runs\//}>
                Runs
              </NavLink>
            </li>
            <li>
              <NavLink href="/compare">Compare</NavLink>
            </li>
            <li>
              <NavLink href="/new">New run</NavLink>
            </li>
          </ul>
        </nav>
        <div className="shell-tools">
          <LogOut />
          <ThemeSwitch />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  )
}

/** A page that comes without a page load is announced by where the focus goes, and begins at its top. */
function useFocusOnNewPage(main: React.RefObject<HTMLElement | null>): void {
  const [path] = useLocation()
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    main.current?.focus({ preventScroll: true })
    window.scrollTo(0, 0)
  }, [path, main])
}
