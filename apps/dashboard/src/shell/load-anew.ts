const key = 'sedi-loaded-anew'

/** The server may have been given a newer build than this page is of, so that parts of the page are gone: it is loaded anew, but not over and over. */
export function loadAnewWhenOld(): void {
  window.addEventListener('vite:preloadError', (event) => {
    const before = Number(sessionStorage.getItem(key) ?? 0)
    if (Date.now() - before < 30_000) return // then the page says what went wrong
    sessionStorage.setItem(key, String(Date.now()))
    event.preventDefault()
    window.location.reload()
  })
}
