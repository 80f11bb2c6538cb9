import type { Adapter } from 'oidc-provider'
import { digestOfSecret, isSecretOf, type OpenIdClients, placeholderOf } from './client.ts'

/** Clients are the service's own: the provider finds them, and adds those that register themselves. */
export function createClientAdapter(clients: OpenIdClients): Adapter {
  const never = async (): Promise<never> => {
    throw new TypeError('clients are found by their id alone, and removed by the service')
  }
  return {
    async find(id) {
      const client = await clients.find(id)
      if (!client) {
        // Whoever guesses ids waits as long for an unknown one as for a wrong secret.
        isSecretOf(undefined, id)
        return undefined
      }
      const { metadata, secretDigests } = client
      return { ...metadata, ...(secretDigests.length > 0 && { client_secret: placeholderOf(secretDigests) }) }
    },
    async upsert(id, { client_secret: secret, ...metadata }) {
      const secretDigests = secret === undefined ? [] : [digestOfSecret(secret)]
      await clients.register({ metadata: { ...metadata, client_id: id }, firstParty: false, secretDigests })
    },
    findByUid: never,
    findByUserCode: never,
    consume: never,
    destroy: never,
    revokeByGrantId: never,
  }
}
