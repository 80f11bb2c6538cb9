import type { OpenIdProviderParts } from '../parts.ts'

/** The most that is read of an answer, in bytes: the keys of a client are a few hundred each. */
const limitBytes = 64 * 1024

/**
 * How the provider calls clients: to tell them that somebody signed out, and for their keys. The library ends each call
 * after 2.5 seconds, and brings a dispatcher that connects to public addresses alone. No redirect is followed.
 */
export function callsToClients({
  fetch: call = globalThis.fetch,
  callPrivateAddresses,
}: Pick<OpenIdProviderParts, 'fetch' | 'callPrivateAddresses'>): typeof fetch {
  return async (input, init = {}) => {
    const { dispatcher, ...options } = init
    if (callPrivateAddresses) return bounded(await call(input, { ...options, redirect: 'manual' }))
    // The library goes on without one when it cannot make it.
    if (!dispatcher) throw new TypeError('there is nothing that would keep a call away from private addresses')
    return bounded(await call(input, { ...options, dispatcher, redirect: 'manual' }))
  }
}

/** The same answer, read to its end: an answer that nobody reads keeps its connection. */
async function bounded({ body, status, headers }: Response): Promise<Response> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > limitBytes) throw new Error(`a client answered with more than ${limitBytes} bytes`)
    chunks.push(chunk)
  }
  return new Response(bytes === 0 ? null : Buffer.concat(chunks), { status, headers })
}
