import { readdir, readFile } from 'node:fs/promises'

/** Seconds of processor time, by who used it. */
export interface CpuSeconds {
  readonly program: number
  readonly postgres: number
  /** This process and what it has run and waited for: the load itself. */
  readonly load: number
}

interface ProcessTimes {
  readonly pid: number
  readonly parent: number
  /** Its own and that of its children which have ended. */
  readonly ticks: number
}

// What Linux shows to programs, whatever it counts in itself.
const ticksPerSecond = 100

/** What has been used until now; undefined where the system does not tell in /proc. */
export async function readCpu(programPid: number, postgresPid: number): Promise<CpuSeconds | undefined> {
  const processes = await readProcesses()
  if (!processes) return undefined
  const postgres = treeOf(processes, postgresPid)
  // The program has started PostgreSQL, so it is a part of the program's tree.
  const program = treeOf(processes, programPid).filter((one) => !postgres.includes(one))
  const load = processes.filter(({ pid }) => pid === process.pid)
  return { program: seconds(program), postgres: seconds(postgres), load: seconds(load) }
}

/** What these processes and those that they have started have used until now, in seconds. */
export async function readCpuOf(pids: readonly number[]): Promise<number | undefined> {
  const processes = await readProcesses()
  return processes && seconds(pids.flatMap((pid) => treeOf(processes, pid)))
}

/** A process and all that it has started, and so on. */
export async function treeOfProcess(pid: number): Promise<number[]> {
  return treeOf((await readProcesses()) ?? [], pid).map((one) => one.pid)
}

export async function parentOf(pid: number): Promise<number> {
  const processes = (await readProcesses()) ?? []
  return processes.find((one) => one.pid === pid)?.parent ?? 0
}

export function cpuBetween(before: CpuSeconds | undefined, after: CpuSeconds | undefined): CpuSeconds | undefined {
  if (!before || !after) return undefined
  return {
    program: after.program - before.program,
    postgres: after.postgres - before.postgres,
    load: after.load - before.load,
  }
}

function treeOf(processes: readonly ProcessTimes[], root: number): ProcessTimes[] {
  const tree = processes.filter(({ pid }) => pid === root)
  // Grows while it is walked.
  for (const { pid } of tree) tree.push(...processes.filter(({ parent }) => parent === pid))
  return tree
}

function seconds(processes: readonly ProcessTimes[]): number {
  return processes.reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond
}

async function readProcesses(): Promise<ProcessTimes[] | undefined> {
  const names = await readdir('/proc').catch(() => undefined)
  if (!names) return undefined
  // A process may have ended since.
  const texts = await Promise.all(
    names.filter((name) => /^\d+$/.test(name)).map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
  )
  return texts.filter((text) => text !== '').map(parse)
}

/** See proc_pid_stat(5): the name, in brackets, may hold spaces and brackets itself. */
function parse(text: string): ProcessTimes {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [, parent] = fields
  const times = fields.slice(11, 15)
  return { pid: Number.parseInt(text, 10), parent: Number(parent), ticks: times.reduce((sum, t) => sum + Number(t), 0) }
}
