import { Component, type ReactNode } from 'react'
import { Failed } from '../parts/states.tsx'

/** A page that breaks says so; the others still work. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined }

  static getDerivedStateFromError(error: unknown): { readonly error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children
    return <Failed error={this.state.error} onRetry={() => window.location.reload()} retryName="Load the page anew" />
  }
}
