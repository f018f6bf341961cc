/** The reserved tenant of the platform's own rows: its callers. Its key is "platform". */
export const platformTenant = '00000000-0000-7000-8000-000000000000'
