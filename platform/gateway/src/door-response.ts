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

  override writeHead(status: number, message?: string, headers?: Given): this
  override writeHead(status: number, headers?: Given): this
  override writeHead(status: number, messageOrHeaders?: string | Given, more?: Given): this {
    const isMessage = typeof messageOrHeaders === 'string'
    const headers = this.#complete(listOf(isMessage ? more : messageOrHeaders))
    return isMessage ? super.writeHead(status, messageOrHeaders, headers) : super.writeHead(status, headers)
  }

  /** The head in one list, or set one by one where some of it was. */
  #complete(given: OutgoingHttpHeader[]): OutgoingHttpHeader[] {
    const isSet = this.getHeaderNames().length > 0
    if (isSet) this.#setAll(given)
    for (const said of [this.#said, this.#usual]) {
      for (let index = 0; index < said.length; index += 2) {
        const [name = '', value = ''] = [said[index], said[index + 1]]
        if (!isSet && valueOf(given, name) === undefined) given.push(name, value)
        else if (isSet && !this.hasHeader(name)) this.setHeader(name, value)
      }
    }
    this.#mediaType = String((isSet ? this.getHeader('content-type') : valueOf(given, 'content-type')) ?? '')
    return isSet ? [] : given
  }

  #setAll(given: readonly OutgoingHttpHeader[]): void {
    for (let index = 0; index < given.length; index += 2) {
      const [name, value = ''] = [String(given[index]), given[index + 1]]
      const isFirst = valueOf(given, name.toLowerCase()) === value
      if (isFirst) this.setHeader(name, value)
      else this.appendHeader(name, typeof value === 'number' ? String(value) : value)
    }
  }
}

/** As a list of its own. */
function listOf(given: Given | undefined): OutgoingHttpHeader[] {
  if (isList(given)) return [...given]
  const list: OutgoingHttpHeader[] = []
  for (const name in given) {
    const value = given[name]
    if (value !== undefined) list.push(name, value)
  }
  return list
}

function isList(given: Given | undefined): given is OutgoingHttpHeader[] {
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
