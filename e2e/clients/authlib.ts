import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { objectOf } from '../support/http.ts'

/** A Python program that signs people in with Authlib. */
export interface Authlib {
  /** Has it do something, about something; a refusal is an answer with `refused`. */
  ask(task: string, about?: string): Promise<Record<string, unknown>>
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('authlib_checks.py', import.meta.url))

/** Debian's Python, whose packages Authlib is among. */
const python = '/usr/bin/python3'

export function startAuthlib(settings: Readonly<Record<string, string>>): Authlib {
  // Its library refuses plain http, even on the same machine, unless it is told not to.
  const env = { ...settings, AUTHLIB_INSECURE_TRANSPORT: '1', PYTHONDONTWRITEBYTECODE: '1' }
  const child = spawn(python, [program], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async ask(task, about) {
      child.stdin.write(`${JSON.stringify({ task, about })}\n`)
      const line = await lines.next()
      if (line.done === true) throw new Error(`the program ended when it was asked to ${task}`)
      return objectOf(JSON.parse(line.value))
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}
