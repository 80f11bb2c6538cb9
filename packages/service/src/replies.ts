type Headers = Readonly<Record<string, string>>

/** 200 with a body. */
export function ok<const Body>(body: Body, headers: Headers = {}): { status: 200; body: Body; headers: Headers } {
  return { status: 200, body, headers }
}

/** 201 with a body. */
export function created<Body>(
  body: Body,
  headers: Headers = {},
): { readonly status: 201; readonly body: Body; readonly headers: Headers } {
  return { status: 201, body, headers }
}
