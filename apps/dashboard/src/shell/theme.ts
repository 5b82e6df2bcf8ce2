/** `system` follows what the machine says. */
export type Theme = 'system' | 'light' | 'dark'

const key = 'sedi-theme'

export function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(key)
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  } catch {
    return 'system'
  }
}

/** Puts the theme on the page and keeps it; what draws on a canvas listens for `sedi-theme` and draws again. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem(key, theme)
  } catch {
    // A browser that keeps nothing shows it until the page is left.
  }
  window.dispatchEvent(new Event('sedi-theme'))
}
