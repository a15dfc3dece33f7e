import { z } from "zod";
import { ServerTool } from "./api.ts";

const ServerPrompt = z
  .object({
    /** The name that clients see. */
    exposedName: z.string(),
    name: z.string(),
    description: z.string().nullable(),
  })
  .meta({ id: "ServerPrompt" });

const ServerResource = z
  .object({
    /** A URI, or a URI template. */
    uri: z.string(),
    name: z.string().nullable(),
    description: z.string().nullable(),
    mimeType: z.string().nullable(),
  })
  .meta({ id: "ServerResource" });

/** All that a server offers, as last seen, and what of it clients do not get. */
export const ServerOffer = z
  .object({
    tools: z.array(ServerTool),
    prompts: z.array(ServerPrompt),
    resources: z.array(ServerResource),
    templates: z.array(ServerResource),
    /** Sentences for the admin. */
    warnings: z.array(z.string()),
  })
  .meta({ id: "ServerOffer" });
export type ServerOffer = z.infer<typeof ServerOffer>;

/** An item as the Workspace has it: the server's own JSON text. */
export interface OfferedItem {
  exposedName: string;
  name: string;
  json: string;
}

/** A server's stored catalogue, before it is read. */
export interface StoredOffer {
  tools: OfferedItem[];
  prompts: OfferedItem[];
  resources: OfferedItem[];
  templates: OfferedItem[];
  warnings: string[];
}
