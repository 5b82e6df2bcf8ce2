import { type ReactElement, useState } from 'react'
import { applyTheme, storedTheme, type Theme } from './theme.ts'

const names: Readonly<Record<Theme, string>> = { system: 'System', light: 'Light', dark: 'Dark' }

export function ThemeSwitch(): ReactElement {
  const [theme, setTheme] = useState(storedTheme)
  return (
    <label className="theme-switch">
      <span className="hidden-text">Colours</span>
      <select
        value={theme}
        onChange={({ target }) => {
          setTheme(target.value as Theme)
          applyTheme(target.value as Theme)
        }}
      >
        {Object.entries(names).map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}
