import type { Adapter } from 'oidc-provider'
import { errors } from '../library.ts'
import { digestOfSecret, isSecretOf, type OpenIdClients, placeholderOf } from './client.ts'

/** Of a client, in characters. */
const longestName = 100

/** What a client says about the algorithms of what it is sent. */
const signedWith = ['id_token_signed_response_alg', 'userinfo_signed_response_alg', 'introspection_signed_response_alg']

/**
 * Clients are the service's own: the provider finds them, and adds those that register themselves. Whatever algorithm a
 * client registered for, it is sent what the key of today makes: `algorithm`.
 */
export function createClientAdapter(clients: OpenIdClients, algorithm: string): Adapter {
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
      const signed = signedWith.filter((name) => name in metadata).map((name) => [name, algorithm])
      return {
        ...metadata,
        ...Object.fromEntries(signed),
        ...(secretDigests.length > 0 && { client_secret: placeholderOf(secretDigests) }),
      }
    },
    async upsert(id, { client_secret: secret, ...metadata }) {
      const { client_name: name = id } = metadata
      if (typeof name !== 'string' || name === '' || name.length > longestName) {
        throw new errors.InvalidClientMetadata(`client_name has 1 to ${longestName} characters`)
      }
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
