import { z } from "zod";
import { Composition } from "../composition/composition.ts";

/** Longest time that a share is stored, days. */
const MAX_SHARE_DAYS = 30;
/** Largest stored composition, in UTF-16 units of its JSON. */
export const MAX_SHARE_CHARS = 40_000;

/** Body that stores a composition. */
export const ShareInput = z.strictObject({
  composition: Composition,
  /** After this time it is deleted. */
  days: z.int().min(1).max(MAX_SHARE_DAYS),
});

/** A share of the caller’s. Times in epoch ms. */
export const OwnShare = z
  .object({
    id: z.string(),
    /** What the servers of the composition are called. */
    servers: z.array(z.string()),
    createdAt: z.int(),
    expiresAt: z.int(),
  })
  .meta({ id: "OwnWorkshopShare" });

/** A stored composition. It does not say who made it. */
export const StoredShare = z
  .object({ composition: Composition, createdAt: z.int(), expiresAt: z.int() })
  .meta({ id: "WorkshopShare" });
