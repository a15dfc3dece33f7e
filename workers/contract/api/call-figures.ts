import { z } from "zod";

/** Numbers of calls over time, and what the filters name. */
export const CallCounts = z
  .object({
    /** Epoch ms; without `from` in the query, the first call that is kept. */
    from: z.int(),
    to: z.int(),
    stepMs: z.int(),
    /** Steps without calls are left out. `at`: start of the step, epoch ms. `calls`: number of calls by status. */
    steps: z.array(z.object({ at: z.int(), calls: z.record(z.string(), z.int()) })),
    /** Time of the last call, whatever the filters are (epoch ms); null: no call is kept. */
    lastCallAt: z.int().nullable(),
    /** What the filters' ids are called; null: no name is kept. */
    names: z.object({
      member: z.string().nullable(),
      token: z.string().nullable(),
      server: z.string().nullable(),
    }),
    /** Whether the member of the filters was removed. */
    hasMemberLeft: z.boolean(),
  })
  .meta({ id: "CallCounts" });
export type CallCounts = z.infer<typeof CallCounts>;

/** The values by which calls can be filtered: those that occur in the time range. */
export const CallFilterValues = z
  .object({
    members: z.array(z.object({ id: z.string(), name: z.string(), hasLeft: z.boolean() })),
    tokens: z.array(z.object({ id: z.string(), label: z.string(), isRevoked: z.boolean() })),
    servers: z.array(z.object({ slug: z.string(), name: z.string() })),
    clients: z.array(z.object({ name: z.string(), versions: z.array(z.string()) })),
    errors: z.array(z.string()),
    rules: z.array(z.string()),
    methods: z.array(z.string()),
  })
  .meta({ id: "CallFilterValues" });
export type CallFilterValues = z.infer<typeof CallFilterValues>;
