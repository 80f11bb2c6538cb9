/** A line of a file, without its end, or why it cannot be read. */
export type TextLine =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly malformed: string }

/** No account takes more; a file without line ends does not fill the memory. */
const mostLineBytes = 64 * 1024
const lineFeed = 0x0a

/** The lines of a file as they come, numbered from 1; empty ones are left out. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TextLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 0
  let begun: Uint8Array[] = []
  let bytes = 0

  function finish(): TextLine | undefined {
    line += 1
    const [whole, length] = [Buffer.concat(begun), bytes]
    begun = []
    bytes = 0
    if (length > mostLineBytes) return { line, malformed: `is longer than ${mostLineBytes} bytes` }
    try {
      const text = decoder.decode(whole).replace(/\r$/, '')
      return text.trim() === '' ? undefined : { line, text }
    } catch {
      return { line, malformed: 'is not UTF-8' }
    }
  }

  for await (const chunk of chunks) {
    let from = 0
    for (;;) {
      const end = chunk.indexOf(lineFeed, from)
      const part = chunk.subarray(from, end === -1 ? undefined : end)
      bytes += part.length
      if (bytes <= mostLineBytes) begun.push(part)
      else begun = []
      if (end === -1) break
      from = end + 1
      const finished = finish()
      if (finished) yield finished
    }
  }
  const last = bytes > 0 ? finish() : undefined
  if (last) yield last
}
