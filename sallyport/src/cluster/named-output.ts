import type { Readable } from 'node:stream'

/** A line that goes on for longer is shown in pieces, in characters. */
const longestLine = 16_384

/** Passes on what a process writes, line by line, each behind its name (enrollment E-2). */
export function passOn(output: Readable, name: string, write: (line: string) => void): void {
  let rest = ''
  output.setEncoding('utf8')
  output.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) write(`${name} | ${line}`)
    if (rest.length > longestLine) {
      write(`${name} | ${rest}`)
      rest = ''
    }
  })
  output.on('end', () => {
    if (rest !== '') write(`${name} | ${rest}`)
  })
}
