import type { Command } from 'commander'
import { readSettings } from './read-settings.ts'

const commands = () => import('../commands/admin-keys.ts')

export function addKeys(admin: Command): void {
  const keys = admin.command('keys').description('the keys that tokens are signed with')

  keys
    .command('list')
    .description('list every key: next, signing, verifying, retired or revoked, and since or until when')
    .action(async () => (await commands()).listKeys(await readSettings()))

  keys
    .command('rotate')
    .description('make another key, which takes over once everybody had the time to hear of it')
    .option('--now', 'it takes over in two seconds; also one that waits already')
    .addHelpText(
      'after',
      `
A key is published for six minutes before it signs, since verifiers may keep the keys for five. What the key before it
signed stays valid until it expires. Sallyport's own parts hear of a new key within two seconds; a verifier of your own
that meets an unknown key id after --now has to ask for the keys again. New keys are of SALLYPORT_TOKEN_ALGORITHM.`,
    )
    .action(async ({ now = false }: { now?: boolean }) =>
      (await commands()).rotateKeys(await readSettings(), { hurry: now }),
    )

  keys
    .command('revoke')
    .description('end every token that a key signed, and the key, because it may be known to others')
    .argument('<kid>', 'the id that the list shows')
    .option('--rotate', 'have another key sign at once, when this is the one that signs')
    .addHelpText(
      'after',
      `
Within seconds the tokens of this key meet 401 everywhere: who has one signs in again. When another key waits to take
over it does so at once, and --rotate is not needed.`,
    )
    .action(async (kid: string, { rotate = false }: { rotate?: boolean }) =>
      (await commands()).revokeKey(await readSettings(), kid, { rotate }),
    )
}
