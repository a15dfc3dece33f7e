import { z } from "zod";
import { Slug } from "../records/slug.ts";
import { Profile } from "./host-protocol.ts";
import { findVariableNameProblem } from "./variable-names.ts";

/** A value that the admin enters to deploy a server; it becomes an environment variable of the server. */
const CatalogueVariable = z.strictObject({
  /** The environment variable's name. */
  key: z.string().refine((name) => findVariableNameProblem(name) === null, "not a usable name"),
  label: z.string().min(1),
  /** A `password` is masked, sealed and never shown again. */
  kind: z.enum(["text", "password"]),
  required: z.boolean(),
  /** A sentence that says what the value is and where to find it. */
  help: z.string().min(1),
});

/** An entry of the hosting catalogue: a stdio MCP server that can be deployed. */
export const HostingCatalogueEntry = z.strictObject({
  id: Slug,
  name: z.string().min(1),
  /** A sentence that says what the server does. */
  summary: z.string().min(1),
  /** The npm package, with the version that `bridge/image/package.json` pins. */
  package: z.strictObject({ name: z.string(), version: z.string().regex(/^\d+\.\d+\.\d+$/) }),
  /** Run by the bridge without a shell, in the folder of the image that holds `node_modules`. */
  command: z.string().min(1),
  /** How calls share the server: `parallel`; one writer at a time, by `readOnlyHint`; or one call at a time. */
  concurrency: z.enum(["parallel", "serial-writes", "serial"]),
  /** Environment variables with fixed values. */
  environment: z.record(z.string(), z.string()),
  variables: z.array(CatalogueVariable),
  /** The smallest profile in which the server runs. */
  profile: Profile,
  image: z.enum(["servers", "browser"]),
  /** Hosts to which the server is allowed to connect by HTTPS; `*`: any public host. */
  egress: z.array(z.string().regex(/^(\*|[a-z0-9-]+(\.[a-z0-9-]+)+)$/)),
  /** Name of the variable whose URL is the one TCP destination of the server, such as a database. */
  connectsTo: z.string().optional(),
  /** The well-known package that this entry replaces; null: it replaces none. */
  replaces: z.string().nullable(),
  /** A notice for the admin before the deployment, such as a risk or the reason for a replacement; null: none. */
  notice: z.string().nullable(),
});
export type HostingCatalogueEntry = z.infer<typeof HostingCatalogueEntry>;
