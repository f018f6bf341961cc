import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { grantInside } from '#admin/grant-entitlement.ts'
import { createTenant } from '#admin/tenant.ts'
