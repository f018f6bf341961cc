import type postgres from 'postgres'

/** A piece of a statement. */
export type Fragment = postgres.Fragment
