import type { Door } from '@sallyport/contracts'
import { Counter, Gauge, type Metrics } from '@sallyport/service'
import type { Policy } from '../policy/policy.ts'
import type { RefusalReason } from '../policy/refusal.ts'
import { DurationHistogram, Durations } from './duration-histogram.ts'

/** What a door counts of the requests that come. */
export interface DoorMetrics {
  begun(): void
  ended(request: EndedRequest): void
}

export interface EndedRequest {
  /** Node's parser lets no other through than those it knows, so there are not many of them. */
  readonly method: string
  /** Where it led, if anywhere. */
  readonly policy?: Policy | undefined
  /** 0 when the client left before there was an answer. */
  readonly status: number
  readonly refused?: RefusalReason | undefined
  readonly seconds: number
}

/** What is open at the doors now. */
export interface OpenAtDoors {
  connections(door: Door): number
  tunnels(): number
}

/** What is known of the requests that one policy was for. */
interface RouteTally {
  readonly service: string
  readonly route: string
  readonly durations: Durations
  /** Requests by method and status. */
  readonly answers: Map<string, Map<number, number>>
}

/** Numbers alone, kept where no label has to be looked up for them; they are given names when somebody looks. */
class DoorTally implements DoorMetrics {
  readonly door: Door
  inFlight = 0
  readonly refused = new Map<RefusalReason, number>()
  readonly routes = new Map<Policy | undefined, RouteTally>()

  constructor(door: Door) {
    this.door = door
  }

  begun(): void {
    this.inFlight += 1
  }

  ended({ method, policy, status, refused, seconds }: EndedRequest): void {
    this.inFlight -= 1
    const { durations, answers } = this.#tallyOf(policy)
    let statuses = answers.get(method)
    if (!statuses) answers.set(method, (statuses = new Map()))
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    // How long a tunnel is open says nothing about an answer.
    if (status !== 101) durations.add(seconds)
    if (refused) this.refused.set(refused, (this.refused.get(refused) ?? 0) + 1)
  }

  #tallyOf(policy: Policy | undefined): RouteTally {
    const known = this.routes.get(policy)
    if (known) return known
    const { service = 'none', name: route = 'none' } = policy ?? {}
    const tally = { service, route, durations: new Durations(), answers: new Map() }
    this.routes.set(policy, tally)
    return tally
  }
}

const prefix = 'sallyport_gateway'

/** There is one for the doors of a process. Answers what each door counts with. */
export function createDoorMetrics(metrics: Metrics, open: OpenAtDoors): (door: Door) => DoorMetrics {
  const registers = [metrics]
  const tallies = new Map<Door, DoorTally>()
  const requests: Counter<'door' | 'service' | 'route' | 'method' | 'status'> = new Counter({
    name: `${prefix}_requests_total`,
    help: 'Requests that are over, by what was answered; the status is none when the client left before.',
    labelNames: ['door', 'service', 'route', 'method', 'status'],
    registers,
    collect: () => {
      requests.reset()
      for (const { door, routes } of tallies.values()) {
        for (const { service, route, answers } of routes.values()) {
          for (const [method, statuses] of answers) {
            for (const [status, count] of statuses) {
              requests.inc({ door, service, route, method, status: status || 'none' }, count)
            }
          }
        }
      }
    },
  })
  const refusals: Counter<'door' | 'reason'> = new Counter({
    name: `${prefix}_refused_total`,
    help: 'Requests that a door turned away, by why.',
    labelNames: ['door', 'reason'],
    registers,
    collect: () => {
      refusals.reset()
      for (const { door, refused } of tallies.values()) {
        for (const [reason, count] of refused) refusals.inc({ door, reason }, count)
      }
    },
  })
  const inFlight: Gauge<'door'> = new Gauge({
    name: `${prefix}_requests_in_flight`,
    help: 'Requests that have come and are not over; open tunnels are among them.',
    labelNames: ['door'],
    registers,
    collect: () => {
      for (const { door, inFlight: now } of tallies.values()) inFlight.set({ door }, now)
    },
  })
  const connections: Gauge<'door'> = new Gauge({
    name: `${prefix}_connections`,
    help: 'Connections of clients that are open.',
    labelNames: ['door'],
    registers,
    collect: () => {
      for (const door of tallies.keys()) connections.set({ door }, open.connections(door))
    },
  })
  const tunnels: Gauge = new Gauge({
    name: `${prefix}_tunnels`,
    help: 'Connections that went over to another protocol and are open.',
    registers,
    collect: () => tunnels.set(open.tunnels()),
  })
  metrics.registerMetric(
    new DurationHistogram({
      name: `${prefix}_request_duration_seconds`,
      help: 'From the head of a request to the end of its answer.',
      *read() {
        for (const { door, routes } of tallies.values()) {
          for (const { service, route, durations } of routes.values()) yield [{ door, service, route }, durations]
        }
      },
    }),
  )
  return (door) => {
    const tally = new DoorTally(door)
    tallies.set(door, tally)
    return tally
  }
}
