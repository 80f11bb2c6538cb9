import { identity } from '@sallyport/contracts'
import { created, type HandledRoute, ok } from '@sallyport/service'
import { gated } from './gate.ts'
import type { AccountsSurfaceParts } from './parts.ts'
import { assignmentWords, memberIn } from './words.ts'

/** Roles, and who has them. */
export function roleRoutes(parts: AccountsSurfaceParts): HandledRoute[] {
  const { roles } = parts
  return [
    gated(parts, identity.listRoles, async () => ok({ roles: await roles.list() })),

    gated(
      parts,
      identity.createRole,
      async ({ body }, { by }) => {
        await roles.create(body, by)
        return created({ message: `The role ${body.name} is made` })
      },
      assignmentWords,
    ),

    gated(parts, identity.readRole, async ({ params }) => ok({ role: await roles.read(params.name) })),

    gated(parts, identity.readMembersOfRole, async ({ params }) => {
      const role = await roles.read(params.name)
      const members = await roles.members(params.name)
      return ok({ role, users: members.map(({ uid, username }) => ({ name: username, public_id: uid })) })
    }),

    gated(
      parts,
      identity.assignRole,
      async ({ params }, { by }) => {
        const username = await roles.assign(params.name, memberIn(params.public_id), by)
        return ok({ message: `${username} has the role ${params.name} now` })
      },
      assignmentWords,
    ),

    gated(
      parts,
      identity.withdrawRole,
      async ({ params }, { by }) => {
        const username = await roles.withdraw(params.name, memberIn(params.public_id), by)
        return ok({ message: `${username} does not have the role ${params.name} any more` })
      },
      assignmentWords,
    ),
  ]
}
