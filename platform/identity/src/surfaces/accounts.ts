import { accountsRefusal, identity, type Reply, type Route } from '@sallyport/contracts'
import { type AccountId, type Clock, parseId, type Rejection } from '@sallyport/kernel'
import {
  type AccountCaller,
  created,
  handle,
  type HandledRoute,
  type HandlerInput,
  ok,
  Refusal,
  type Words,
} from '@sallyport/service'
import {
  type Account,
  AccountDeleted,
  InvalidEmail,
  InvalidUsername,
  NameReserved,
  UnknownAccount,
  WeakPassword,
  WrongCredentials,
} from '../accounts/account.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { registrationPolicies } from '../accounts/registration-policy.ts'
import type { Actor } from '../audit/audit.ts'
import type { Proofs } from '../proofs/proofs.ts'
import { AlreadyAssigned, levelOf, RoleTaken } from '../roles/role.ts'
import type { Authority, Roles } from '../roles/roles.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { TokenIssuer } from '../tokens/token-issuer.ts'
import { wordsOf } from '../words/choice.ts'
import { confirmationPage, confirmedPage } from './link-pages.ts'
import { wantsPage } from './pages.ts'
import { decodePassword, type PasswordEncoding } from './password-encoding.ts'

export interface AccountsSurfaceSettings {
  /** How many users a page of the list shows. */
  readonly pageSize: number
  /** Names that nobody may have, in lower case. */
  readonly reservedNames: readonly string[]
  /** How passwords are written that come without a mark. */
  readonly passwordEncoding: PasswordEncoding
  /** The program's. */
  readonly version: string
}

export interface AccountsSurfaceParts {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly roles: Roles
  readonly proofs: Proofs
  readonly tokens: TokenIssuer
  readonly clock: Clock
  readonly settings: AccountsSurfaceSettings
}

/** The account service, in its words (accounts §3). */
export function accountsRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  return [...openRoutes(parts), ...ownRoutes(parts), ...administrativeRoutes(parts), ...roleRoutes(parts)]
}

function openRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  const { accounts, sessions, proofs, tokens, clock, settings } = parts
  const prove = async ({
    params,
    clientAddress,
  }: Pick<HandlerInput<typeof identity.confirmEmail>, 'params' | 'clientAddress'>) => {
    await proofs.verifyEmail(params.validation_string, { kind: 'anonymous', address: clientAddress })
    return ok({ message: 'The e-mail address is proven; you can sign in now' })
  }

  return [
    handle(identity.listEndpoints, async () => ok({ endpoints })),
    handle(identity.readStatus, async () =>
      ok({ message: 'The account service is running', version: settings.version }),
    ),
    handle(identity.probeLimiter, async () => {
      throw new Refusal(accountsRefusal(429, 'Too many requests', {}, { 'retry-after': '3600' }))
    }),

    handle(
      identity.logIn,
      async ({ body, clientAddress }) => {
        const { accessToken } = await sessions.signIn({
          username: body.username,
          password: decodePassword(body.password, body.password_encoding ?? settings.passwordEncoding),
          on: 'accounts',
          scopes: [],
          clientId: undefined,
          address: clientAddress,
        })
        return ok({ token: accessToken })
      },
      (rejection) => (rejection instanceof WrongCredentials ? accountsRefusal(401, rejection.message) : undefined),
    ),

    handle(
      identity.signUp,
      async ({ body, clientAddress }) => {
        const { email, username } = body
        if (settings.reservedNames.includes(username.toLowerCase())) throw new NameReserved()
        if (body.password !== body.confirm_password) throw new Refusal(passwordsDiffer)
        const password = decodePassword(body.password, body.password_encoding ?? settings.passwordEncoding)
        const by: Actor = { kind: 'anonymous', address: clientAddress }
        const account = await accounts.register({ username, email, password }, 'accounts', by)
        const token = await tokens.issueProvisioning(account, clock.now())
        const message = 'Your account is made; follow the link that was sent to your e-mail address before you sign in'
        return created({ message, public_id: account.uid, token })
      },
      signUpWords,
    ),

    handle(identity.validateEmail, async (input) => {
      // A link is followed by programs that look at mail before its reader does: in a browser the reader confirms it.
      if (wantsPage(input.headers.accept))
        throw new Refusal(confirmationPage(input.params.validation_string, wordsOf(input.headers)))
      return prove(input)
    }),
    handle(identity.confirmEmail, async (input) => {
      const reply = await prove(input)
      if (wantsPage(input.headers.accept)) throw new Refusal(confirmedPage(wordsOf(input.headers)))
      return reply
    }),

    handle(identity.findUsername, async ({ params }) => {
      const { username } = await accounts.read(uuidIn(params.public_id))
      return ok({ username })
    }),

    handle(identity.findPublicId, async ({ params }) => {
      if (params.username.length > 50) throw new Refusal(accountsRefusal(400, 'A user name has at most 50 characters'))
      const { uid } = await accounts.findByUsername(params.username)
      return ok({ public_id: uid })
    }),
  ]
}

function ownRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  const { accounts, roles } = parts
  return [
    gated(parts, identity.checkAccess, async ({ params }, { account }) => {
      const level = /^\d{1,9}$/.test(params.level) ? Number(params.level) : Number.NEGATIVE_INFINITY
      if (levelOf(account.roles) > level) throw new Refusal(gateClosed)
      return ok({ public_id: account.uid })
    }),

    gated(parts, identity.readOwnUser, async (_input, { account }) => {
      const { username, email, created, last_login } = toRecord(account)
      return ok({ public_id: account.uid, username, email, created, last_login })
    }),

    gated(parts, identity.deleteOwnUser, async (_input, { account, by }) => {
      const { kind, uid, address } = by
      await accounts.remove(account.uid, { kind, uid, address })
      return noContent
    }),

    gated(parts, identity.readOwnRoles, async (_input, { account }) => {
      const own = new Set(account.roles.map(({ name }) => name))
      return ok({ roles: (await roles.list()).filter(({ name }) => own.has(name)) })
    }),
  ]
}

function administrativeRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  const { accounts, settings } = parts
  return [
    gated(parts, identity.pageThroughUsers, async ({ query }) => {
      const { page = 1 } = query
      const { pageSize } = settings
      const found = await accounts.page({ skip: (page - 1) * pageSize, limit: pageSize })
      const url = (number: number): string => `/authy/users?page=${number}`
      const last = Math.max(1, Math.ceil(found.total / pageSize))
      return ok({
        users: found.accounts.map((account) => ({ public_id: account.uid, ...toRecord(account) })),
        total_records: found.total,
        ...(page < last && { next_url: url(page + 1) }),
        ...(page > 1 && { prev_url: url(Math.min(page - 1, last)) }),
      })
    }),

    gated(parts, identity.readUser, async ({ params }) => ok(toRecord(await accounts.inspect(params.public_id)))),

    gated(
      parts,
      identity.editUser,
      async ({ params, body }, { by }) => {
        const { email, password: sent, confirm_password: confirmed } = body
        if (sent !== confirmed) throw new Refusal(passwordsDiffer)
        const encoding = body.password_encoding ?? settings.passwordEncoding
        const password = sent === undefined ? undefined : decodePassword(sent, encoding)
        await accounts.correct(params.public_id, { email, password }, by)
        return ok({ message: 'The user was changed and is signed out everywhere' })
      },
      signUpWords,
    ),

    gated(
      parts,
      identity.deleteUser,
      async ({ params }, { by }) => {
        await accounts.remove(params.public_id, by)
        return noContent
      },
      (rejection) => (rejection instanceof AccountDeleted ? accountsRefusal(410, rejection.message) : undefined),
    ),

    gated(parts, identity.readRolesOfUser, async ({ params }) => {
      const { uid, username, roles } = await accounts.read(uuidIn(params.public_id))
      if (roles.length === 0) throw new Refusal(accountsRefusal(404, 'The user has no roles'))
      return ok({ username, public_id: uid, roles: [...roles] })
    }),
  ]
}

function roleRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  const { roles } = parts
  return [
    gated(parts, identity.listRoles, async () => ok({ roles: await roles.list() })),

    gated(
      parts,
      identity.createRole,
      async ({ body }, { by }) => {
        await roles.create(body, by)
        return created({ message: `The role ${body.name} is made` })
      },
      assignmentWords,
    ),

    gated(parts, identity.readRole, async ({ params }) => ok({ role: await roles.read(params.name) })),

    gated(parts, identity.readMembersOfRole, async ({ params }) => {
      const role = await roles.read(params.name)
      const members = await roles.members(params.name)
      return ok({ role, users: members.map(({ uid, username }) => ({ name: username, public_id: uid })) })
    }),

    gated(
      parts,
      identity.assignRole,
      async ({ params }, { by }) => {
        const username = await roles.assign(params.name, memberIn(params.public_id), by)
        return ok({ message: `${username} has the role ${params.name} now` })
      },
      assignmentWords,
    ),

    gated(
      parts,
      identity.withdrawRole,
      async ({ params }, { by }) => {
        const username = await roles.withdraw(params.name, memberIn(params.public_id), by)
        return ok({ message: `${username} does not have the role ${params.name} any more` })
      },
      assignmentWords,
    ),
  ]
}

