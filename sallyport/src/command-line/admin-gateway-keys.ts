import { type Command, InvalidArgumentError } from 'commander'
import { readSettings } from './read-settings.ts'

const commands = () => import('../commands/admin-gateway-keys.ts')

export function addGatewayKeys(admin: Command): void {
  const gatewayKeys = admin
    .command('gateway-keys')
    .description('the keys that the gateway signs with under names of its own')

  gatewayKeys
    .command('make')
    .description('make keys of these ids; what is there already stays')
    .argument('<kid...>', 'an id for each, such as 2027-a', readKeyIds)
    .addHelpText(
      'after',
      `
The keys are added to private.json and public.json in SALLYPORT_GATEWAY_KEYS (gateway-keys in the data directory). A gateway
that runs publishes them within seconds. The first key of private.json signs, unless SALLYPORT_GATEWAY_SIGNING_KEY names
another; verifiers may keep the published keys for five minutes, so let a new key be known for longer before it signs.

Examples:
  $ npx sallyport admin gateway-keys make 2027-a
  $ npx sallyport admin gateway-keys make first second third`,
    )
    .action(async (kids: string[]) => (await commands()).makeGatewayKeys(await readSettings(), kids))

  gatewayKeys
    .command('list')
    .description('list every key: signing, can sign, or verifying only')
    .action(async () => (await commands()).listGatewayKeys(await readSettings()))
}

function readKeyIds(kid: string, before: string[] = []): string[] {
  if (!/^[\w.~-]{1,100}$/.test(kid))
    throw new InvalidArgumentError('an id has letters, digits, . _ ~ and - , at most 100')
  return [...before, kid]
}
