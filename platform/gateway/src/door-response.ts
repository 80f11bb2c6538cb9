import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http'

type Given = OutgoingHttpHeaders | OutgoingHttpHeader[]

/**
 * An answer at a door, with what the door says beside its service. That is kept apart until the head is written, which costs
 * a good deal less than Node's own way of setting one header after the other; what a service says of the same name counts.
 */
export class DoorResponse extends ServerResponse {
  /** Names, in small letters, and values in turn. */
  readonly #said: string[] = []
  /** The same list for many answers. */
  #usual: readonly string[] = []
  #mediaType = ''

  /** Whether the answer goes on until its client leaves, once its head is written. */
  get isEventStream(): boolean {
    return this.#mediaType.startsWith('text/event-stream')
  }

  /** Says this like many other answers. @param headers names, in small letters, and values in turn */
  sayUsual(headers: readonly string[]): void {
    this.#usual = headers
  }

  /** Says this, in the place of what the door has said by this name. @param name in small letters */
  say(name: string, value: string): void {
    const index = this.#said.indexOf(name)
    if (index >= 0 && index % 2 === 0) this.#said[index + 1] = value
    else this.#said.push(name, value)
  }

  /** Ends it, as a whole, if it would never end by itself. */
  endStream(): void {
    if (!this.headersSent || !this.isEventStream) return
    // An event that comes a moment too late is no failure.
    this.on('error', () => undefined)
    this.end()
  }

  /** Ends it, and its connection, in the midst: half an answer must not look like a whole one. */
  breakOff(): void {
    this.req.socket.destroy()
  }

  override writeHead(status: number, message?: string, headers?: Given): this
  override writeHead(status: number, headers?: Given): this
  override writeHead(status: number, messageOrHeaders?: string | Given, more?: Given): this {
    const isMessage = typeof messageOrHeaders === 'string'
    const given = isMessage ? more : (more ?? messageOrHeaders)
    const list = listOf(given)
    const isSet = this.getHeaderNames().length > 0
    if (isSet) this.#setAll(list)
    this.#addSaid(list, isSet)
    const headers = isSet ? [] : list
    if (isMessage) super.writeHead(status, messageOrHeaders, headers)
    else super.writeHead(status, headers)
    this.#mediaType = String(valueOf(list, 'content-type') ?? this.getHeader('content-type') ?? '')
    return this
  }

  /** Says beside what the service says what it does not, in its list or set as some of it was. */
  #addSaid(list: OutgoingHttpHeader[], isSet: boolean): void {
    for (const said of [this.#said, this.#usual]) {
      for (let index = 0; index < said.length; index += 2) {
        const [name = '', value = ''] = [said[index], said[index + 1]]
        if (!isSet && valueOf(list, name) === undefined) list.push(name, value)
        else if (isSet && !this.hasHeader(name)) this.setHeader(name, value)
      }
    }
  }

  /** Puts these in the place of what was set. Node does so too, but not every one leaves all values of a name. */
  #setAll(list: readonly OutgoingHttpHeader[]): void {
    for (let index = 0; index < list.length; index += 2) this.removeHeader(String(list[index]))
    for (let index = 0; index < list.length; index += 2) {
      const value = list[index + 1] ?? ''
      this.appendHeader(String(list[index]), typeof value === 'number' ? String(value) : value)
    }
  }
}

/** Names and values in turn, as a list of its own. */
function listOf(given: Given = []): OutgoingHttpHeader[] {
  // Node takes pairs too.
  if (isList(given)) return Array.isArray(given[0]) ? given.flat() : [...given]
  const list: OutgoingHttpHeader[] = []
  for (const [name, value] of Object.entries(given)) if (value !== undefined) list.push(name, value)
  return list
}

function isList(given: Given): given is OutgoingHttpHeader[] {
  return Array.isArray(given)
}

/** @param name in small letters */
function valueOf(headers: readonly OutgoingHttpHeader[], name: string): OutgoingHttpHeader | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    const key = headers[index]
    if (key === name) return headers[index + 1]
    if (typeof key === 'string' && key.length === name.length && key.toLowerCase() === name) return headers[index + 1]
  }
  return undefined
}
