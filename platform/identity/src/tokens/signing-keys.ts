import type { Clock } from '@sallyport/kernel'
import type { PublicJwk } from '@sallyport/service'
import { calculateJwkThumbprint, type CryptoKey, exportJWK, exportPKCS8, generateKeyPair, importPKCS8 } from 'jose'
import { type Kysely, sql } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { seal, unseal } from './sealing.ts'

export interface SigningKeys {
  /** The key that signs now. */
  readonly current: { readonly kid: string; readonly privateKey: CryptoKey }
  /** Every key whose tokens may still be valid. */
  readonly published: readonly PublicJwk[]
}

const algorithm = 'RS256'
const keyCreationLock = 7_265_767

/** The master key that the signing keys are sealed under is not the one that is configured now. */
export class WrongMasterKey extends Error {
  override name = 'WrongMasterKey'
  constructor(options: ErrorOptions) {
    super(
      'the signing keys cannot be read: the master key is not the one they were sealed under (master.key in the data ' +
        'directory belongs to the database beside it)',
      options,
    )
  }
}

/** Reads the signing keys, making the first one when there is none. @throws {WrongMasterKey} */
export async function loadSigningKeys(
  db: Kysely<IdentityDatabase>,
  masterKey: Uint8Array,
  clock: Clock,
): Promise<SigningKeys> {
  const rows = await db.transaction().execute(async (tx) => {
    // Two instances that start together on an empty database must agree on one key.
    await sql`select pg_advisory_xact_lock(${keyCreationLock})`.execute(tx)
    const existing = await tx.selectFrom('signing_key').selectAll().orderBy('created_at', 'desc').execute()
    if (existing.length > 0) return existing
    return tx
      .insertInto('signing_key')
      .values(await newKey(masterKey, clock.now()))
      .returningAll()
      .execute()
  })
  const newest = rows[0]
  if (!newest) throw new TypeError('a key that was just made is not there')
  return {
    current: { kid: newest.kid, privateKey: await importPKCS8(open(newest, masterKey), algorithm) },
    published: rows.map(({ kid, public_jwk }) => ({ ...public_jwk, kid, alg: algorithm, use: 'sig' })),
  }
}

/** Whether the signing keys can be read. @throws {WrongMasterKey} */
export async function checkMasterKey(db: Kysely<IdentityDatabase>, masterKey: Uint8Array): Promise<void> {
  const rows = await db.selectFrom('signing_key').select(['kid', 'sealed_private_key']).execute()
  for (const row of rows) open(row, masterKey)
}

function open(row: { kid: string; sealed_private_key: Buffer }, masterKey: Uint8Array): string {
  try {
    return unseal(row.sealed_private_key, masterKey, row.kid)
  } catch (error) {
    throw new WrongMasterKey({ cause: error })
  }
}

async function newKey(masterKey: Uint8Array, createdAt: Date) {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { modulusLength: 2048, extractable: true })
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  return {
    kid,
    algorithm,
    public_jwk: JSON.stringify(publicJwk),
    sealed_private_key: seal(await exportPKCS8(privateKey), masterKey, kid),
    created_at: createdAt,
  } as const
}
