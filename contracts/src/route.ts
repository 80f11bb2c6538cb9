import type { Static, TObject, TSchema } from 'typebox'
import type { Access, Anyone, IssuerName, SignedIn } from './access.ts'
import type { Dialect, Reply } from './dialect.ts'
import type { Quota } from './quotas.ts'
import type { OutsideTerms } from './outside.ts'

/** `internal` routes are on no door: only services call them. */
export type Door = 'public' | 'admin' | 'internal'

/**
 * What the gateway proves itself with to a service whose answer it signs: a credential between services, in a header of its
 * own, since what the client sent for a credential stays where it is.
 */
export const gatewayCredentialHeader = 'x-gateway-credential'

/**
 * One operation of a service, declared once. The service's validation and serialisation, the gateway's policy, the
 * OpenAPI document and the typed client all come from this.
 */
export interface Route {
  /** Unique within the service; the `operationId` of its OpenAPI document. */
  readonly name: string
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** The full path a client uses, with `:name` for parameters. The service serves this very path. */
  readonly path: string
  readonly door: Door
  /** Other paths of the same operation, percent-encoded, that its clients know it by. */
  readonly aliases?: readonly string[]
  readonly access: Access
  readonly params?: TObject
  readonly query?: TObject
  /** The headers that the operation reads, by their names in lower case. */
  readonly headers?: TObject
  /** The JSON body. Without `body` and `form` whatever body comes is ignored. */
  readonly body?: TSchema
  /** The fields of a form: `application/x-www-form-urlencoded` or `multipart/form-data`; with a file among them the latter. */
  readonly form?: TObject
  /** Takes a request of any media type, on a surface that otherwise wants JSON (accounts A-2). */
  readonly anyMediaType?: boolean
  /** Goes over to this protocol when it is asked to; without it a request for another protocol is answered like any other. */
  readonly upgrade?: 'websocket'
  /** How often it may be called, besides what holds for the whole surface. */
  readonly quotas?: readonly Quota[]
  /** Whether pages of any origin may read it with an API key (pictures S-F14). */
  readonly anyOrigin?: true
  /**
   * What the gateway signs of an answer with 200: each of these members is an object of claims, whose place a token takes
   * (enrollment E-34). The claims themselves get through no door, and the service answers the gateway alone: whoever else
   * finds its port is not known by a `gatewayCredentialHeader` (enrollment E-23).
   */
  readonly signs?: { readonly members: readonly string[] }
  /** What a caller hears who may not do this, where it differs from the other routes of the surface. */
  readonly forbidden?: Forbidden
  /** Success answers by status. Refusals speak the dialect of the surface. */
  readonly replies: { readonly [status: number]: TSchema }
}

/** What a caller hears who is signed in but may not do something. */
export interface Forbidden {
  readonly 'wrong-role': Reply
  readonly 'not-self': Reply
}

/**
 * A part of a service that speaks a protocol of its own: everything below a path is passed on whole, whatever its method,
 * as it comes. Nothing is read or checked on the way but sizes and headers; the service answers in its own words.
 */
export interface Mount {
  /** Unique within the service. */
  readonly name: string
  readonly summary: string
  /** Such as `/oidc`: everything below it, not the path itself. */
  readonly path: string
  readonly door: Door
  /** The largest body, in bytes. */
  readonly bodyLimitBytes: number
  /** Goes over to this protocol when it is asked to, as a route does. */
  readonly upgrade?: 'websocket'
  /** How often it may be called, whatever in it, besides what holds for the whole surface. */
  readonly quotas?: readonly Quota[]
  /** Who may call, where the door refuses everybody else; without it the service says so itself. */
  readonly access?: Anyone | SignedIn
  /** Operations below the path that others may call. */
  readonly rules?: readonly MountRule[]
}

/** Who may call one operation below a mount, in the place of what the mount says. */
export interface MountRule {
  /** `*` is every method that no other rule names for this path; what holds for `GET` holds for `HEAD`. */
  readonly method: string
  /** The full path, with `:name` for a segment and a last `*` for everything below. */
  readonly path: string
  readonly access: Anyone | SignedIn
}

