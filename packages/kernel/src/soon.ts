/** What is often known at once, and sometimes has to be waited for. */
export type Soon<Value> = Value | Promise<Value>

/**
 * Goes on with a value, at once where it is known: on the way of every request a promise for what is known costs more than
 * what is done with it.
 */
export function soon<Value, Next>(value: Soon<Value>, goOn: (value: Value) => Soon<Next>): Soon<Next> {
  return value instanceof Promise ? value.then(goOn) : goOn(value)
}
