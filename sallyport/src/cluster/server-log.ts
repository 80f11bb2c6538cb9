import { open, stat } from 'node:fs/promises'

const lookEveryMs = 500
/** More at once than this is not shown, in bytes. */
const mostAtOnce = 64 * 1024

/** Passes on what a PostgreSQL writes into its log from now on, line by line, behind its name (enrollment E-2). */
export function followServerLog(file: string, name: string, write: (line: string) => void): { stop(): void } {
  let place: number | undefined
  let rest = ''
  let looking = false

  async function look(): Promise<void> {
    const size = (await stat(file).catch(() => undefined))?.size ?? 0
    // A log that has become shorter is another one.
    if (place === undefined || size < place) place = place === undefined ? size : 0
    if (size === place) return
    const handle = await open(file)
    try {
      const { buffer, bytesRead } = await handle.read({
        buffer: Buffer.alloc(Math.min(size - place, mostAtOnce)),
        position: place,
      })
      place = size
      const lines = (rest + buffer.subarray(0, bytesRead).toString()).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) write(`${name} | ${line}`)
    } finally {
      await handle.close()
    }
  }

  const timer = setInterval(() => {
    if (looking) return
    looking = true
    look()
      .catch(() => undefined)
      .finally(() => (looking = false))
  }, lookEveryMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
