import { afterAll } from 'vitest'
import { closeDoors } from './doors.ts'

/* Loaded anew for each test file, unlike everything else. */

afterAll(closeDoors)
