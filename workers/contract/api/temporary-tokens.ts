import { z } from "zod";

/** What the token of a call that the dashboard made is called. */
export const TEMPORARY_TOKEN_LABEL = "The dashboard’s own";

/** A new temporary token in clear text, shown only once. It ends at `expiresAt` (epoch ms), or with its browser session. */
export const TemporaryToken = z
  .object({ token: z.string(), id: z.string(), expiresAt: z.int() })
  .meta({ id: "TemporaryToken" });
