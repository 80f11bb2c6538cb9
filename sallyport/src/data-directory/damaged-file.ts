/** A file in the data directory is not what it should be. */
export class DamagedFile extends Error {
  override name = 'DamagedFile'
  constructor(path: string, what: string) {
    super(`${path} is not ${what}; restore it from a backup`)
  }
}