/** Routes that belong together and refuse in the same words. */
export interface Surface {
  readonly name: string
  readonly dialect: Dialect
  /** Paths under a prefix belong to this surface, also those that do not exist. */
  readonly prefixes: { readonly [door in Door]?: string }
  readonly routes: readonly Route[]
  /** What the port of the service itself takes in the place of the public prefix as well: `/sections` (enrollment E-3, E-30). */
  readonly ownPrefix?: string
  /** Whether paths are matched without case, and whatever characters of them are percent-encoded (pictures S-2). */
  readonly anyCase?: boolean
  readonly mounts?: readonly Mount[]
  /** Paths that a door knows but that take no method there: 405, not 404. */
  readonly closedPaths?: readonly { readonly door: Door; readonly path: string }[]
  readonly forbidden: { readonly [door in Door]?: Forbidden }
  /** How often its routes and mounts may be called, all of them together. */
  readonly quotas?: readonly Quota[]
  /**
   * Who refuses a request without a valid credential: the `door`, before the service hears of it, or the `service`,
   * where a contract fixes the order of refusals.
   */
  readonly decidedBy: 'door' | 'service'
  /** Refuses what did not come over TLS (accounts A-7). */
  readonly httpsOnly?: boolean
  /** The header a token comes in: `Authorization: Bearer` unless told otherwise. */
  readonly credential?: 'bearer' | 'x-access-token'
  /** The largest body of a route, in bytes, where a contract asks for less than other services take (enrollment E-33). */
  readonly bodyLimitBytes?: number
  /** Whose tokens count here; identity's alone unless told otherwise. */
  readonly issuers?: readonly IssuerName[]
  /**
   * Tells the upstream in `X-User` and `X-Roles` whom the door has let in (enrollment E-46). For upstreams that cannot read
   * tokens: services of the platform verify for themselves.
   */
  readonly claimHeaders?: boolean
  /** A request that says it is of another media type than JSON is refused, also without a body (accounts A-2). */
  readonly onlyJson?: boolean
  /** A body is read as JSON whatever media type it names, so that none at all is no JSON (enrollment E-50). */
  readonly everyBodyIsJson?: boolean
}

export interface ServiceContract {
  readonly name: string
  readonly title: string
  readonly surfaces: readonly Surface[]
  /** Where it is no part of the platform: what it is told of who is calling. It has mounts alone. */
  readonly outside?: OutsideTerms
}

/** Declares a route, keeping the exact types of its schemas. */
export function route<const R extends Route>(declaration: R): R {
  return declaration
}

/** The same operation on both doors: the public one under `/api`, the other under `/admin/api`. */
export function onBothDoors<const R extends Omit<Route, 'door'>>(declaration: R): OnBothDoors<R> {
  return {
    public: { ...declaration, door: 'public', path: `/api${declaration.path}` },
    admin: {
      ...declaration,
      door: 'admin',
      path: `/admin/api${declaration.path}`,
      name: `${declaration.name}OnAdminDoor`,
    },
  }
}

type OnBothDoors<R> = { readonly public: DoorRoute<R>; readonly admin: DoorRoute<R> }
type DoorRoute<R> = Omit<R, 'path' | 'name'> & { readonly door: Door; readonly path: string; readonly name: string }

export type ParamsOf<R> = R extends { readonly params: infer S extends TSchema } ? Static<S> : undefined
export type QueryOf<R> = R extends { readonly query: infer S extends TSchema } ? Static<S> : undefined
export type HeadersOf<R> = R extends { readonly headers: infer S extends TSchema } ? Static<S> : undefined
export type BodyOf<R> = R extends { readonly body: infer S extends TSchema }
  ? Static<S>
  : R extends { readonly form: infer S extends TSchema }
    ? Static<S>
    : undefined

/** The successful answers of a route: one variant per declared status. */
export type ReplyOf<R> = R extends { readonly replies: infer Replies }
  ? {
      [Status in keyof Replies & number]: {
        readonly status: Status
        readonly body: Replies[Status] extends TSchema ? Static<Replies[Status]> : never
        readonly headers?: Readonly<Record<string, string>>
      }
    }[keyof Replies & number]
  : never
