import Bowser from 'bowser'

/** What somebody used, as far as it says so itself. */
export interface Device {
  /** Such as `Firefox`. */
  readonly program: string | undefined
  /** Such as `Linux`. */
  readonly system: string | undefined
}

/** So many are remembered: reading one takes a quarter of a millisecond, and a list shows a hundred. */
const mostKnown = 1000
const known = new Map<string, Device>()

/** What a `User-Agent` says in a word or two. It can say anything: what comes out of this is text, and no HTML. */
export function deviceOf(userAgent: string | undefined): Device {
  if (!userAgent) return { program: undefined, system: undefined }
  const device = known.get(userAgent) ?? read(userAgent)
  if (known.size >= mostKnown) known.clear()
  known.set(userAgent, device)
  return device
}

function read(userAgent: string): Device {
  const parser = Bowser.getParser(userAgent)
  // A program that is no browser begins with its name, such as `curl/8.5.0`.
  const [own = ''] = userAgent.split('/', 1)
  return { program: plain(parser.getBrowserName()) ?? plain(own), system: plain(parser.getOSName()) }
}

/** A short name, or nothing. */
function plain(name: string): string | undefined {
  return /^[a-z\d][\w .+()-]{0,39}$/i.test(name) ? name : undefined
}
