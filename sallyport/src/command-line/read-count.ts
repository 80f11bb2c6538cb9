import { InvalidArgumentError } from 'commander'

export function readCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError('it has to be a whole number up to 9999')
  return Number(text)
}
