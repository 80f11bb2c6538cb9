export { buildEnrollment, type EnrollmentParts } from './enrollment.ts'
export { type EnrollmentDatabase, migrations } from './enrollment-database.ts'
