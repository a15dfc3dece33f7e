import type { Env } from "../runtime/env.ts";

/** A flood from many addresses is spread over these objects; each address belongs to one of them. */
const SHARDS = 16;

/** The object that counts an address's failed authentications. */
export function authFailuresOf(env: Env, address: string): ReturnType<typeof getShard> {
  let hash = 0;
  for (let i = 0; i < address.length; i++) hash = (hash * 31 + address.charCodeAt(i)) >>> 0;
  return getShard(env, hash % SHARDS);
}

function getShard(env: Env, shard: number) {
  return env.AUTH_FAILURES.getByName(`shard-${shard}`);
}
