import { z } from "zod";

/** Which entry of the marketplace a server was made from. */
export const ServerOrigin = z.strictObject({
  /** The entry's name. */
  name: z.string(),
  /** The entry's version when the server was made, or when an admin last confirmed it; null: the entry states none. */
  version: z.string().nullable(),
  /** The source of the marketplace that stated the version, else the first one of the entry. */
  source: z.string(),
});
export type ServerOrigin = z.infer<typeof ServerOrigin>;

/** What says where a new server is from. The gateway reads version and source from the marketplace itself. */
export const ORIGIN_INPUT = {
  /** The name of an entry of the marketplace. Absent: the server is from none. */
  origin: z.string().max(200).optional(),
  /** The id of an open request for this entry, which the server fulfils. */
  request: z.string().max(100).optional(),
};
