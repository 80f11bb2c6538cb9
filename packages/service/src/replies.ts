type Headers = Readonly<Record<string, string>>

/** 200 with a body. */
export function ok<const Body>(body: Body, headers: Headers = {}): { status: 200; body: Body; headers: Headers } {
  return { status: 200, body, headers }
}
