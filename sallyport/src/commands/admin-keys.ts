import { createAudit } from '@sallyport/identity/audit'
import { createKeyRotation, type KeyRotation } from '@sallyport/identity/tokens'
import type { IdentityDatabase } from '@sallyport/identity'
import { systemClock } from '@sallyport/kernel'
import { existingMasterKey } from '../data-directory/master-key.ts'
import { reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'

type Standing = Awaited<ReturnType<KeyRotation['list']>>[number]

/** `sallyport admin keys list`: every key there ever was, and what it is now. */
export async function listKeys(settings: Settings): Promise<void> {
  const standings = await withKeys(settings, (keys) => keys.list())
  for (const standing of standings) say(describe(standing))
}

/** `sallyport admin keys rotate`: has another key take over. @throws {KeyWaiting} @throws {WrongMasterKey} */
export async function rotateKeys(settings: Settings, { hurry }: { readonly hurry: boolean }): Promise<void> {
  const { kid, signsFrom } = await withKeys(settings, (keys) => keys.rotate({ hurry }))
  say(`the key ${kid} signs from ${signsFrom.toISOString()}`)
}

/** `sallyport admin keys revoke`: ends what a key signed. @throws {NoSuchKey} @throws {KeyNeeded} @throws {WrongMasterKey} */
export async function revokeKey(settings: Settings, kid: string, options: { readonly rotate: boolean }): Promise<void> {
  await withKeys(settings, (keys) => keys.revoke(kid, options))
  say(`the key ${kid} is revoked: within seconds nothing it signed counts any more`)
}

async function withKeys<T>(settings: Settings, work: (keys: KeyRotation) => Promise<T>): Promise<T> {
  const databases = await reachDatabases(settings)
  try {
    return await work(
      createKeyRotation({
        db: databases.open<IdentityDatabase>('identity').db,
        audit: createAudit(systemClock),
        clock: systemClock,
        algorithm: settings.tokens.algorithm,
        masterKey: await existingMasterKey(settings.dataDirectory),
      }),
    )
  } finally {
    await databases.stop()
  }
}

function describe({ key, state, retiresAt }: Standing): string {
  const times = [
    `made ${key.createdAt.toISOString()}`,
    `signs from ${key.signsFrom.toISOString()}`,
    ...(key.revokedAt ? [`revoked ${key.revokedAt.toISOString()}`] : []),
    ...(retiresAt ? [`published until ${retiresAt.toISOString()}`] : []),
  ]
  return `${key.kid}  ${key.algorithm}  ${state}\n  ${times.join(', ')}`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
