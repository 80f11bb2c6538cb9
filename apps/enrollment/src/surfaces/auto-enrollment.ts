import { enrollment } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { AutoEnrollment } from '../auto-enrollment/auto-enrollment.ts'

export function autoEnrollmentRoutes(autoEnrollment: AutoEnrollment): HandledRoute[] {
  return [
    handle(enrollment.readAutoEnrollment, async () => ok({ enabled: await autoEnrollment.isEnabled() })),

    handle(enrollment.setAutoEnrollment, async ({ body: { enabled } }) => {
      await autoEnrollment.set(enabled)
      return ok({ enabled })
    }),
  ]
}
