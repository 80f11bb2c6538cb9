import {
  type Anyone,
  anyone,
  type Mount,
  type OutsideIdentity,
  platformIssuer,
  problemDetails,
  type Quota,
  quota,
  type ServiceContract,
  type SignedIn,
  signedIn,
} from '@sallyport/contracts'
import type { IssuerConfig, OwnAccess, OwnLimits, OwnServiceConfig } from './config.ts'
import { type ConfigFile, loadConfigFile } from './config-file.ts'

/** Services of a user's own, as the doors and identity need to know them. */
export interface OwnServices {
  /** Where they are described. */
  readonly file: string | undefined
  readonly services: readonly OwnService[]
  readonly contracts: readonly ServiceContract[]
  /** Whose tokens count besides the platform's, by their names. */
  readonly issuers: Readonly<Record<string, IssuerConfig>>
}

export interface OwnService {
  readonly name: string
  readonly config: OwnServiceConfig
  /** Where its instances are. */
  readonly urls: readonly string[]
}

/** The largest body where nothing else is said, in bytes. */
const usualBodyBytes = 1_000_000

/** @throws {InvalidConfig} */
export async function readOwnServices(file: string | undefined): Promise<OwnServices> {
  return ownServicesOf(await loadConfigFile(file))
}

export function ownServicesOf(file: ConfigFile | undefined): OwnServices {
  const services = Object.entries(file?.config.services ?? {}).map(([name, config]) => ({
    name,
    config,
    urls: config.targets.map((target) => new URL(target).origin),
  }))
  return {
    file: file?.name,
    services,
    contracts: services.map(({ name, config }) => contractOf(name, config)),
    issuers: file?.config.issuers ?? {},
  }
}

function contractOf(name: string, config: OwnServiceConfig): ServiceContract {
  const { prefix, door = 'public', access, routes, limits, webSockets, issuers = [platformIssuer] } = config
  const mount: Mount = {
    name,
    summary: `The service ${name}`,
    path: prefix,
    door,
    bodyLimitBytes: limits?.bodyBytes ?? usualBodyBytes,
    access: accessOf(access),
    quotas: quotasOf(name, config.limits),
    ...(routes && { rules: routes.map(({ method, path, access }) => ({ method, path, access: accessOf(access) })) }),
    ...(webSockets === true && { upgrade: 'websocket' }),
  }
  return {
    name,
    title: name,
    outside: { issuers, identity: identityOf(name, config) },
    surfaces: [
      {
        name,
        dialect: problemDetails,
        decidedBy: 'door',
        prefixes: { [door]: prefix },
        forbidden: {},
        routes: [],
        mounts: [mount],
      },
    ],
  }
}

/** Counted for the whole service together, whatever is asked of it. */
function quotasOf(name: string, limits: OwnLimits = {}): Quota[] {
  const { perAddress = 'none', perAccount = 'none', perKey = 'none' } = limits
  return [
    quota(`${name}.address`, 'address', perAddress),
    quota(`${name}.account`, 'account', perAccount),
    quota(`${name}.key`, 'key', perKey),
  ].filter(({ rates }) => rates.length > 0)
}

function accessOf(access: OwnAccess = 'signed-in'): Anyone | SignedIn {
  if (access === 'anyone') return anyone
  return access === 'signed-in' ? signedIn : { ...signedIn, ...access }
}

function identityOf(
  name: string,
  { identity = 'token', audience = name, headers = {} }: OwnServiceConfig,
): OutsideIdentity {
  if (identity === 'token') return { as: 'token', audience }
  return identity === 'headers' ? { as: 'headers', claims: headers } : { as: 'none' }
}