/** Somebody who has passed a gate, as they are at this moment. */
interface Passed {
  readonly account: Account
  readonly by: Authority & { readonly kind: 'account' }
}

/**
 * Binds a route behind its gate (accounts A-8): the caller's account is looked up on every request, so that one that was
 * deleted, or has lost its power, is refused at once (accounts A-F3, A-F4).
 */
function gated<const R extends Route & { readonly access: { readonly who: 'account'; readonly gate?: number } }>(
  { accounts }: Pick<AccountsSurfaceParts, 'accounts'>,
  route: R,
  run: (input: HandlerInput<R>, passed: Passed) => ReturnType<Parameters<typeof handle<R>>[1]>,
  words?: Words,
): HandledRoute {
  return handle<R>(
    route,
    async (input) => {
      const caller: unknown = input.caller
      if (!isAccountCaller(caller)) throw new TypeError(`${route.name} was called by nobody`)
      const account = await accounts.read(caller.accountId).catch((error: unknown) => {
        if (error instanceof UnknownAccount) throw new Refusal(accountsRefusal(401, 'The token is not valid'))
        throw error
      })
      const level = levelOf(account.roles)
      if (account.suspendedAt || level > (route.access.gate ?? 0)) throw new Refusal(gateClosed)
      return run(input, { account, by: { kind: 'account', uid: account.uid, address: input.clientAddress, level } })
    },
    words,
  )
}

function isAccountCaller(caller: unknown): caller is AccountCaller {
  return typeof caller === 'object' && caller !== null && Reflect.get(caller, 'kind') === 'account'
}

const endpoints = listEndpoints()

/** One item for each path, with path variables as `<name>` (accounts A-20). */
function listEndpoints(): { url: string; methods: string[] }[] {
  const byUrl = new Map<string, string[]>()
  for (const { path, method } of identity.accounts.routes) {
    const url = path.replaceAll(/:(\w+)/g, '<$1>')
    byUrl.set(url, [...(byUrl.get(url) ?? []), method])
  }
  return [...byUrl].map(([url, methods]) => ({ url, methods }))
}

function toRecord(account: Account) {
  const { username, email, createdAt, lastLoginAt, emailVerifiedAt, deletedAt } = account
  return {
    username,
    email,
    created: createdAt.toUTCString(),
    last_login: lastLoginAt?.toUTCString() ?? null,
    // On other surfaces an account can be used without.
    validated: emailVerifiedAt !== undefined || !registrationPolicies[account.bornOn].needsProvenEmail,
    deleted: deletedAt !== undefined,
    delete_date: deletedAt?.toUTCString() ?? null,
  }
}

/** An id in a path that has to be one (accounts ). */
function uuidIn(text: string): string {
  const id = parseId<AccountId>(text.toLowerCase())
  if (id === undefined) throw new Refusal(accountsRefusal(400, 'A public_id is a UUID'))
  return id
}

/** An id in a path that names nobody if it is none. */
function memberIn(text: string): AccountId {
  const id = parseId<AccountId>(text.toLowerCase())
  if (id === undefined) throw new UnknownAccount()
  return id
}

const noContent = { status: 204, body: null } as const
const gateClosed = accountsRefusal(401, 'Your level does not allow this')
const passwordsDiffer = accountsRefusal(400, 'The passwords are not the same')

function signUpWords(rejection: Rejection): Reply | undefined {
  const { message } = rejection
  if (rejection instanceof WeakPassword) {
    const { score, guesses, feedback } = rejection.strength
    return accountsRefusal(401, 'This password is too easy to guess', { score, guesses, feedback })
  }
  if (rejection instanceof InvalidEmail || rejection instanceof InvalidUsername)
    return accountsRefusal(400, 'The request is not what this route takes', { error: message })
  if (rejection.reason === 'conflict') return accountsRefusal(409, 'The name cannot be had', { error: message })
  return undefined
}

function assignmentWords(rejection: Rejection): Reply | undefined {
  const isDuplicate = rejection instanceof RoleTaken || rejection instanceof AlreadyAssigned
  return isDuplicate ? accountsRefusal(400, rejection.message) : undefined
}
