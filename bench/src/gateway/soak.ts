import { type Load, median } from '../load.ts'
import { type ProvingGround, withGround } from './ground.ts'
import { path } from './shop.ts'
import { askMemory, type Memory, startOurs } from './soaked.ts'
import type { Credential } from './sides.ts'
import { shoot, type Shot } from './wrk.ts'

/** Looks at the gateway so often, in seconds. */
const pieceSeconds = 15
const capacitySeconds = 5
const share = 0.8
const connections = 256
const credentials: readonly Credential[] = ['one token', '1000 tokens', '1000 API keys']

interface Piece extends Shot, Memory {}

/**
 * Keeps the gateway at four fifths of what it can do for some minutes, with tokens and with API keys, and looks at its memory
 * and its connections. An answer other than 2xx ends it.
 */
export function runGatewaySoak({ minutes = 10 }: Load): Promise<string> {
  return withGround(async (ground) => {
    const ours = await startOurs(ground)
    try {
      const url = `${ours.url}${path}`
      // The second look is at a program that has been compiled.
      await capacityOf(url, ground)
      const capacity = await capacityOf(url, ground)
      const target = capacity * share
      const pieces: Piece[] = []
      const end = performance.now() + minutes * 60_000
      let delayMs = (connections / target) * 1000
      for (let turn = 0; performance.now() < end; turn += 1) {
        const ammunition = ground.ammunition[credentials[turn % credentials.length] ?? 'one token']
        const shot = await shoot(url, ammunition, { seconds: pieceSeconds, clients: connections, delayMs })
        // What an answer takes is a part of the time from one request to the next.
        delayMs = Math.max(0, (connections / target) * 1000 - shot.p50)
        const piece = { ...shot, ...(await askMemory(ours.child)) }
        pieces.push(piece)
        process.stdout.write(`${line(turn, piece)}\n`)
      }
      return report(pieces, capacity)
    } finally {
      await ours.stop()
    }
  })
}

async function capacityOf(url: string, { ammunition }: ProvingGround): Promise<number> {
  const shot = await shoot(url, ammunition['1000 tokens'], { seconds: capacitySeconds, clients: connections })
  return shot.perSecond
}

function line(turn: number, { perSecond, p99, rssMb, heapMb, open, heldUpstream }: Piece): string {
  const after = String((turn + 1) * pieceSeconds).padStart(5)
  return `${after} s  ${perSecond.toFixed(0)}/s  p99 ${p99.toFixed(1)} ms  RSS ${rssMb.toFixed(0)} MB  heap after gc ${heapMb.toFixed(1)} MB  ${open} connections of clients, ${heldUpstream} calls`
}

function report(pieces: readonly Piece[], capacity: number): string {
  // What comes first fills the caches.
  const third = Math.max(1, Math.floor(pieces.length / 3))
  const change = (figure: (piece: Piece) => number): string => {
    const [early, late] = [pieces.slice(third, 2 * third), pieces.slice(-third)].map((some) => median(some.map(figure)))
    return `${early?.toFixed(1)} MB in the second third, ${late?.toFixed(1)} MB in the last`
  }
  const rate = median(pieces.map(({ perSecond }) => perSecond))
  return [
    `gateway-soak: ${pieces.length * pieceSeconds} s at ${rate.toFixed(0)}/s of ${capacity.toFixed(0)}/s, every answer 2xx`,
    `  heap after gc  ${change(({ heapMb }) => heapMb)}`,
    `  RSS            ${change(({ rssMb }) => rssMb)}`,
    `  p99            ${median(pieces.map(({ p99 }) => p99)).toFixed(1)} ms`,
    `  connections    at most ${Math.max(...pieces.map(({ open }) => open))} of clients after each piece, ${Math.max(...pieces.map(({ heldUpstream }) => heldUpstream))} calls left`,
  ].join('\n')
}
