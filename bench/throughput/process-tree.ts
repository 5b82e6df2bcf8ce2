import { readdirSync, readFileSync } from 'node:fs'

export type Usage = {
  /** User and system time of a process and all below it, those that ended included, in seconds. */
  readonly cpuSeconds: number
  /** Resident memory of those that live, added up, in MiB. */
  readonly memoryMiB: number
}

/** USER_HZ: what Linux counts CPU time in, 100 on every architecture we know. */
const ticksPerSecond = 100

/** Linux only. */
export function usageOf(root: number): Usage {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(read)
  const own = new Set([root])
  for (let before = 0; before !== own.size; ) {
    before = own.size
    for (const { id, parent } of processes) if (own.has(parent)) own.add(id)
  }
  const mine = processes.filter(({ id }) => own.has(id))
  return {
    cpuSeconds: mine.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond,
    memoryMiB: mine.reduce((sum, { id }) => sum + residentKiB(id), 0) / 1024,
  }
}

/** Fields of /proc/<id>/stat after the name (proc(5)): 4 parent, 14 to 17 own and waited-for children's user and system time. */
function read(name: string): { readonly id: number; readonly parent: number; readonly ticks: number }[] {
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return [{ id: Number(name), parent: Number(fields[1]), ticks }]
  } catch {
    return []
  }
}

function residentKiB(id: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
