import { z } from "zod";

/** A new temporary token in clear text, shown only once. It ends at `expiresAt` (epoch ms), or with its browser session. */
export const TemporaryToken = z
  .object({ token: z.string(), id: z.string(), expiresAt: z.int() })
  .meta({ id: "TemporaryToken" });
