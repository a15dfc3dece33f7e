/** The keys of `meta`; `docs/storage.md` describes their values. */
export type MetaKey =
  | "slug"
  | "life"
  | "change_state"
  | "reserved_seq"
  | "durable_seq"
  | "named_servers"
  | "check_rhythm"
  | "recorded_checks"
  | "flooded_servers"
  | "asking_servers"
  | "call_leases";
