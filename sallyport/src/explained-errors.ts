import { DirectoryInUse, DirectoryUnusable, PostgresFailed } from '@sallyport/database'
import { DoorBlocked } from '@sallyport/gateway'
import { InvalidClient, UnknownClient, WrongMasterKey } from '@sallyport/identity'
import { NoSuchJob } from './commands/admin-jobs.ts'
import { DamagedFile } from './data-directory/secrets.ts'
import { InvalidSettings } from './settings.ts'

const explained = [
  DamagedFile,
  DirectoryInUse,
  DirectoryUnusable,
  DoorBlocked,
  InvalidClient,
  InvalidSettings,
  NoSuchJob,
  PostgresFailed,
  UnknownClient,
  WrongMasterKey,
]

/** Whether an error's message tells the operator what to do; its stack would only hide it. */
export function isExplained(error: unknown): error is Error {
  return explained.some((kind) => error instanceof kind)
}
