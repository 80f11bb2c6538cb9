import { DirectoryInUse, DirectoryUnusable, PostgresFailed } from '@sallyport/database'
import { DoorBlocked } from '@sallyport/gateway'
import { AccountDeleted, UnknownAccount } from '@sallyport/identity/accounts'
import { InvalidClient, UnknownClient } from '@sallyport/identity/clients'
import { ErasureUnderWay } from '@sallyport/identity/privacy'
import { KeyNeeded, KeyWaiting, NoSuchKey, WrongMasterKey } from '@sallyport/identity/tokens'
import { UnknownPicture } from '@sallyport/pictures'
import { ClusterRefused } from './cluster/control.ts'
import { MemberFailed } from './cluster/member.ts'
import { NoSuchAccount } from './commands/admin-audit-tail.ts'
import { KeyExists } from './commands/admin-gateway-keys.ts'
import { NoSuchJob } from './commands/admin-jobs.ts'
import { NoReceipt, NotConfirmed } from './commands/admin-privacy-erase.ts'
import { DamagedFile } from './data-directory/damaged-file.ts'
import { GatewayKeysUnusable } from './gateway-keys/key-files.ts'
import { InvalidConfig } from './own-services/config-file.ts'
import { InvalidSettings } from './settings/settings.ts'
import { CertificateUnusable } from './tls/certificate-files.ts'
import { UnusableHeader } from './transfer/formats.ts'
import { TransferImpossible } from './transfer/output.ts'

const explained = [
  AccountDeleted,
  CertificateUnusable,
  ClusterRefused,
  DamagedFile,
  DirectoryInUse,
  DirectoryUnusable,
  DoorBlocked,
  ErasureUnderWay,
  GatewayKeysUnusable,
  InvalidClient,
  InvalidConfig,
  InvalidSettings,
  KeyExists,
  KeyNeeded,
  KeyWaiting,
  MemberFailed,
  NoReceipt,
  NoSuchAccount,
  NoSuchJob,
  NoSuchKey,
  NotConfirmed,
  PostgresFailed,
  TransferImpossible,
  UnusableHeader,
  UnknownAccount,
  UnknownClient,
  UnknownPicture,
  WrongMasterKey,
]

/** Whether an error's message tells the operator what to do; its stack would only hide it. */
export function isExplained(error: unknown): error is Error {
  return explained.some((kind) => error instanceof kind)
}
