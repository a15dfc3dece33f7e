import { sql } from "drizzle-orm";

/** The `kid` of the master key in a wrapped key `v1|kid|iv|ciphertext`. */
export const kidOfWrappedKey = sql`substr(wrapped_key, 4, instr(substr(wrapped_key, 4), '|') - 1)`;
