/** No connection came about, so nothing was delivered and anybody else may be asked. */
export class NoConnection extends Error {
  override name = 'NoConnection'
}

/** The connection ended or broke while an answer was owed on it. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost'
}

/** The other side has answered, but not in HTTP/1.1 that means one thing only. */
export class GarbledAnswer extends Error {
  override name = 'GarbledAnswer'
}

/** Whoever hears of an answer failed on it. What has come of it may have been passed on. */
export class ListenerFailed extends Error {
  override name = 'ListenerFailed'
}

/** The other side takes no more of a request's body. */
export class RequestStalled extends Error {
  override name = 'RequestStalled'
}

/** The request cannot be written in HTTP/1.1: it would be another one for whoever reads it. */
export class UnsendableRequest extends Error {
  override name = 'UnsendableRequest'
}

/** No request goes out any more. */
export class ConnectionsClosed extends Error {
  override name = 'ConnectionsClosed'
}

/** The connection turned out to be of no use before anything of the request had gone out. */
export class RequestNotSent extends Error {
  override name = 'RequestNotSent'
}
