import type { identity } from '@sallyport/contracts'
import type { Clock } from '@sallyport/kernel'
import type { PublicJwk } from '@sallyport/service'
import { type Kysely, sql, type Transaction } from 'kysely'
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import type { IdentityDatabase } from '../identity-database.ts'
import { seal, unseal } from './sealing.ts'
import type { KeyTimes } from './signing-key.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

/** A key without its private half. */
export interface SigningKey extends KeyTimes {
  readonly algorithm: identity.TokenAlgorithm
  readonly publicJwk: PublicJwk
  readonly createdAt: Date
  /** Whether its private half is gone. */
  readonly isErased: boolean
}

/** The master key that the signing keys are sealed under is not the one that is configured now. */
export class WrongMasterKey extends Error {
  override name = 'WrongMasterKey'
  constructor(options?: ErrorOptions) {
    super(
      'the signing keys cannot be read: the master key is not the one they were sealed under (master.key in the data ' +
        'directory belongs to the database beside it)',
      options,
    )
  }
}

const keyLock = 7_265_767

/** Whoever changes the keys is alone: instances that start on an empty database agree on one key, and one rotates. */
export async function lockKeys(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${keyLock})`.execute(tx)
}

/** Every key there ever was. */
export async function readKeys(db: Database): Promise<SigningKey[]> {
  const rows = await db
    .selectFrom('signing_key')
    .select(['kid', 'algorithm', 'public_jwk', 'created_at', 'signs_from', 'revoked_at'])
    .select((eb) => eb('sealed_private_key', 'is', null).as('is_erased'))
    .orderBy('signs_from')
    .execute()
  return rows.map(({ kid, algorithm, public_jwk, created_at, signs_from, revoked_at, is_erased }) => ({
    kid,
    algorithm,
    publicJwk: { ...public_jwk, kid, alg: algorithm, use: 'sig' },
    createdAt: created_at,
    signsFrom: signs_from,
    revokedAt: revoked_at ?? undefined,
    isErased: Boolean(is_erased),
  }))
}

/** The private half of a key (PKCS #8, PEM), or undefined once it is erased. @throws {WrongMasterKey} */
export async function readPrivateKey(db: Database, kid: string, masterKey: Uint8Array): Promise<string | undefined> {
  const row = await db.selectFrom('signing_key').select('sealed_private_key').where('kid', '=', kid).executeTakeFirst()
  if (!row?.sealed_private_key) return undefined
  try {
    return unseal(row.sealed_private_key, masterKey, kid)
  } catch (error) {
    throw new WrongMasterKey({ cause: error })
  }
}

/** Whether the private halves that are left can be read. @throws {WrongMasterKey} */
export async function checkMasterKey(db: Database, masterKey: Uint8Array): Promise<void> {
  for (const { kid } of await readKeys(db)) await readPrivateKey(db, kid, masterKey)
}

/** Makes a key that signs from a moment on; returns its id. */
export async function makeKey(
  tx: Tx,
  { algorithm, signsFrom, masterKey, clock }: KeyToMake & { readonly signsFrom: Date },
): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { modulusLength: 2048, extractable: true })
  const publicJwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(publicJwk)
  await tx
    .insertInto('signing_key')
    .values({
      kid,
      algorithm,
      public_jwk: JSON.stringify(publicJwk),
      sealed_private_key: seal(await exportPKCS8(privateKey), masterKey, kid),
      created_at: clock.now(),
      signs_from: signsFrom,
    })
    .execute()
  return kid
}

export interface KeyToMake {
  readonly algorithm: identity.TokenAlgorithm
  /** 32 bytes that the private half is encrypted under. */
  readonly masterKey: Uint8Array
  readonly clock: Clock
}

export async function signFrom(tx: Tx, kid: string, signsFrom: Date): Promise<void> {
  await tx.updateTable('signing_key').set({ signs_from: signsFrom }).where('kid', '=', kid).execute()
}

/** Nothing the key signed counts any more, and it signs nothing more. */
export async function revokeKey(tx: Tx, kid: string, revokedAt: Date): Promise<void> {
  await tx
    .updateTable('signing_key')
    .set({ revoked_at: revokedAt, sealed_private_key: null })
    .where('kid', '=', kid)
    .execute()
}

/** Erases the private halves of these keys, where they are still there. */
export async function erasePrivateKeys(db: Database, kids: readonly string[]): Promise<void> {
  await db
    .updateTable('signing_key')
    .set({ sealed_private_key: null })
    .where('kid', 'in', [...kids])
    .where('sealed_private_key', 'is not', null)
    .execute()
}
