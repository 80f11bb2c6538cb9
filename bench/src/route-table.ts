import type { Door, Reply, Request } from './door.ts'
import { quantile } from './load.ts'

/** What each route did: how often it was asked, how often it answered as it should not, and how fast. */
export interface RouteTable {
  /** Asks and takes note; undefined when the answer was none of those that are expected. */
  ask(route: string, request: Request, isExpected: (reply: Reply) => boolean): Promise<Reply | undefined>
  /** The table as text, for so many seconds. */
  print(seconds: number): string
}

interface Row {
  readonly times: number[]
  readonly failures: string[]
  failed: number
}

// A few of them tell what is wrong; all of them could fill the memory.
const failuresShown = 3

export function createRouteTable(door: Door): RouteTable {
  const rows = new Map<string, Row>()

  function rowOf(route: string): Row {
    const row = rows.get(route) ?? { times: [], failures: [], failed: 0 }
    rows.set(route, row)
    return row
  }

  return {
    async ask(route, request, isExpected) {
      const row = rowOf(route)
      const began = performance.now()
      // A connection that breaks is a failure like any other.
      const reply = await door.ask(request).catch((error: unknown) => ({ status: 0, text: String(error) }))
      row.times.push(performance.now() - began)
      if (isExpected(reply)) return reply
      row.failed += 1
      if (row.failures.length < failuresShown) row.failures.push(`${reply.status} ${reply.text.slice(0, 200)}`)
      return undefined
    },
    print(seconds) {
      const routes = [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
      const lines = routes.map(([route, row]) => line(route, row, seconds))
      const total = {
        times: routes.flatMap(([, { times }]) => times),
        failed: routes.reduce((sum, [, { failed }]) => sum + failed, 0),
      }
      const failures = routes.flatMap(([route, row]) => row.failures.map((text) => `  ${route}: ${text}`))
      return [
        columns('', 'requests', 'failures', 'p50 ms', 'p99 ms', 'per second'),
        ...lines,
        line('all', total, seconds),
        ...(failures.length > 0 ? ['failures, the first of each route:', ...failures] : []),
      ].join('\n')
    },
  }
}

function line(route: string, { times, failed }: Pick<Row, 'times' | 'failed'>, seconds: number): string {
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)]
  const perSecond = times.length / seconds
  return columns(route, String(times.length), String(failed), p50.toFixed(1), p99.toFixed(1), perSecond.toFixed(1))
}

function columns(route: string, ...figures: readonly string[]): string {
  return `  ${route.padEnd(34)}${figures.map((figure) => figure.padStart(12)).join('')}`
}
