import { z } from "zod";
import { Slug } from "../records/slug.ts";
import { Profile } from "./host-protocol.ts";
import { variableNameProblem } from "./variable-names.ts";

/** A value that whoever deploys a server is asked for; it becomes an environment variable of the server. */
const CatalogueVariable = z.strictObject({
  /** The environment variable's name. */
  key: z.string().refine((name) => variableNameProblem(name) === null, "not a usable name"),
  label: z.string().min(1),
  /** A `password` is masked, sealed and never shown again. */
  kind: z.enum(["text", "password"]),
  required: z.boolean(),
  /** What it is and where it comes from, in a sentence. */
  help: z.string().min(1),
});

/** A stdio MCP server that can be deployed. */
export const HostingCatalogueEntry = z.strictObject({
  id: Slug,
  name: z.string().min(1),
  /** What it offers, in a sentence. */
  summary: z.string().min(1),
  /** The npm package, as `bridge/image/package.json` pins it. */
  package: z.strictObject({ name: z.string(), version: z.string().regex(/^\d+\.\d+\.\d+$/) }),
  /** Run by the bridge without a shell, in the folder of the image that holds `node_modules`. */
  command: z.string().min(1),
  /** How calls share the server: `parallel`; one writer at a time, by `readOnlyHint`; or one call at a time. */
  concurrency: z.enum(["parallel", "serial-writes", "serial"]),
  /** Fixed variables. */
  environment: z.record(z.string(), z.string()),
  variables: z.array(CatalogueVariable),
  /** The smallest profile that it runs in. */
  profile: Profile,
  image: z.enum(["servers", "browser"]),
  /** Hosts that it may connect to by HTTPS; `*` is any public host. */
  egress: z.array(z.string().regex(/^(\*|[a-z0-9-]+(\.[a-z0-9-]+)+)$/)),
  /** The variable whose URL names the one server that it connects to by TCP, such as a database. */
  connectsTo: z.string().optional(),
  /** The package that people know it by, where another one runs in its place. */
  replaces: z.string().nullable(),
  /** What to know before deploying it: why a package was replaced, what is at risk. */
  notice: z.string().nullable(),
});
export type HostingCatalogueEntry = z.infer<typeof HostingCatalogueEntry>;
