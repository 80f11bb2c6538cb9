export * from './authentication.ts'
export * from './caller.ts'
export { namesTag } from './entity-tags.ts'
export {
  clientAddressOf,
  handle,
  type HandledRoute,
  type HandlerInput,
  InsufficientScope,
  Refusal,
  type Words,
} from './handler.ts'
export { Counter, createMetrics, emptyMetrics, Gauge, Histogram, type Metrics } from './metrics.ts'
export { networkOf, networkPrefixOf } from './network.ts'
export * from './paging.ts'
export * from './privacy/export-pages.ts'
export { isReady, type PartStates } from './readiness.ts'
export * from './replies.ts'
export * from './revocation-list.ts'
export { type FeedPage, followRevocations, pollGateway, pollIdentity } from './revocation-polling.ts'
export { createRevocationRelay, type RevocationRelay } from './revocation-relay.ts'
export { bodyLimitBytes, createService, type Service, type ServiceParts } from './service.ts'
export * from './tokens/account-tokens.ts'
export * from './tokens/key-set.ts'
export * from './tokens/service-tokens.ts'
export * from './tokens/signed-claims.ts'
export { issuerNameOf, type TrustedIssuer } from './tokens/trusted-issuer.ts'
export { parseTraceParent } from './trace-context.ts'
export { httpTransport, isRefusal } from './transports/http.ts'
export { type Failure, InstanceHealth } from './transports/instance-health.ts'
export { localTransport } from './transports/local.ts'
export { Rotation } from './transports/rotation.ts'
