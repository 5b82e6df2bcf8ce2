/**
 * A module of ours that runs in a thread or process of its own, as it is found beside another one, and the Node options that it needs: none where
 * it is built, in which case it takes those of its parent.
 *
 * @param beside `import.meta.url` of the one that starts it
 * @param name without its ending
 */
export function ownModule(beside: string, name: string): { readonly url: URL; readonly execArgv: string[] | undefined } {
  const fromSource = beside.endsWith('.ts')
  return {
    url: new URL(`./${name}.${fromSource ? 'ts' : 'js'}`, beside),
    execArgv: fromSource ? ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning'] : undefined,
  }
}
